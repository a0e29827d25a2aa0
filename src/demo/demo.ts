/**
 * The demo: three real nodes on loopback, a client that writes all the time, four faults, and what came of it. Everything it
 * tells is measured or read from the black boxes.
 */
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { catalogue } from '../../machines/index.ts'
import type { ComponentId } from '../../machines/model/ids.ts'
import { realClock } from '../engine/clock.ts'
import { type Narrative, narrate, type ReplayResult, readTimeline, replayDirectories } from '../recorder/index.ts'
import { decisionOf, detectionOf, type FaultKind } from './findings.ts'
import { ledgerConfiguration, ledgerNodes } from './ledgerConfiguration.ts'
import { isWhole, LocalCluster } from './localCluster.ts'
import { activeSpans, overlapMs } from './overlap.ts'
import { freePorts } from './ports.ts'
import { signalAll } from './processes.ts'
import { countLost, readEntries, Writer } from './writer.ts'

export interface DemoOptions {
  /** The binary, with what comes before its arguments. */
  readonly command: readonly string[]
  readonly isKept: boolean
  /** Told what happens, a line at a time. */
  readonly tell: (line: string) => void
  /** Given the cluster as soon as there is one, so that it can be ended whatever happens. */
  readonly onCluster: (cluster: LocalCluster) => void
}

/** Times are milliseconds since the fault; null: it was not seen. */
export interface FaultResult {
  readonly name: string
  readonly subject: string
  readonly detectedBy: string | null
  readonly detectedHow: string | null
  readonly detectedMs: number | null
  readonly decidedMs: number | null
  /** A write was acknowledged again, by what was decided. */
  readonly restoredMs: number | null
  /** The longest the client waited for an acknowledgement around the fault. */
  readonly unservedMs: number
  /** The assignment had its secondary again. */
  readonly redundantMs: number
}

export interface DemoResult {
  readonly faults: readonly FaultResult[]
  readonly acknowledgedCount: number
  readonly lostCount: number
  readonly overlapMs: number
  readonly replay: Pick<ReplayResult, 'eventCount' | 'mismatchCount' | 'isExact'>
  /** Nothing lost, no overlap, every fault restored, replay exact. */
  readonly isGood: boolean
  readonly narrative: Narrative
  readonly directory: string
}

interface Fault {
  readonly kind: FaultKind
  readonly name: string
  readonly subject: string
  readonly atUs: number
  readonly redundantUs: number
}

/** How long a killed node stays away before it is started again, as an operator or systemd would. */
const nodeAwayMs = 300
const settleMs = 400

