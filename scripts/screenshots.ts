/**
 * The pictures of the console in `docs/images/`, of a real cluster that loses its primary's process and then a node. Needs chromium and
 * the binary: `sh scripts/build && sh scripts/bun scripts/screenshots.ts [DIRECTORY]`.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { isWhole } from '../src/demo/localCluster.ts'
import type { ExplanationView, IncidentView } from '../src/manage/http/contract.ts'
import { Browser, chromiumPath, phone, wide } from '../test/support/browser.ts'
import { answerOf, startConsoles } from '../test/support/consoleCluster.ts'
import { cleanUp, eventually } from '../test/support/system.ts'

const directory = process.argv[2] ?? join(import.meta.dir, '../docs/images')

/** Until what is there has been drawn, and what moves is at rest. */
const settleMs = 1500

interface Shot {
  readonly name: string
  readonly path: string
  readonly size?: typeof wide
  readonly theme?: 'light' | 'dark'
  /** What comes only after an answer; it is waited for. */
  readonly shows: string
}

async function shoot(browser: Browser, url: string, shots: readonly Shot[]): Promise<void> {
  for (const { name, path, size = wide, theme = 'light', shows } of shots) {
    const page = await browser.open('about:blank')
    await page.setViewportSize(size)
    await page.emulateMedia({ colorScheme: theme })
    await page.goto(`${url}${path}`)
    await page.waitForSelector(shows)
    await Bun.sleep(settleMs)
    await page.screenshot({ path: join(directory, `console-${name}.png`) })
    await page.close()
    process.stderr.write(`console-${name}.png\n`)
  }
}

async function incidentOf(url: string, code: string): Promise<IncidentView> {
  return eventually(`an incident ${code}`, async () => {
    const { incidents } = await answerOf<{ incidents: IncidentView[] }>(`${url}/v1/incidents`)
    return incidents.findLast((incident) => incident.code === code && incident.endUs !== null) ?? null
  })
}

async function take(browser: Browser): Promise<void> {
  const { cluster, urlOf } = await startConsoles({ name: 'payments' })
  const first = await cluster.placesOf('ledger')
  const [pid] = cluster.processesOfComponent(`${first.primary}/ledger`)
  process.kill(pid!, 'SIGKILL')
  await cluster.until('another is primary', ({ assignments }) =>
    assignments.every(({ primary }) => primary !== null && primary !== `${first.primary}/ledger`),
  )
  const second = await cluster.placesOf('ledger')
  const url = urlOf(second.secondary)
  const failed = await incidentOf(url, 'component.failed')
  cluster.killNode(second.primary)
  await cluster.until(
    'the node is missed',
    ({ problems }) => problems.some(({ subject }) => subject === second.primary),
    {
      of: [second.secondary],
    },
  )
  const lost = await incidentOf(url, 'node.failed')
  const { lines } = await answerOf<ExplanationView>(`${url}/v1/explain/${lost.id}`)
  const promoted = lines.find(({ phase }) => phase === 'promote')!
  await shoot(browser, url, [
    { name: 'cluster', path: '/cluster', shows: '.matrix' },
    { name: 'incident', path: `/incidents/${lost.id}`, theme: 'dark', shows: '.story' },
    { name: 'machine', path: `/machines/${promoted.node}/${promoted.actor}?at=${promoted.timeUs}`, shows: '.c-lit' },
    { name: 'phone', path: `/incidents/${failed.id}`, size: phone, shows: '.story' },
  ])
  cluster.start(second.primary)
  await cluster.until('the cluster is whole', isWhole)
  const last = await cluster.placesOf('ledger')
  await shoot(browser, urlOf(last.primary), [
    { name: 'whatif', path: `/whatif?if=fail:node:${last.primary}`, shows: '.plan-matrix' },
  ])
}

if (chromiumPath === null) throw new Error('no chromium here')
mkdirSync(directory, { recursive: true })
const browser = await Browser.launch()
try {
  await take(browser)
} finally {
  await browser.close()
  cleanUp()
}
