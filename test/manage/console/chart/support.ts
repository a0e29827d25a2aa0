import { type Browser, chromium, type Page } from 'playwright-core'
import type { RecordView } from '../../../../src/manage/http/contract.ts'
import harness from './harness.html'

export const executablePath = '/usr/bin/chromium'

const args = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-dev-shm-usage',
]

export interface Harness {
  readonly browser: Browser
  readonly url: string
  close(): Promise<void>
}

export async function startHarness(): Promise<Harness> {
  const server = Bun.serve({ port: 0, hostname: '127.0.0.1', routes: { '/': harness }, development: false })
  const browser = await chromium.launch({ executablePath, args })
  return {
    browser,
    url: `http://127.0.0.1:${server.port}/`,
    async close() {
      await browser.close()
      await server.stop(true)
    },
  }
}

let count = 0

export function record(type: string, fromState: string, state: string, effects: readonly string[] = []): RecordView {
  count += 1
  return {
    id: `n1:1:${count}`,
    node: 'n1',
    timeUs: Date.UTC(2026, 0, 5, 10, 30, 0) * 1000 + count * 12_000,
    timeCount: 0,
    actor: 'component/n1/ledger',
    machine: 'component',
    kind: 'step',
    event: { type },
    cause: null,
    fromState,
    state,
    effects: effects.map((each) => ({ type: each })),
  }
}

export async function show(page: Page, machine: string, state: string, records: readonly RecordView[]): Promise<void> {
  await page.evaluate((of) => (globalThis as unknown as { show: (...of: unknown[]) => void }).show(...of), [
    machine,
    state,
    records,
  ] as unknown[])
}
