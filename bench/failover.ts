/**
 * How long a client is not served when things fail, against the targets of the design (§8): real nodes on loopback, a client that
 * writes all the time. `bun bench/failover.ts [--runs 20] [--only CASE] [--json]`; needs `dist/rolecall` (npm run build).
 */
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { ClusterView } from '../machines/model/view.ts'
import { ledgerConfiguration, ledgerNodes } from '../src/demo/ledgerConfiguration.ts'
import { isWhole, LocalCluster } from '../src/demo/localCluster.ts'
import { freePorts } from '../src/demo/ports.ts'
import { signalAll } from '../src/demo/processes.ts'
import { countLost, readEntries, Writer } from '../src/demo/writer.ts'
import { realClock } from '../src/engine/clock.ts'

interface Case {
  readonly name: string
  readonly targetMs: number
  /** Whether a view suits the case; else the roles are moved first. */
  readonly isWorkerWanted?: boolean
  strike(primaryNode: string): Promise<void> | void
  /** What brings back what was lost. */
  mend?(primaryNode: string): void
}

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '20' },
    only: { type: 'string', default: '' },
    json: { type: 'boolean', default: false },
  },
})
const runCount = Number(values.runs)
const say = (line: string) => process.stderr.isTTY && process.stderr.write(`${line}\n`)

const directory = mkdtempSync(join(tmpdir(), 'rolecall-bench-'))
const command = [new URL('../dist/rolecall', import.meta.url).pathname]
const traceFile = join(directory, 'trace.jsonl')
const configuration = ledgerConfiguration({
  ports: await freePorts(ledgerNodes.length),
  command,
  traceFile,
}).replace('restarts: 10, window: 60s', 'restarts: 100, window: 5s')
const cluster = new LocalCluster({ directory, command, configuration, nodes: ledgerNodes })
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    cluster.kill()
    process.exit(130)
  })
}

const cases: Case[] = [
  {
    name: 'process killed',
    targetMs: 20,
    strike: (node) => signalAll(cluster.processesOfComponent(`${node}/ledger`), 'SIGKILL'),
  },
  {
    name: 'node killed (worker or vice)',
    targetMs: 100,
    isWorkerWanted: true,
    strike: (node) => cluster.killNode(node),
    mend: (node) => cluster.start(node),
  },
  {
    name: 'node killed (master)',
    targetMs: 200,
    isWorkerWanted: false,
    strike: (node) => cluster.killNode(node),
    mend: (node) => cluster.start(node),
  },
  {
    name: 'node frozen (SIGSTOP)',
    targetMs: 1500,
    strike: (node) => signalAll(cluster.processesOf(node), 'SIGSTOP'),
    mend: (node) => signalAll(cluster.processesOf(node), 'SIGCONT'),
  },
  {
    name: 'switch-over',
    targetMs: 20,
    strike: async (node) => {
      await cluster.control(node, 10_000).operate({ operation: 'switchover', assignment: 'ledger' })
    },
  },
]

const primaryNodeOf = (view: ClusterView) => view.assignments[0]!.primary!.split('/')[0]!

/** Moves the primary, where a case wants it on the master's node or off it. */
async function arrange({ isWorkerWanted }: Case): Promise<string> {
  for (;;) {
    const view = await cluster.until('whole', isWhole)
    const node = primaryNodeOf(view)
    if (isWorkerWanted === undefined || (node !== view.master) === isWorkerWanted) return node
    const to = isWorkerWanted ? view.nodes.find(({ name }) => name !== view.master)!.name : view.master!
    await cluster.control(node, 10_000).operate({ operation: 'switchover', assignment: 'ledger', to })
  }
}

async function run(one: Case, writer: Writer): Promise<number> {
  const node = await arrange(one)
  await Bun.sleep(150)
  const fromUs = realClock.wallUs()
  await one.strike(node)
  const others = ledgerNodes.filter((name) => name !== node)
  const moved = (view: ClusterView) => view.assignments[0]!.primary !== null && primaryNodeOf(view) !== node
  await cluster.until(`moved after: ${one.name}`, moved, { of: others })
  const movedUs = realClock.wallUs()
  while (writer.firstSince(movedUs) === null) await Bun.sleep(5)
  await Bun.sleep(50)
  const gapMs = writer.longestGapMs({ fromUs, toUs: realClock.wallUs() })
  one.mend?.(node)
  return gapMs
}

function quantile(sorted: readonly number[], q: number): number {
  return sorted[Math.min(sorted.length - 1, Math.ceil(q * sorted.length) - 1)]!
}

/** Acknowledgements under an older token than one that acted before: what must never be. */
function staleAcknowledgementCount(): number {
  let highest = [0, 0]
  let count = 0
  const lines = readFileSync(traceFile, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  for (const { event, token } of lines.sort((a, b) => a.atUs - b.atUs)) {
    if (!token) continue
    const isLower = token.epoch < highest[0]! || (token.epoch === highest[0] && token.index < highest[1]!)
    if (event === 'acknowledged' && isLower) count += 1
    if (event === 'active' && !isLower) highest = [token.epoch, token.index]
  }
  return count
}

try {
  cluster.startAll()
  await cluster.until('whole', isWhole)
  const writer = new Writer({ cluster, assignment: 'ledger', wallUs: realClock.wallUs })
  writer.start()
  const results = []
  for (const one of cases.filter(({ name }) => name.includes(values.only))) {
    const gaps: number[] = []
    for (let count = 0; count < runCount; count++) {
      gaps.push(await run(one, writer))
      say(`${one.name} ${count + 1}/${runCount}: ${gaps.at(-1)!.toFixed(1)} ms`)
    }
    gaps.sort((a, b) => a - b)
    const medianMs = quantile(gaps, 0.5)
    results.push({
      name: one.name,
      runCount,
      medianMs,
      p99Ms: quantile(gaps, 0.99),
      targetMs: one.targetMs,
      ratio: medianMs / one.targetMs,
    })
  }
  await cluster.until('whole', isWhole)
  await writer.stop()
  const endpoint = (await cluster.until('served', isWhole)).assignments[0]!.endpoint!
  const lostCount = countLost(writer.acknowledged, await readEntries(endpoint))
  const summary = {
    cases: results,
    acknowledgedCount: writer.acknowledged.length,
    lostCount,
    staleAcknowledgementCount: staleAcknowledgementCount(),
  }
  if (values.json) process.stdout.write(`${JSON.stringify(summary)}\n`)
  else {
    console.log(
      'unserved time of a writing client, milliseconds'.padEnd(32),
      ...['median', 'p99', 'target', 'median/target'].map((text) => text.padStart(14)),
    )
    for (const { name, medianMs, p99Ms, targetMs, ratio } of results) {
      console.log(
        name.padEnd(48),
        ...[medianMs.toFixed(1), p99Ms.toFixed(1), String(targetMs), ratio.toFixed(2)].map((text) => text.padStart(14)),
      )
    }
    console.log(
      `acknowledged ${summary.acknowledgedCount}, lost ${lostCount}, acknowledged by a superseded primary ${summary.staleAcknowledgementCount}`,
    )
  }
  process.exitCode = lostCount === 0 && summary.staleAcknowledgementCount === 0 ? 0 : 1
} finally {
  await cluster.stop()
}
cluster.remove()
