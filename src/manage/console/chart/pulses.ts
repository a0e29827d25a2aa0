/** What has just fired, for as long as it is shown: edges light up one after the other, states that stay where they are flash. */
import { useEffect, useRef, useState } from 'preact/hooks'
import { edgesOf, firedBy } from '../../../charts/fired.ts'
import type { DrawnMachine } from '../../../charts/layout.ts'
import { regionsOf } from '../../../charts/model.ts'
import type { RecordView } from '../../http/contract.ts'

export interface Pulse {
  readonly key: string
  /** An edge's id, or the path of a state that answered without leaving. */
  readonly edge: string | null
  readonly state: string
  readonly delayMs: number
}

const shownMs = 1500
const staggerMs = 140
/** Of a burst only the last are shown: more at once could not be followed. */
const pulseCountMax = 6

/** Those of the records that have come since; none when the list is another one, as when the time is travelled. */
export function newRecords(before: readonly RecordView[], now: readonly RecordView[]): readonly RecordView[] {
  const last = before.at(-1)
  if (!last) return []
  const index = now.findLastIndex(({ id }) => id === last.id)
  return index < 0 ? [] : now.slice(index + 1)
}

export function pulsesOf({ chart, layout }: DrawnMachine, records: readonly RecordView[]): Pulse[] {
  const all = records.flatMap((record): Omit<Pulse, 'delayMs'>[] => {
    const { id, event, fromState, state } = record
    const fired = firedBy(chart, { eventType: event.type, fromState, state })
    if (!fired) return []
    const edges = edgesOf(layout.edges, fired)
    const at = regionsOf(state)[0]!
    if (edges.length === 0) return [{ key: id, edge: null, state: at }]
    return edges.map((edge, index) => ({ key: `${id} ${index}`, edge, state: at }))
  })
  return all.slice(-pulseCountMax).map((pulse, index) => ({ ...pulse, delayMs: index * staggerMs }))
}

export function usePulses(machine: DrawnMachine, records: readonly RecordView[]): readonly Pulse[] {
  const [pulses, setPulses] = useState<readonly Pulse[]>([])
  const seen = useRef(records)
  const timers = useRef(new Set<ReturnType<typeof setTimeout>>())
  useEffect(() => {
    const fresh = pulsesOf(machine, newRecords(seen.current, records))
    seen.current = records
    if (fresh.length === 0) return
    const keys = new Set(fresh.map(({ key }) => key))
    setPulses((before) => [...before.filter(({ key }) => !keys.has(key)), ...fresh].slice(-pulseCountMax * 2))
    const timer = setTimeout(
      () => {
        timers.current.delete(timer)
        setPulses((before) => before.filter(({ key }) => !keys.has(key)))
      },
      shownMs + fresh.length * staggerMs,
    )
    timers.current.add(timer)
  }, [machine, records])
  useEffect(
    () => () => {
      for (const timer of timers.current) clearTimeout(timer)
    },
    [],
  )
  return pulses
}
