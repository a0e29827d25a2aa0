/** The console of recordings in a real browser, with no cluster running: of a cluster that lost its primary, and files dropped on the page. */
import { afterAll, beforeAll, expect, setDefaultTimeout } from 'bun:test'
import { cpSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { isWhole } from '../../src/demo/localCluster.ts'
import type { IncidentView, RecordsView, StatesView } from '../../src/manage/http/contract.ts'
import { Browser, chromiumPath, inBrowser, phone, wide } from '../support/browser.ts'
import { answerOf, calm } from '../support/consoleCluster.ts'
import { binary, cleanUp, eventually, startLedger, temporaryDirectory, testTimeoutMs } from '../support/system.ts'

setDefaultTimeout(testTimeoutMs)

let browser: Browser
let directory: string
let server: RecordingServer

beforeAll(async () => {
  if (chromiumPath === null) return
  directory = await record()
  server = await RecordingServer.start(['n1', 'n2', 'n3'].map((node) => join(directory, node)))
  browser = await Browser.launch()
})

afterAll(async () => {
  await browser?.close()
  server?.stop()
  cleanUp()
})

/** The black boxes of three nodes, in which the primary's process was killed. */
async function record(): Promise<string> {
  const cluster = await startLedger({ change: calm })
  const { primary } = await cluster.placesOf('ledger')
  const [pid] = cluster.processesOfComponent(`${primary}/ledger`)
  process.kill(pid!, 'SIGKILL')
  await cluster.until('another is primary', ({ assignments }) =>
    assignments.every((each) => each.primary !== null && each.primary !== `${primary}/ledger`),
  )
  await cluster.until('the cluster is whole', isWhole)
  await cluster.stop()
  const copy = temporaryDirectory()
  for (const node of cluster.nodes)
    cpSync(join(cluster.stateDirectory(node), 'black-box'), join(copy, node), { recursive: true })
  return copy
}

class RecordingServer {
  readonly url: string
  readonly #child: Bun.Subprocess

  private constructor(child: Bun.Subprocess, url: string) {
    this.#child = child
    this.url = url
  }

  static async start(files: readonly string[]): Promise<RecordingServer> {
    const child = Bun.spawn([binary, 'console', ...files, '--listen', '127.0.0.1:0'], {
      stdin: 'ignore',
      stdout: 'pipe',
      stderr: 'ignore',
    })
    const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader()
    let said = ''
    for (;;) {
      const { done, value } = await reader.read()
      if (done) throw new Error(`rolecall console ended: ${said}`)
      said += value
      const url = /http:\S+?(?=\/?\s)/.exec(said)?.[0]
      if (url) return new RecordingServer(child, url)
    }
  }

  stop(): void {
    this.#child.kill('SIGKILL')
  }
}

const incidents = async () => (await answerOf<{ incidents: IncidentView[] }>(`${server.url}/v1/incidents`)).incidents

async function actorsSeen(page: Page): Promise<string[]> {
  const rows = await page.locator('.actor-row').allInnerTexts()
  return rows.map((row) => row.replace(/\s+/g, ' ').trim()).sort()
}

async function expectStates(page: Page, atUs: number): Promise<void> {
  const { actors } = await answerOf<StatesView>(`${server.url}/v1/states?atUs=${atUs}`)
  const wanted = actors.map(({ node, actor, state }) => `${node} ${actor} ${state}`).sort()
  await eventually(
    `the states at ${atUs}`,
    async () => JSON.stringify(await actorsSeen(page)) === JSON.stringify(wanted),
  )
}

inBrowser('at any moment that is dragged to, every machine is in the state that was recorded', async () => {
  const page = await browser.open(`${server.url}/machines`)
  // High enough that all machines are drawn.
  await page.setViewportSize({ width: 1280, height: 1600 })
  await page.waitForSelector('.actor-row')
  const { oldestUs, newestUs } = await answerOf<RecordsView>(`${server.url}/v1/records?limit=1`)
  const plot = (await page.locator('.timeline-plot').boundingBox())!
  await page.mouse.move(plot.x + plot.width * 0.9, plot.y + 40)
  await page.mouse.down()
  for (const share of [0.7, 0.2, 0.45]) {
    await page.mouse.move(plot.x + plot.width * share, plot.y + 40, { steps: 4 })
    await page.waitForSelector('.banner.is-past')
    const wantedUs = oldestUs! + (newestUs! - oldestUs!) * share
    const atUs = () => Number(new URL(page.url()).searchParams.get('at'))
    await eventually('the address has the moment', () => Math.abs(atUs() - wantedUs) < (newestUs! - oldestUs!) * 0.01)
    await expectStates(page, atUs())
  }
  await page.mouse.up()
  await page.keyboard.press('l')
  await page.waitForSelector('.banner', { state: 'detached' })
  await expectStates(page, newestUs!)
})

inBrowser('steps go from record to record, there and back, also by key', async () => {
  const { records } = await answerOf<RecordsView>(`${server.url}/v1/records?limit=5000`)
  const start = records[Math.floor(records.length / 2)]!
  const page = await browser.open(`${server.url}/records?at=${start.timeUs}.${start.timeCount}`)
  const selected = page.locator('.record-row.is-selected')
  const headline = page.locator('.records-view .record-links code')
  await selected.waitFor()
  const index = records.findIndex(({ id }) => id === start.id)
  const expectRecord = (offset: number) =>
    eventually(`record ${offset}`, async () => (await headline.innerText()) === records[index + offset]!.id)
  await expectRecord(0)
  await page.keyboard.press('.')
  await expectRecord(1)
  await page.keyboard.press('.')
  await expectRecord(2)
  await page.keyboard.press(',')
  await expectRecord(1)
  await page.click('button[aria-label="One record back"]')
  await expectRecord(0)
})

inBrowser('an incident is told from cause to end, and each of its steps is a moment to go to', async () => {
  const incident = (await incidents()).find(({ code }) => code === 'component.failed')!
  const page = await browser.open(`${server.url}/incidents`)
  await page.click(`.incident >> text=${incident.title}`)
  await page.waitForSelector('.story-row')
  expect(page.url()).toContain(`/incidents/${incident.id}`)
  const phases = await page.locator('.story-row .phase').allInnerTexts()
  expect(phases[0]).toBe('detect')
  expect(phases).toContain('decide')
  expect(phases).toContain('serve')
  expect(await page.locator('.story-cause.is-across').count()).toBeGreaterThanOrEqual(2)
  expect(await page.locator('.bar.is-chosen').count()).toBe(1)
  await page.locator('.story-row').nth(phases.indexOf('serve')).click()
  await page.waitForSelector('.banner.is-past')
  await page.waitForSelector('.story-row.is-current')
  await page.goBack()
  await page.waitForSelector('.banner', { state: 'detached' })
})

inBrowser('a machine’s context is run again from the black box', async () => {
  const page = await browser.open(`${server.url}/machines/n1/crim`)
  await page.click('.tabs >> text=Context')
  await page.waitForSelector('.context >> text=run again and as recorded')
  expect(await page.locator('.context .json-key').count()).toBeGreaterThan(5)
})

inBrowser('the keyboard goes everywhere, and says how', async () => {
  const page = await browser.open(`${server.url}/cluster`)
  await page.waitForSelector('.grid-row')
  await page.keyboard.press('?')
  await page.waitForSelector('.keysheet')
  await page.keyboard.press('Escape')
  await page.waitForSelector('.keysheet', { state: 'detached' })
  await page.keyboard.type('gm')
  await page.waitForSelector('.machines')
  await page.keyboard.press('/')
  await page.keyboard.type('crim n2')
  await eventually('one machine is left', async () => (await page.locator('.actor-row').count()) === 1)
  await page.keyboard.press('Escape')
  await page.keyboard.press('j')
  await page.waitForSelector('.machine >> text=crim')
  await eventually('the address has it', () => new URL(page.url()).pathname === '/machines/n2/crim')
  expect(new URL(page.url()).searchParams.get('filter')).toBe('crim n2')
})

inBrowser('nothing can be changed, and no plan is made', async () => {
  const page = await browser.open(`${server.url}/cluster?of=node:n1`)
  await page.waitForSelector('.drawer')
  expect(await page.locator('.offers').count()).toBe(0)
  expect(await page.locator('.topbar >> text=Sign in').count()).toBe(0)
  expect(await page.locator('nav >> text=What-if').count()).toBe(0)
})

inBrowser('a file dropped on the page is opened; one that is no recording is refused', async () => {
  const alone = await RecordingServer.start([join(directory, 'n1')])
  const page = await browser.open(`${alone.url}/records`)
  await page.waitForSelector('.record-row')
  expect(await page.locator('.record-row .tag >> text=n2').count()).toBe(0)
  const [segment] = readdirSync(join(directory, 'n2')).filter((name) => name.endsWith('.rcbb'))
  const bytes = await Bun.file(join(directory, 'n2', segment!)).bytes()
  await drop(page, segment!, Buffer.from(bytes).toString('base64'))
  await page.waitForSelector(`.notice.is-good >> text=${segment}`)
  await page.fill('.filter', 'n2 membership')
  await page.waitForSelector('.record-row .tag >> text=n2')
  await drop(page, 'holiday.jpg', 'AAAA')
  await page.waitForSelector('.notice.is-bad >> text=holiday.jpg was not opened')
  await page.close()
  alone.stop()
})

function drop(page: Page, name: string, base64: string): Promise<unknown> {
  return page.evaluate(`(() => {
    const bytes = Uint8Array.from(atob(${JSON.stringify(base64)}), (one) => one.charCodeAt(0))
    const transfer = new DataTransfer()
    transfer.items.add(new File([bytes], ${JSON.stringify(name)}))
    dispatchEvent(new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true }))
  })()`)
}

inBrowser('light and dark are kept, and nothing is wider than a phone', async () => {
  const page = await browser.open(`${server.url}/cluster`)
  const theme = () => page.evaluate('document.documentElement.dataset.theme')
  const before = await theme()
  await page.click('button[aria-label="Light or dark"]')
  const after = await theme()
  expect(after).not.toBe(before)
  await page.reload()
  expect(await theme()).toBe(after)
  const [incident] = await incidents()
  for (const path of ['/cluster', '/machines', '/machines/n1/crim', `/incidents/${incident!.id}`, '/records']) {
    await page.setViewportSize(phone)
    await page.goto(`${server.url}${path}`)
    await page.waitForSelector('.timeline-plot svg')
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(phone.width)
  }
  await page.setViewportSize(wide)
})

inBrowser('the pages asked nobody else for anything, and complained of nothing', async () => {
  expect(browser.complaints).toEqual([])
})
