/**
 * An incident as a picture: one lane for each machine of each node, one row for each step that mattered, lines from cause to effect.
 * Steps of which nothing is told are left out, and causes go through them.
 */
import type { ExplanationView, RecordView } from '../../http/contract.ts'
import { byNumber } from './structure.ts'

export interface StoryLane {
  readonly node: string
  readonly actor: string
  /** Of it what tells it apart within its node: `ledger` of `component/n1/ledger`. */
  readonly label: string
}

export interface StoryRow {
  readonly recordId: string
  readonly lane: number
  readonly timeUs: number
  readonly timeCount: number
  readonly offsetMs: number
  /** Since the row before. */
  readonly gapMs: number
  readonly phase: string
  readonly text: string
  readonly isAsked: boolean
  /** The row that led to it; null: the world did, or it is not among these. */
  readonly causeRow: number | null
}

export interface StoryPicture {
  readonly lanes: readonly StoryLane[]
  readonly rows: readonly StoryRow[]
}

export function pictureOf({ lines, records }: Pick<ExplanationView, 'lines' | 'records'>): StoryPicture {
  const byId = new Map(records.map((record) => [record.id, record]))
  const causes = causesOf(records)
  const rowOf = new Map(lines.map(({ recordId }, index) => [recordId, index]))
  const lanes = lanesOf(lines)
  const laneOf = new Map(lanes.map(({ node, actor }, index) => [`${node} ${actor}`, index]))
  const rows = lines.map((line, index): StoryRow => {
    const cause = causeAmong(line.recordId, { causes, rowOf })
    const before = lines[index - 1]
    return {
      recordId: line.recordId,
      lane: laneOf.get(`${line.node} ${line.actor}`)!,
      timeUs: line.timeUs,
      timeCount: byId.get(line.recordId)?.timeCount ?? 0,
      offsetMs: line.offsetMs,
      gapMs: before ? line.offsetMs - before.offsetMs : 0,
      phase: line.phase,
      text: line.text,
      isAsked: line.isAsked,
      causeRow: cause !== null && cause < index ? cause : null,
    }
  })
  return { lanes, rows }
}

/** By node; within a node as they first come up. */
function lanesOf(lines: ExplanationView['lines']): StoryLane[] {
  const seen = new Map<string, StoryLane>()
  for (const { node, actor } of lines) {
    const key = `${node} ${actor}`
    if (!seen.has(key)) seen.set(key, { node, actor, label: labelOf(actor) })
  }
  return [...seen.values()].sort((a, b) => byNumber(a.node, b.node))
}

function labelOf(actor: string): string {
  const [kind = '', ...rest] = actor.split('/')
  if (kind === 'component') return rest.slice(1).join('/')
  return rest.length === 0 ? kind : `${kind} ${rest.join('/')}`
}

type Causes = ReadonlyMap<string, string | null>

/** Of a delay that has passed its machine is the cause: what it did last before that. */
function causesOf(records: readonly RecordView[]): Causes {
  const lastOf = new Map<string, string>()
  const causes = new Map<string, string | null>()
  for (const { id, node, actor, cause, event } of [...records].sort(byTime)) {
    const isDelay = cause === null && event.type.startsWith('xstate.after.')
    causes.set(id, isDelay ? (lastOf.get(`${node} ${actor}`) ?? null) : cause)
    lastOf.set(`${node} ${actor}`, id)
  }
  return causes
}

function byTime(a: RecordView, b: RecordView): number {
  return a.timeUs - b.timeUs || a.timeCount - b.timeCount
}

/** Through what is not told, to the nearest that is. */
function causeAmong(
  recordId: string,
  { causes, rowOf }: { causes: Causes; rowOf: ReadonlyMap<string, number> },
): number | null {
  const passed = new Set<string>()
  for (let id = causes.get(recordId) ?? null; id !== null && !passed.has(id); id = causes.get(id) ?? null) {
    const row = rowOf.get(id)
    if (row !== undefined) return row
    passed.add(id)
  }
  return null
}
