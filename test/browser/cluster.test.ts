/** The console of a real cluster in a real browser: what happens to the cluster is seen on the page, and what is asked of it is done. */
import { afterAll, beforeAll, expect, setDefaultTimeout } from 'bun:test'
import type { Page } from 'playwright-core'
import { isWhole } from '../../src/demo/localCluster.ts'
import type { StatesView } from '../../src/manage/http/contract.ts'
import { Browser, chromiumPath, inBrowser } from '../support/browser.ts'
import { answerOf, type ConsoleCluster, startConsoles } from '../support/consoleCluster.ts'
import { cleanUp, eventually, testTimeoutMs } from '../support/system.ts'

setDefaultTimeout(testTimeoutMs)

let browser: Browser
/** One for all tests of this file; each leaves it whole. */
let consoles: ConsoleCluster

beforeAll(async () => {
  if (chromiumPath === null) return
  consoles = await startConsoles()
  browser = await Browser.launch()
})

afterAll(async () => {
  await browser?.close()
  cleanUp()
})

const textOf = (page: Page, selector: string) => page.locator(selector).first().innerText()

/** The role's letter in the matrix, of a component. */
const placeOf = (page: Page, component: string) => page.locator(`.place[title^="${component}:"]`)

async function killPrimary(): Promise<{ primary: string; secondary: string }> {
  const places = await consoles.cluster.placesOf('ledger')
  const [ledger] = consoles.cluster.processesOfComponent(`${places.primary}/ledger`)
  process.kill(ledger!, 'SIGKILL')
  await consoles.cluster.until('another is primary', ({ assignments }) =>
    assignments.every(({ primary }) => primary !== null && primary !== `${places.primary}/ledger`),
  )
  return places
}

inBrowser('the statechart and the matrix follow a fail-over as it happens', async () => {
  const { secondary } = await consoles.cluster.placesOf('ledger')
  const machine = await browser.open(`${consoles.urlOf(secondary)}/machines/${secondary}/component/${secondary}/ledger`)
  const matrix = await browser.open(`${consoles.urlOf(secondary)}/cluster`)
  await machine.waitForSelector('.machine-head .state >> text=secondary.ready')
  await matrix.waitForSelector(`.place[title^="${secondary}/ledger: secondary"]`)
  await killPrimary()
  await machine.waitForSelector('.machine-head .state >> text=primary.ready')
  await machine.waitForSelector('.record-change >> text=primary.assuming')
  await matrix.waitForSelector(`.place[title^="${secondary}/ledger: primary"]`)
  expect(await placeOf(matrix, `${secondary}/ledger`).innerText()).toStartWith('P')
  await consoles.cluster.until('the cluster is whole', isWhole)
  await matrix.waitForSelector('.verdict >> text=All served')
})

inBrowser('a moment of the past is shown as it was recorded, and the present goes on behind it', async () => {
  const { secondary } = await killPrimary()
  await consoles.cluster.until('the cluster is whole', isWhole)
  const url = consoles.urlOf(secondary)
  const page = await browser.open(`${url}/machines`)
  await page.waitForSelector('.actor-row')
  const { actors } = await answerOf<StatesView>(`${url}/v1/states`)
  const promoted = actors.find(({ actor }) => actor === `component/${secondary}/ledger`)!
  const beforeUs = promoted.sinceUs - 150_000
  await page.goto(`${url}/machines?at=${beforeUs}`)
  await page.waitForSelector('.banner.is-past')
  const then = await answerOf<StatesView>(`${url}/v1/states?atUs=${beforeUs}`)
  await eventually('the machines of that moment are listed', async () => {
    const rows = await page.locator('.actor-row').allInnerTexts()
    const seen = rows.map((row) => row.replace(/\s+/g, ' ').trim()).sort()
    return (
      JSON.stringify(seen) ===
      JSON.stringify(then.actors.map(({ node, actor, state }) => `${node} ${actor} ${state}`).sort())
    )
  })
  await page.click('.banner button')
  await page.waitForSelector('.banner', { state: 'detached' })
  await page.waitForSelector(`.actor-row:has-text("component/${secondary}/ledger") >> text=primary.ready`)
})

