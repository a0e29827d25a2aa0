/**
 * The demo: three real nodes on loopback, a client that writes all the time, four faults, and what came of it. Everything it
 * tells is measured or read from the black boxes.
 */
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { catalogue } from '../../machines/index.ts'
import { nodeOf } from '../../machines/model/ids.ts'
import { realClock } from '../engine/clock.ts'
import {
  type Narrative,
  narrate,
  type ReplayResult,
  readTimeline,
  replayDirectories,
  type Timeline,
} from '../recorder/index.ts'
import { detectionOf } from './findings.ts'
import { ledgerConfiguration, ledgerNodes } from './ledgerConfiguration.ts'
import { isWhole, LocalCluster } from './localCluster.ts'
import { activeSpans, overlapMs } from './overlap.ts'
import { freePorts } from './ports.ts'
import { type FaultResult, resultOf } from './results.ts'
import {
  type Fault,
  inject,
  killComponent,
  killNode,
  masterOf,
  primaryOf,
  type Stage,
  settleMs,
  switchOver,
} from './stage.ts'
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

export interface DemoResult {
  readonly faults: readonly FaultResult[]
  readonly acknowledgedCount: number
  readonly lostCount: number
  readonly overlapMs: number
  readonly replay: Pick<ReplayResult, 'eventCount' | 'mismatchCount' | 'isExact'>
  /** Nothing lost, no overlap, every fault restored, replay exact. */
  readonly isGood: boolean
  /** How the black boxes tell the first fault. */
  readonly narrative: Narrative
  readonly directory: string
}

const traceName = 'trace.jsonl'
const narrativeLineCountMax = 40

export async function runDemo(options: DemoOptions): Promise<DemoResult> {
  const stage = await setStage(options)
  const faults = await injectAll(stage)
  const { cluster, writer, wallUs, tell } = stage
  await writer.stop()
  const served = await cluster.until('the ledger is served', ({ assignments }) => assignments[0]!.health === 'served')
  const lostCount = countLost(writer.acknowledged, await readEntries(served.assignments[0]!.endpoint!))
  const endUs = wallUs()
  if (!options.isKept) {
    tell('ending the cluster, in order')
    await cluster.stop()
  }
  tell('replaying the black boxes of all nodes')
  const boxes = ledgerNodes.map((node) => cluster.stateDirectory(node))
  const { eventCount, mismatchCount, isExact } = replayDirectories(boxes, catalogue)
  const timeline = readTimeline(boxes)
  const results = faults.map((fault) => resultOf(fault, { timeline, writer }))
  const overlap = overlapMs(activeSpans(readTrace(cluster.directory), stage.killed, endUs))
  const isRestored = results.every(({ restoredMs }) => restoredMs !== null)
  return {
    faults: results,
    acknowledgedCount: writer.acknowledged.length,
    lostCount,
    overlapMs: overlap,
    replay: { eventCount, mismatchCount, isExact },
    isGood: lostCount === 0 && overlap === 0 && isExact && isRestored,
    narrative: storyOf(timeline, faults[0]!),
    directory: cluster.directory,
  }
}

async function setStage({ command, isKept, tell, onCluster }: DemoOptions): Promise<Stage> {
  const { wallUs } = realClock
  const directory = mkdtempSync(join(tmpdir(), 'rolecall-demo-'))
  const ports = await freePorts(2 * ledgerNodes.length)
  const consolePorts = ports.splice(ledgerNodes.length)
  const configuration = ledgerConfiguration({ ports, consolePorts, command, traceFile: join(directory, traceName) })
  const cluster = new LocalCluster({ directory, command, configuration, nodes: ledgerNodes, isKept })
  onCluster(cluster)
  tell('starting three nodes on loopback, two links each')
  cluster.startAll()
  const { master, vice, assignments } = await cluster.until('the cluster is whole', isWhole)
  tell(`watch it: http://127.0.0.1:${consolePorts[0]}/`)
  tell(`master ${master}, vice ${vice}; ledger: primary ${assignments[0]!.primary}; a client starts to write`)
  const writer = new Writer({ cluster, assignment: 'ledger', wallUs })
  writer.start()
  await Bun.sleep(settleMs)
  return { cluster, writer, wallUs, tell, killed: [] }
}

async function injectAll(stage: Stage): Promise<Fault[]> {
  const { cluster } = stage
  const faults: Fault[] = []
  const first = await primaryOf(stage)
  faults.push(
    await inject(stage, {
      kind: 'process',
      name: 'kill -9 of the primary',
      subject: first,
      prepare: killComponent(stage, first),
    }),
  )
  const second = nodeOf(await primaryOf(stage))
  faults.push(
    await inject(stage, {
      kind: 'node',
      name: 'kill -9 of the primary’s node',
      subject: second,
      prepare: killNode(stage, second),
      bringBack: () => cluster.start(second),
    }),
  )
  const master = await masterOf(stage)
  faults.push(
    await inject(stage, {
      kind: 'master',
      name: 'kill -9 of the master',
      subject: master,
      prepare: killNode(stage, master),
      bringBack: () => cluster.start(master),
    }),
  )
  const last = await primaryOf(stage)
  faults.push(
    await inject(stage, {
      kind: 'switchover',
      name: 'planned switch-over',
      subject: last,
      prepare: switchOver(stage, last),
    }),
  )
  return faults
}

function readTrace(directory: string): Parameters<typeof activeSpans>[0] {
  return readFileSync(join(directory, traceName), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
}

/** From what first noticed the fault to all that followed from it. */
function storyOf(timeline: Timeline, { kind, subject, atUs, redundantUs }: Fault): Narrative {
  const trigger = detectionOf(timeline, { kind, subject, fromUs: atUs })?.entry.id
  return narrate(timeline, {
    fromUs: atUs,
    toUs: redundantUs,
    actors: ['crim', 'component'],
    ...(trigger === undefined ? {} : { trigger }),
    lineCountMax: narrativeLineCountMax,
  })
}
