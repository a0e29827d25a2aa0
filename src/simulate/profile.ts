/** What a seed decides of the cluster itself: its size, its timing, and what it serves. */
import type { Configuration, Timing } from '../../machines/model/configuration.ts'
import { typeOf } from './profileTypes.ts'
import type { Random } from './random.ts'

/** `plain`: three assignments that have nothing to do with each other; `mixed`: other models and relationships besides (`mixedProfile.ts`). */
export const profiles = ['plain', 'mixed'] as const

export type Profile = (typeof profiles)[number]

/**
 * Heartbeat intervals that a seed draws from; everything else is scaled with them. Slow ones more often: a heartbeat costs the
 * same, and what goes wrong is scaled too, so that more of it fits into the same time.
 */
export const heartbeatIntervalsMs = [20, 50, 100, 100, 100, 200, 200, 200, 200, 200] as const

/** The defaults of the configuration file (src/configuration/timing.ts), at a heartbeat of 20 ms. */
const defaultTiming: Timing = {
  heartbeatIntervalMs: 20,
  suspectAfterMs: 100,
  confirmAfterMs: 20,
  leaderLeaseMs: 130,
  nodeLeaseMs: 400,
  selfStopMs: 500,
  takeOverMarginMs: 250,
  electionTimeoutMs: 100,
  endedGraceMs: 5,
  hungAfterMs: 1500,
  surveyTimeoutMs: 300,
}

export function timingAt(heartbeatIntervalMs: number): Timing {
  const scale = heartbeatIntervalMs / defaultTiming.heartbeatIntervalMs
  const scaled = Object.entries(defaultTiming).map(([key, value]) => [key, value * scale])
  return { ...(Object.fromEntries(scaled) as unknown as Timing), endedGraceMs: defaultTiming.endedGraceMs }
}

export function configurationOf(options: {
  nodeCount: number
  heartbeatIntervalMs: number
  directory: string
  random: Random
}): Configuration {
  const { nodeCount, heartbeatIntervalMs, directory, random } = options
  const nodes = Array.from({ length: nodeCount }, (_, index) => `n${index + 1}`)
  const spread = (): string[] => [...nodes].sort(() => random.next() - 0.5)
  return {
    cluster: 'simulated',
    secret: null,
    stateDirectory: directory,
    runtimeDirectory: directory,
    timing: timingAt(heartbeatIntervalMs),
    guard: { realtime: false },
    watchdog: null,
    // What goes by the real time and disk is left out of it.
    recorder: {
      segmentSizeBytes: 1 << 20,
      segmentCountMax: 256,
      budget: null,
      flush: 'never',
      flushIntervalMs: 1000,
    },
    nodes: Object.fromEntries(
      nodes.map((name, index) => [
        name,
        {
          links: [
            { host: `10.0.0.${index + 1}`, port: 7101 },
            { host: `10.1.0.${index + 1}`, port: 7101 },
          ],
          rank: index + 1,
        },
      ]),
    ),
    types: {
      hot: typeOf({}),
      warm: typeOf({ standby: 'warm', exclusive: false }),
      cold: typeOf({ aware: false, standby: 'cold' }),
    },
    components: {
      ledger: { type: 'hot', nodes: spread(), instances: {} },
      relay: { type: 'warm', nodes: spread(), instances: {} },
      batch: { type: 'cold', nodes: spread(), instances: {} },
    },
    assignments: {
      ledger: { component: 'ledger', redundancy: '2N' },
      relay: { component: 'relay', redundancy: '2N' },
      batch: { component: 'batch', redundancy: 'none' },
    },
  }
}