inBrowser('what if a node fails: the plan, before and after, and why', async () => {
  const { primary, secondary } = await consoles.cluster.placesOf('ledger')
  const page = await browser.open(`${consoles.urlOf(secondary)}/whatif`)
  await page.fill('.question input', `node:${primary}`)
  await page.click('.question button.primary')
  await page.waitForSelector('.plan-matrix')
  expect(page.url()).toContain(`if=fail:node:${primary}`)
  expect(await textOf(page, '.plan-verdict')).toContain('As configured')
  expect(await page.locator('.plan-steps b').allInnerTexts()).toContain(`${secondary}/ledger`)
  expect(await page.locator('.plan-matrix td.is-moved').count()).toBeGreaterThanOrEqual(2)
})

inBrowser(
  'a wrong token is refused and says so; with the right one a switch-over is shown first, then done',
  async () => {
    const { primary, secondary } = await consoles.cluster.placesOf('ledger')
    const page = await browser.open(`${consoles.urlOf(primary)}/cluster?of=assignment:ledger`)
    await page.waitForSelector('.drawer >> text=Sign in')
    expect(await page.locator('.offers').count()).toBe(0)
    await page.click('.topbar >> text=Sign in')
    await page.fill('input[name=token]', 'not-the-token')
    await page.click('.signin button[type=submit]')
    await page.waitForSelector('.refusal >> text=Refused')
    await page.fill('input[name=token]', consoles.tokenOf(primary))
    await page.click('.signin button[type=submit]')
    await page.waitForSelector('.notice >> text=Signed in')
    await page.click(`.offers >> text=Switch over to ${secondary}`)
    await page.waitForSelector('.operate .plan-steps')
    expect(await consoles.cluster.primaryOf('ledger')).toBe(`${primary}/ledger`)
    await page.click('.operate footer .primary')
    await page.waitForSelector('.notice.is-good')
    expect(await consoles.cluster.primaryOf('ledger')).toBe(`${secondary}/ledger`)
    await consoles.cluster.until('the cluster is whole', isWhole)
    await page.click('.topbar >> text=Sign out')
    await page.waitForSelector('.topbar >> text=Sign in')
    await page.waitForSelector('.offers', { state: 'detached' })
  },
)

inBrowser('a node that is gone is missed, and found again when it is back', async () => {
  const { other } = await consoles.cluster.placesOf('ledger')
  const page = await browser.open(`${consoles.urlOf(other)}/cluster`)
  await page.waitForSelector('.freshness.is-live')
  const seen = await textOf(page, '.summary')
  consoles.cluster.killNode(other)
  await page.waitForSelector(`.banner.is-bad >> text=Not heard from ${other}`)
  await page.waitForSelector('.page.is-old')
  expect(await textOf(page, '.summary')).toBe(seen)
  consoles.cluster.start(other)
  await page.waitForSelector('.freshness.is-live', { timeout: 40_000 })
  await page.waitForSelector('.banner.is-bad', { state: 'detached' })
  await consoles.cluster.until('the cluster is whole', isWhole)
})

inBrowser('a running node opens no recordings, and says what does', async () => {
  const page = await browser.open(`${consoles.urlOf('n1')}/cluster`)
  await page.waitForSelector('.freshness.is-live')
  await page.evaluate(dropFile)
  await page.waitForSelector('.notice.is-bad >> text=rolecall console FILE')
})

const dropFile = `(() => {
  const transfer = new DataTransfer()
  transfer.items.add(new File(['x'], 'x.rcbb'))
  dispatchEvent(new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true }))
})()`

inBrowser('the pages asked nobody else for anything, and complained of nothing', async () => {
  expect(browser.complaints).toEqual([])
})
