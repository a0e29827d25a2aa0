/** The causal chain of a record, as the HTTP interface tells it. */
import { explain } from '../../recorder/narrative.ts'
import type { Timeline } from '../../recorder/timeline.ts'
import type { ExplanationView } from './contract.ts'
import { recordViewOf } from './recordView.ts'

const lineCountMax = 500

/** null: there is no such record. */
export function chainOf(timeline: Timeline, id: string): ExplanationView | null {
  const narrative = explain(timeline, id, { lineCountMax })
  if (!narrative) return null
  const entries = narrative.lines.map((line) => timeline.byId.get(line.id)!)
  const lines = narrative.lines.map((line, place) => ({
    recordId: line.id,
    timeUs: entries[place]!.time.us,
    offsetMs: line.offsetMs,
    depth: line.depth,
    node: line.node,
    actor: line.actor,
    phase: 'other',
    text: [line.event, line.change, ...line.effects.map((effect) => `asks for ${effect}`)].filter(Boolean).join('; '),
    isAsked: line.isAsked,
  }))
  return { id, incident: null, lines, records: entries.map(recordViewOf) }
}
