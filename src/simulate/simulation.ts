/**
 * One simulation: everything that happens in it follows from the seed and the options. Faults first, then a quiet time in which the
 * cluster has to come together within a bound; the checkers judge all of it.
 */
import { join } from 'node:path'
import { catalogue } from '../../machines/index.ts'
import type { Timing } from '../../machines/model/configuration.ts'
import { openRecorder } from '../recorder/index.ts'
import { createCheckers, type Violation } from './checkers/index.ts'
import { Clients } from './clients.ts'
import { Cluster } from './cluster.ts'
import { type FaultKind, faultKinds } from './faultKinds.ts'
import { createFaults, isEnabled } from './faults.ts'
import { mixedOf, type PartName } from './mixedProfile.ts'
import type { Observer } from './observation.ts'
import { Operator } from './operator.ts'
import { configurationOf, heartbeatIntervalsMs, type Profile } from './profile.ts'
import { randomOf } from './random.ts'

export interface SimulationOptions {
  /** Default: drawn by the seed, 3 or 5. */
  readonly nodeCount?: number
  /** Of simulated time with faults; the quiet time comes on top. */
  readonly minutes?: number
  /** Kinds that may be enabled; the seed draws from them. Default: all. */
  readonly faults?: readonly FaultKind[]
  /** Enable every one of `faults`. */
  readonly isEveryFault?: boolean
  /** Only these of the fault events that the seed has; names are those of the result. */
  readonly events?: readonly string[]
  /** Faults begin so many times as often. Default: 1. */
  readonly faultRate?: number
  /** Nothing happens any more after the first violation. */
  readonly isEndedByViolation?: boolean
  /** Default: drawn by the seed. */
  readonly heartbeatIntervalMs?: number
  /** Default: plain. */
  readonly profile?: Profile
  /** Of the mixed profile only these. */
  readonly parts?: readonly PartName[]
  /** Black boxes are written below this folder, and replayed. */
  readonly blackBoxDirectory?: string
  /** Called at the end, while everything still runs. */
  readonly inspect?: (cluster: Cluster) => void
  /** Sees what the checkers see. */
  readonly observer?: Observer
}

export interface SimulationResult {
  readonly seed: number
  readonly nodeCount: number
  readonly heartbeatIntervalMs: number
  readonly faults: readonly FaultKind[]
  /** Fault events in the order in which they began: `partition:3` is the third partition. */
  readonly events: readonly string[]
  readonly violations: readonly Violation[]
  /** Of every step of every node, with its time and effects: the same wherever the same code runs. */
  readonly digest: string
  readonly simulatedMs: number
  readonly wallMs: number
  readonly counts: Readonly<Record<string, number>>
  readonly figures: Readonly<Record<string, number>>
}

export const defaultMinutes = 1
const driftMax = 0.01
/** Of runs whose messages pass through the real codec. */
const encodingProbability = 0.1
const lookIntervalMs = 250
/** For wake-ups, signals and what a kill takes. */
const selfStopSlackMs = 20
/** For the cluster to come together after the last fault: fixed, and for each millisecond of the heartbeat interval. */
const convergenceFixedMs = 15_000
const convergencePerHeartbeat = 750

/** At a heartbeat of 20 ms, like the next: between hand-overs, once the cluster has come together. */
const calmMs = 600
const calmHandOverCount = 2
/** The slowest wires that a fault makes (`plots.ts`). */
const latestNewsMs = 1_500

