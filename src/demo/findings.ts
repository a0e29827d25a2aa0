/** What the black boxes say of a fault: who noticed it, how, when, and when it was decided what to do. */
import type { Timeline, TimelineEntry } from '../recorder/index.ts'

export interface Finding {
  readonly entry: TimelineEntry
  readonly by: string
  readonly how: string
}

export type FaultKind = 'process' | 'node' | 'master' | 'switchover'

const wordsOf: Readonly<Record<string, string>> = {
  closed: 'its guard’s connection was closed by its kernel',
  reset: 'its guard’s connection was reset by its kernel',
  refused: 'its kernel refuses connections to its guard',
  said: 'its guard said so',
}

/** The first that noticed, at or after `fromUs`. */
export function detectionOf(
  timeline: Timeline,
  fault: { kind: FaultKind; subject: string; fromUs: number },
): Finding | null {
  for (const entry of timeline.entries) {
    if (entry.time.us < fault.fromUs) continue
    const how = noticed(entry, fault)
    if (how !== null) return { entry, by: entry.node, how }
  }
  return null
}

function noticed(
  { actor, event }: TimelineEntry,
  { kind, subject }: { kind: FaultKind; subject: string },
): string | null {
  if (kind === 'process')
    return event.type === 'process.exited' && actor === `component/${subject}` ? 'its guard saw it exit' : null
  if (kind === 'switchover') return event.type === 'operation.requested' ? 'an operator asked' : null
  if (actor !== `node/${subject}`) return null
  if (event.type === 'peer.ended') return wordsOf[String(event.how)] ?? String(event.how)
  return event.type === 'peer.confirmedSilent' ? 'heartbeats: silence on every link' : null
}

/** The step that decided: of a master's end, the one that made another master; else the CRIM's that proposed new roles. */
export function decisionOf(timeline: Timeline, of: { kind: FaultKind; fromUs: number }): TimelineEntry | null {
  const effect = of.kind === 'master' ? 'mastership.acquired' : 'repository.propose'
  return (
    timeline.entries.find(({ time, effects }) => time.us >= of.fromUs && effects.some(({ type }) => type === effect)) ??
    null
  )
}
