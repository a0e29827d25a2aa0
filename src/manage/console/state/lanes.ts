/** The states that components went through within a span, from records alone: a record says what it came from. */
import { stoppedAvailabilities } from '../../../../machines/model/status.ts'
import type { RecordView } from '../../http/contract.ts'
import { rootOf } from './actors.ts'
import type { Span } from './model.ts'

export interface LanePart {
  readonly fromUs: number
  readonly toUs: number
  readonly root: string
  readonly state: string
}

export interface StateLane {
  readonly name: string
  readonly parts: readonly LanePart[]
}

/** From farther away lanes say nothing. */
export const laneUsMax = 300e6

const prefix = 'component/'

/** A node that others saw end took its components along, though it could not record that. */
function endingsOf(records: readonly RecordView[]): RecordView[] {
  const isStopped = (state: string | null) =>
    state !== null && (stoppedAvailabilities as readonly string[]).includes(rootOf(state))
  return records.filter(
    ({ actor, state, fromState }) => actor.startsWith('node/') && isStopped(state) && !isStopped(fromState),
  )
}

/** Of the components that changed most, at most `countMax`, by name. `records`: in order. */
export function lanesOf(records: readonly RecordView[], window: Span, countMax: number): readonly StateLane[] {
  const byName = new Map<string, RecordView[]>()
  for (const record of records) {
    if (!record.actor.startsWith(prefix) || record.timeUs > window.toUs) continue
    if (record.kind === 'note' || record.kind === 'application') continue
    const name = record.actor.slice(prefix.length)
    const known = byName.get(name)
    if (known) known.push(record)
    else byName.set(name, [record])
  }
  for (const ending of endingsOf(records)) {
    for (const [name, ofName] of byName) {
      if (name.startsWith(`${ending.actor.slice(5)}/`)) ofName.push({ ...ending, kind: 'end' })
    }
  }
  return [...byName]
    .map(([name, ofName]) => ({ name, parts: partsOf(ofName, window) }))
    .filter(({ parts }) => parts.length > 0)
    .sort((a, b) => b.parts.length - a.parts.length)
    .slice(0, countMax)
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}

function partsOf(unsorted: readonly RecordView[], window: Span): LanePart[] {
  const records = unsorted.toSorted((a, b) => a.timeUs - b.timeUs)
  const first = records[0]!
  const parts: LanePart[] = []
  let root = first.fromState === null || first.kind === 'end' ? null : rootOf(first.fromState)
  let state = first.fromState ?? ''
  let fromUs = window.fromUs
  const close = (toUs: number) => {
    if (root !== null && toUs > window.fromUs && toUs > fromUs)
      parts.push({ fromUs: Math.max(fromUs, window.fromUs), toUs, root, state })
  }
  for (const record of records) {
    const isEnd = record.kind === 'end'
    const next = isEnd ? null : rootOf(record.state)
    if (next === root && !isEnd) continue
    close(record.timeUs)
    root = next
    state = record.state
    fromUs = record.timeUs
  }
  close(window.toUs)
  return parts
}