export function simulate(seed: number, options: SimulationOptions = {}): SimulationResult {
  const startedMs = performance.now()
  const shape = randomOf(seed, 'shape')
  const drawn = { nodeCount: shape.pick([3, 5]), heartbeatIntervalMs: shape.pick(heartbeatIntervalsMs) }
  const { nodeCount = drawn.nodeCount, heartbeatIntervalMs = drawn.heartbeatIntervalMs } = options
  const { minutes = defaultMinutes, faults: allowed = faultKinds, blackBoxDirectory } = options
  const scale = heartbeatIntervalMs / heartbeatIntervalsMs[0]
  const plain = configurationOf({
    nodeCount,
    heartbeatIntervalMs,
    // The same wherever black boxes are written: machines know their configuration, and the digest knows them.
    directory: '/simulated',
    random: shape,
  })
  // From a stream of its own: all else is with a seed as it is without.
  const configuration =
    options.profile === 'mixed'
      ? mixedOf(plain, {
          random: randomOf(seed, 'profile'),
          laterRandom: randomOf(seed, 'later parts'),
          scale,
          ...(options.parts && { parts: options.parts }),
        })
      : plain
  const convergenceWithinMs = convergenceFixedMs + convergencePerHeartbeat * heartbeatIntervalMs
  const checkers = createCheckers({
    selfStopMs: configuration.timing.selfStopMs,
    // A lease that grew by less than an eighth is not reported, and so seen to end too soon.
    selfStopToleranceMs: selfStopSlackMs + configuration.timing.nodeLeaseMs / 8 + 2 * heartbeatIntervalMs,
    convergenceWithinMs,
    newsMs: newsOf(configuration.timing, scale),
    promotionMs: newsOf(configuration.timing, scale),
    configuration,
    catalogue,
  })
  const lasts = (kind: FaultKind): boolean =>
    allowed.includes(kind) && (options.isEveryFault === true || isEnabled(seed, kind))
  const isDrifting = lasts('drift')
  const isMixed = lasts('versions')
  const cluster: Cluster = new Cluster({
    seed,
    configuration,
    driftMax: isDrifting ? driftMax : 0,
    isMixed,
    isEncoding: shape.chance(encodingProbability),
    observer: {
      observe(observation) {
        checkers.observe(observation)
        if (options.isEndedByViolation && checkers.violations().length > 0) cluster.world.end()
        options.observer?.observe(observation)
      },
    },
    openRecorder:
      blackBoxDirectory === undefined
        ? null
        : (of) => openRecorder({ ...of, directory: join(blackBoxDirectory, of.node) }),
  })
  const { world } = cluster
  const operator = new Operator({
    cluster: () => cluster,
    random: randomOf(seed, 'operator'),
    wholeRandom: options.profile === 'mixed' ? randomOf(seed, 'operator of the whole') : null,
    scale,
  })
  const clients = new Clients({ cluster: () => cluster, random: randomOf(seed, 'clients'), scale })
  const faults = createFaults({
    cluster,
    seed,
    only: options.events ?? null,
    allowed,
    scale,
    isAll: options.isEveryFault === true,
    rate: options.faultRate ?? 1,
  })

  for (const machine of cluster.machines) machine.boot()
  operator.start({ isOperating: faults.enabled.includes('operator') })
  clients.start()
  faults.start()
  world.runUntil(minutes * 60_000)

  faults.heal()
  operator.restore()
  cluster.observe({ type: 'healed', nodes: Object.keys(configuration.nodes) })
  const endMs = world.nowMs + convergenceWithinMs + 2 * lookIntervalMs
  while (world.nowMs < endMs && !world.isEnded) {
    world.runUntil(Math.min(endMs, world.nowMs + lookIntervalMs))
    cluster.see()
  }
  if (checkers.violations().length === 0) stayCalm(cluster, scale)
  for (const machine of cluster.machines) cluster.seeRepository(machine)
  clients.end()
  options.inspect?.(cluster)
  for (const machine of cluster.machines) machine.cutPower()
  if (blackBoxDirectory !== undefined) cluster.observe({ type: 'boxes.closed', directory: blackBoxDirectory })
  cluster.observe({ type: 'run.ended' })

  const thrown = cluster.thrown.map(
    ({ node, process, atMs, error }): Violation => ({
      checker: 'nothing-thrown',
      atMs,
      text: `the ${process} process of ${node} threw: ${error instanceof Error ? error.message : String(error)}`,
      details: { node, process, stack: error instanceof Error ? error.stack : undefined },
    }),
  )
  return {
    seed,
    nodeCount,
    heartbeatIntervalMs,
    faults: faults.enabled,
    events: faults.events,
    violations: [...thrown, ...checkers.violations()].sort((a, b) => a.atMs - b.atMs),
    digest: cluster.digest,
    simulatedMs: Math.round(world.nowMs),
    wallMs: Math.round(performance.now() - startedMs),
    counts: {
      event: world.eventCount,
      step: cluster.stepCount,
      datagram: cluster.paths.sentCount,
      fault: faults.events.length,
      command: operator.operationCount,
      operation: clients.operationCount,
    },
    figures: checkers.figures(),
  }
}

/** It is handed on twice, so that the first master is, mostly, master again. */
function stayCalm(cluster: Cluster, scale: number): void {
  const { world } = cluster
  cluster.observe({ type: 'calm.began' })
  for (let handOver = 0; handOver < calmHandOverCount && !world.isEnded; handOver++) {
    cluster.handOver()
    world.runUntil(world.nowMs + calmMs * scale)
  }
  cluster.observe({ type: 'calm.ended' })
}

/** A node that acts on what is over has stopped by then, and what was on its way through slow wires has arrived. */
function newsOf({ nodeLeaseMs, selfStopMs, takeOverMarginMs }: Timing, scale: number): number {
  return nodeLeaseMs + selfStopMs + takeOverMarginMs + latestNewsMs * scale
}