export async function runDemo(options: DemoOptions): Promise<DemoResult> {
  const { tell } = options
  const wallUs = realClock.wallUs
  const directory = mkdtempSync(join(tmpdir(), 'rolecall-demo-'))
  const traceFile = join(directory, 'trace.jsonl')
  const cluster = new LocalCluster({
    directory,
    command: options.command,
    configuration: ledgerConfiguration({
      ports: await freePorts(ledgerNodes.length),
      command: options.command,
      traceFile,
    }),
    nodes: ledgerNodes,
    isKept: options.isKept,
  })
  options.onCluster(cluster)
  tell('starting three nodes on loopback, two links each')
  cluster.startAll()
  const started = await cluster.until('the cluster is whole', isWhole)
  tell(
    `master ${started.master}, vice ${started.vice}; ledger: primary ${started.assignments[0]!.primary}; a client starts to write`,
  )
  const writer = new Writer({ cluster, assignment: 'ledger', wallUs })
  writer.start()
  await Bun.sleep(settleMs)

  const killed: { component: string; atUs: number }[] = []
  const faults: Fault[] = []

  async function inject(of: {
    kind: FaultKind
    name: string
    subject: string
    /** Finds out whom to hit; what it returns hits them. */
    prepare: () => () => void | Promise<void>
    back?: () => void
  }): Promise<void> {
    tell(`${of.name}: ${of.subject}`)
    const strike = of.prepare()
    const atUs = wallUs()
    await strike()
    const survivors = ledgerNodes.filter((node) => cluster.isRunning(node) && node !== of.subject)
    await cluster.until(
      `redundancy after: ${of.name}`,
      ({ assignments, nodes, master }) => {
        const isNoticed =
          of.kind === 'process' ||
          of.kind === 'switchover' ||
          nodes.some(({ name, availability }) => name === of.subject && availability !== 'alive')
        const hasMoved = of.kind === 'master' || assignments[0]!.primary !== (of.kind === 'node' ? null : of.subject)
        return isNoticed && hasMoved && master !== null && master !== of.subject && assignments[0]!.health === 'served'
      },
      { of: survivors },
    )
    const redundantUs = wallUs()
    tell(`  served with redundancy again after ${Math.round((redundantUs - atUs) / 1000)} ms`)
    if (of.back) {
      await Bun.sleep(nodeAwayMs)
      of.back()
    }
    await cluster.until(`all is back after: ${of.name}`, isWhole)
    tell('  what was lost is back')
    await Bun.sleep(settleMs)
    faults.push({ kind: of.kind, name: of.name, subject: of.subject, atUs, redundantUs })
  }

  const primary = async (): Promise<ComponentId> =>
    (await cluster.until('there is a primary', (view) => view.assignments[0]!.primary !== null)).assignments[0]!
      .primary!
  const nodeOf = (component: string) => component.slice(0, component.indexOf('/'))
  const nodeKill = (node: string) => () => {
    const pids = cluster.processesOf(node)
    return () => {
      signalAll(pids, 'SIGKILL')
      killed.push({ component: `${node}/ledger`, atUs: wallUs() })
    }
  }

  const first = await primary()
  await inject({
    kind: 'process',
    name: 'kill -9 of the primary',
    subject: first,
    prepare: () => {
      const pids = cluster.processesOfComponent(first)
      return () => {
        signalAll(pids, 'SIGKILL')
        killed.push({ component: first, atUs: wallUs() })
      }
    },
  })
  const second = nodeOf(await primary())
  await inject({
    kind: 'node',
    name: 'kill -9 of the primary’s node',
    subject: second,
    prepare: nodeKill(second),
    back: () => cluster.start(second),
  })
  const master = (await cluster.until('there is a master', (view) => view.master !== null)).master!
  await inject({
    kind: 'master',
    name: 'kill -9 of the master',
    subject: master,
    prepare: nodeKill(master),
    back: () => cluster.start(master),
  })
  const last = await primary()
  await inject({
    kind: 'switchover',
    name: 'planned switch-over',
    subject: last,
    prepare: () => async () => {
      const answer = await cluster
        .control(nodeOf(last), 10_000)
        .operate({ operation: 'switchover', assignment: 'ledger' })
      if (!answer.ok) throw new Error(`switch-over refused: ${answer.text}`)
    },
  })

  await writer.stop()
  const { endpoint } = (await cluster.until('the ledger is served', (view) => view.assignments[0]!.health === 'served'))
    .assignments[0]!
  const lostCount = countLost(writer.acknowledged, await readEntries(endpoint!))
  const endUs = wallUs()
  if (!options.isKept) {
    tell('ending the cluster, in order')
    await cluster.stop()
  }
  tell('replaying the black boxes of all nodes')
  const boxes = ledgerNodes.map((node) => cluster.stateDirectory(node))
  const replay = replayDirectories(boxes, catalogue)
  const timeline = readTimeline(boxes)
  const results = faults.map((fault) => resultOf(fault))
  const lines = readFileSync(traceFile, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  const overlap = overlapMs(activeSpans(lines, killed, endUs))

  function resultOf(fault: Fault): FaultResult {
    const { kind, name, subject, atUs, redundantUs } = fault
    const since = (us: number | undefined) =>
      us === undefined ? null : Math.max(0, Math.round((us - atUs) / 100) / 10)
    const detection = detectionOf(timeline, { kind, subject, fromUs: atUs })
    const decision = detection && decisionOf(timeline, { kind, fromUs: detection.entry.time.us })
    const restored = decision && writer.firstSince(Math.max(decision.time.us, atUs))
    return {
      name,
      subject,
      detectedBy: detection?.by ?? null,
      detectedHow: detection?.how ?? null,
      detectedMs: since(detection?.entry.time.us),
      decidedMs: since(decision?.time.us),
      restoredMs: since(restored?.atUs),
      unservedMs: Math.round(writer.longestGapMs({ fromUs: atUs, toUs: redundantUs + 500_000 }) * 10) / 10,
      redundantMs: since(redundantUs)!,
    }
  }

  const story = faults[0]!
  const trigger = detectionOf(timeline, { kind: story.kind, subject: story.subject, fromUs: story.atUs })?.entry.id
  const narrative = narrate(timeline, {
    fromUs: story.atUs,
    toUs: story.redundantUs,
    actors: ['crim', 'component'],
    ...(trigger === undefined ? {} : { trigger }),
    lineCountMax: 40,
  })
  const isRestored = results.every(({ restoredMs }) => restoredMs !== null)
  return {
    faults: results,
    acknowledgedCount: writer.acknowledged.length,
    lostCount,
    overlapMs: overlap,
    replay: { eventCount: replay.eventCount, mismatchCount: replay.mismatchCount, isExact: replay.isExact },
    isGood: lostCount === 0 && overlap === 0 && replay.isExact && isRestored,
    narrative,
    directory,
  }
}
