/**
 * The console with 100 nodes and 1 000 components, in a real browser: how long until the first chart is there, and what a frame takes
 * while all components change ten times a second. Frames are compared with those of the same page while nothing changes, work with
 * the time there is between two changes. Needs chromium.
 *
 *     bun bench/console.ts [--seconds 10] [--json]
 */
import type { CDPSession, Page } from 'playwright-core'
import { pageFiles } from '../src/manage/http/page.ts'
import { Browser, chromiumPath } from '../test/support/browser.ts'
import { assignmentCount, componentCount, MadeUpCluster, nodeCount } from './consoleCluster.ts'

const changeIntervalMs = 100
const seconds = Number(process.argv[process.argv.indexOf('--seconds') + 1]) || 10
const loadCount = 5

if (chromiumPath === null) {
  process.stderr.write('no chromium here\n')
  process.exit(1)
}

interface Frames {
  readonly medianMs: number
  readonly p95Ms: number
  readonly worstMs: number
  /** Of the page's thread, in script, style and layout, a second. */
  readonly busyMs: number
}

const cluster = new MadeUpCluster()
const browser = await Browser.launch()

async function firstChartMs(path: string, selector: string): Promise<number> {
  const page = await browser.open(`${cluster.url}${path}`)
  await page.waitForSelector(selector)
  // Painted by the frame after the one that made it.
  const ms = await page.evaluate('new Promise((done) => requestAnimationFrame(() => done(performance.now())))')
  await page.close()
  return ms as number
}

async function measure(page: Page, protocol: CDPSession): Promise<Frames> {
  const taskMs = async () => {
    const { metrics } = await protocol.send('Performance.getMetrics')
    return metrics.find(({ name }) => name === 'TaskDuration')!.value * 1000
  }
  const startMs = await taskMs()
  const frames = (await page.evaluate(`new Promise((done) => {
    const frames = []
    let last = performance.now()
    const end = last + ${seconds * 1000}
    const next = (now) => {
      frames.push(now - last)
      last = now
      now < end ? requestAnimationFrame(next) : done(frames)
    }
    requestAnimationFrame(next)
  })`)) as number[]
  frames.sort((a, b) => a - b)
  const at = (share: number) => frames[Math.min(frames.length - 1, Math.floor(frames.length * share))]!
  return { medianMs: at(0.5), p95Ms: at(0.95), worstMs: at(1), busyMs: ((await taskMs()) - startMs) / seconds }
}

async function sizeOfPage(): Promise<{ bytes: number; gzipBytes: number }> {
  const { index, files } = await pageFiles()
  const all = await Promise.all([...new Set([index, ...files.values()])].map(({ bytes }) => bytes()))
  const sum = (sizes: readonly number[]) => sizes.reduce((total, size) => total + size, 0)
  return {
    bytes: sum(all.map(({ byteLength }) => byteLength)),
    gzipBytes: sum(all.map((bytes) => Bun.gzipSync(new Uint8Array(bytes)).byteLength)),
  }
}

const loads: number[] = []
for (let load = 0; load < loadCount; load++) loads.push(await firstChartMs('/cluster', '.grid-row .role'))
const firstMs = loads.toSorted((a, b) => a - b)[loadCount >> 1]!

const page = await browser.open(`${cluster.url}/cluster`)
await page.waitForSelector('.grid-row .role')
const protocol = await page.context().newCDPSession(page)
await protocol.send('Performance.enable')
const idle = await measure(page, protocol)
const changing = setInterval(() => cluster.change(), changeIntervalMs)
const busy = await measure(page, protocol)
clearInterval(changing)
const size = await sizeOfPage()
await browser.close()
await cluster.stop()

const result = {
  nodeCount,
  assignmentCount,
  componentCount,
  firstChartMs: Math.round(firstMs),
  idle,
  busy,
  changeMs: (busy.busyMs * changeIntervalMs) / 1000,
  ...size,
}
if (process.argv.includes('--json')) process.stdout.write(`${JSON.stringify(result)}\n`)
else print()

function print(): void {
  const ms = (value: number) => `${value.toFixed(1)} ms`
  const row = (name: string, { medianMs, p95Ms, worstMs, busyMs }: Frames) =>
    `${name.padEnd(34)}${[medianMs, p95Ms, worstMs, busyMs].map((value) => ms(value).padStart(12)).join('')}\n`
  process.stdout.write(
    `${nodeCount} nodes, ${assignmentCount} assignments, ${componentCount} components; page ${kB(size.bytes)}, ${kB(size.gzipBytes)} with gzip\n\n` +
      `first chart after the address: ${result.firstChartMs} ms (median of ${loadCount})\n\n` +
      `${'FRAMES'.padEnd(34)}${['MEDIAN', 'P95', 'WORST', 'BUSY A SECOND'].map((name) => name.padStart(12)).join('')}\n` +
      row('nothing changes', idle) +
      row(`all change every ${changeIntervalMs} ms`, busy) +
      `\none change of all ${componentCount}: ${ms(result.changeMs)}, ${((result.changeMs / changeIntervalMs) * 100).toFixed(0)} % of the time there is; ` +
      `median frame ${(busy.medianMs / idle.medianMs).toFixed(2)} × that of the idle page\n`,
  )
}

function kB(bytes: number): string {
  return `${Math.round(bytes / 1000)} kB`
}
