/** The live statechart in a real browser: what is lit, what moves, what the hand and the keys do. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { existsSync } from 'node:fs'
import type { Page } from 'playwright-core'
import { executablePath, type Harness, record, show, showFiring, startHarness } from './support.ts'

const isBrowserHere = existsSync(executablePath)
const inBrowser = isBrowserHere ? test : test.if(false)
if (!isBrowserHere) console.warn(`left out: no ${executablePath}`)

let harness: Harness | null = null

beforeAll(async () => {
  if (isBrowserHere) harness = await startHarness()
})

afterAll(async () => {
  await harness?.close()
})

async function opened(options: { width?: number; reducedMotion?: 'reduce' } = {}): Promise<Page> {
  const { width = 1280, ...others } = options
  const page = await harness!.browser.newPage({ viewport: { width, height: 760 }, ...others })
  const errors: string[] = []
  page.on('pageerror', (error) => errors.push(error.message))
  await page.goto(harness!.url)
  await page.waitForSelector('[data-state="offline.stopped"].c-lit')
  expect(errors).toEqual([])
  return page
}

const lit = (page: Page) => page.$$eval('.c-lit', (all) => all.map((each) => each.getAttribute('data-state')))

const before = [record('role.done', 'secondary.assuming', 'secondary.ready')]
const promoted = [...before, record('role.assign', 'secondary.ready', 'primary.assuming', ['role.take'])]

inBrowser('the state is lit with what is around it; a transition runs along its edges and is gone again', async () => {
  const page = await opened()
  await show(page, 'component', 'secondary.ready', before)
  await page.waitForSelector('[data-state="secondary.ready"].c-lit')
  expect(await lit(page)).toEqual(['secondary', 'secondary.ready'])
  expect(await page.$$('.c-pulse')).toHaveLength(0)
  const seen = await showFiring(page, 'component', { state: 'primary.assuming', records: promoted })
  expect(seen.fired.toSorted()).toEqual(['primary.preparing>primary.assuming', 'secondary>primary'])
  expect(seen).toMatchObject({ pulseCount: 2, pulseDisplay: 'inline', lit: ['primary', 'primary.assuming'] })
  await page.waitForSelector('.c-pulse', { state: 'detached' })
  await page.close()
})

inBrowser('another moment is shown, not played', async () => {
  const page = await opened()
  await show(page, 'component', 'primary.assuming', promoted)
  await page.waitForSelector('[data-state="primary.assuming"].c-lit')
  await show(page, 'component', 'secondary.ready', before)
  await page.waitForSelector('[data-state="secondary.ready"].c-lit')
  expect(await page.$$('.c-pulse, .is-fired')).toHaveLength(0)
  await page.close()
})

inBrowser('who wants no motion sees none, and what fired all the same', async () => {
  const page = await opened({ reducedMotion: 'reduce' })
  await show(page, 'component', 'secondary.ready', before)
  const seen = await showFiring(page, 'component', { state: 'primary.assuming', records: promoted })
  expect(seen).toMatchObject({ pulseDisplay: 'none', fired: expect.arrayContaining(['secondary>primary']) })
  await page.close()
})

inBrowser('keys: zoom, pan, fit, choose a state and let it go', async () => {
  const page = await opened()
  const transform = () => page.$eval('.sc-svg > g', (group) => group.getAttribute('transform'))
  const scale = async () => Number((await transform())!.match(/scale\(([\d.]+)\)/)![1])
  await page.focus('.sc-svg')
  const first = await scale()
  await page.keyboard.press('+')
  await page.waitForFunction(
    (than) => !document.querySelector('.sc-svg > g')!.getAttribute('transform')!.includes(`scale(${than})`),
    first,
  )
  expect(await scale()).toBeGreaterThan(first)
  const unmoved = await transform()
  await page.keyboard.press('ArrowRight')
  await page.waitForFunction(
    (than) => document.querySelector('.sc-svg > g')!.getAttribute('transform') !== than,
    unmoved,
  )
  await page.keyboard.press('0')
  await page.waitForSelector('.sc-svg.is-far')
  await page.focus('[data-state="quiescing.ready"]')
  await page.keyboard.press('Enter')
  await page.waitForSelector('[data-state="quiescing.ready"][aria-pressed="true"]')
  expect(await page.textContent('.sc-details h3')).toBe('quiescing.ready')
  expect(await page.textContent('.sc-details')).toContain('health.failed [isLive and staysInRole]')
  await page.keyboard.press('Escape')
  await page.waitForSelector('[data-state="quiescing.ready"][aria-pressed="false"]')
  await page.close()
})

inBrowser('hand: the wheel zooms, dragging pans and chooses nothing, an edge tells its transitions', async () => {
  const page = await opened()
  await page.click('.sc-controls button:has-text("Fit")')
  await page.waitForSelector('.sc-svg.is-far')
  await page.mouse.move(480, 380)
  for (let turn = 0; turn < 12; turn += 1) await page.mouse.wheel(0, -120)
  await page.waitForSelector('.sc-svg:not(.is-far)')
  const box = (await page.$eval('.sc-svg > g', (group) => group.getAttribute('transform')))!
  await page.mouse.down()
  await page.mouse.move(520, 420, { steps: 4 })
  await page.mouse.up()
  await page.waitForFunction((than) => document.querySelector('.sc-svg > g')!.getAttribute('transform') !== than, box)
  expect(await page.$$('[aria-pressed="true"][data-state]')).toHaveLength(0)
  // Away from the drawing: what is pointed at is told before what is chosen.
  await page.mouse.move(1270, 10)
  await page.dispatchEvent('[data-edge="secondary>primary"]', 'click')
  await page.waitForFunction(() =>
    document.querySelector('.sc-details h3')!.textContent!.includes('secondary → primary'),
  )
  expect(await page.textContent('.sc-details')).toContain('role.assign [isFor(primary)] → primary')
  await page.close()
})

inBrowser(
  'recent events: the guard that held, where it led, what came of it; at the width of a phone below the chart',
  async () => {
    const page = await opened({ width: 390 })
    await show(page, 'component', 'primary.assuming', promoted)
    await page.waitForSelector('.sc-events')
    expect(await page.textContent('.sc-events li')).toContain(
      'role.assign [isFor(primary)] → primary.assumingrole.take',
    )
    await page.click('.sc-events li button')
    expect(await page.evaluate(() => (globalThis as unknown as { clicked: string[] }).clicked)).toEqual([
      promoted[1]!.id,
    ])
    const [frame, side] = await Promise.all(
      ['.sc-frame', '.sc-side'].map(async (of) => (await (await page.$(of))!.boundingBox())!),
    )
    expect(side!.y).toBeGreaterThanOrEqual(frame!.y + frame!.height)
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390)
    await page.close()
  },
)

inBrowser('a machine that this version does not know is said to be unknown', async () => {
  const page = await opened()
  await show(page, 'future', 'a', [])
  await page.waitForSelector('.sc-nothing')
  expect(await page.textContent('.sc-nothing')).toContain('future')
  await page.close()
})
