/**
 * What takes long to find out of a history: incidents, explanations, snapshots. In a thread of its own (`analysisWorker.ts`), so that
 * neither a node nor those who watch recordings wait for it.
 */
import { catalogue } from '../../../machines/index.ts'
import type { Life, NodeBox } from '../../recorder/boxes.ts'
import { explanationOf } from '../../recorder/explanation.ts'
import { incidentsOf } from '../../recorder/incidents.ts'
import { mergeTimeline, type Timeline, type TimelineEntry, timelineOf } from '../../recorder/timeline.ts'
import type { ExplanationView, IncidentView, SnapshotView } from './contract.ts'
import type { HistoryRecord, Span } from './history.ts'
import { RecordIndex } from './recordIndex.ts'
import { recordViewOf } from './recordView.ts'
import { snapshotOf, type Wanted } from './snapshotReplay.ts'

export interface AnalysisCalls {
  readonly open: { readonly ask: { readonly boxes: readonly NodeBox[] }; readonly answer: null }
  /** Of records that arrive, of which so many are kept. */
  readonly add: {
    readonly ask: { readonly records: readonly HistoryRecord[]; readonly countMax: number }
    readonly answer: null
  }
  readonly incidents: { readonly ask: Span; readonly answer: readonly IncidentView[] }
  readonly explain: { readonly ask: { readonly id: string }; readonly answer: ExplanationView | null }
  readonly snapshot: {
    readonly ask: SnapshotQuestion
    readonly answer: SnapshotView | null
  }
}

export interface SnapshotQuestion extends Wanted {
  readonly life: Life
}

export type AnalysisCall = keyof AnalysisCalls

/** A story is told with so many of its records at most: the others can be asked for by their ids. */
const recordCountMax = 5000

/** Of records that arrive the timeline is made anew at most this often. */
const freshMs = 1000

export class Analysis {
  #index: RecordIndex | null = null
  #timeline: Timeline = mergeTimeline([])
  #isStale = false
  #madeAtMs = Number.NEGATIVE_INFINITY

  open({ boxes }: AnalysisCalls['open']['ask']): null {
    this.#timeline = timelineOf(boxes)
    return null
  }

  add({ records, countMax }: AnalysisCalls['add']['ask']): null {
    this.#index ??= new RecordIndex({ countMax })
    if (this.#index.add(records).length > 0) this.#isStale = true
    return null
  }

  incidents({ fromUs, toUs }: Span): readonly IncidentView[] {
    const all = incidentsOf(this.#fresh())
    return all.filter(({ startUs, endUs }) => startUs <= toUs && (endUs === null || endUs >= fromUs))
  }

  explain({ id }: AnalysisCalls['explain']['ask']): ExplanationView | null {
    const explanation = explanationOf(this.#fresh(id), id)
    if (!explanation) return null
    return { ...explanation, records: explanation.records.slice(0, recordCountMax).map(recordViewOf) }
  }

  snapshot({ life, ...wanted }: SnapshotQuestion): SnapshotView | null {
    return snapshotOf(life, catalogue, wanted)
  }

  /** With that record in it, if it is known at all. */
  #fresh(id?: string): Timeline {
    const isAsked = id !== undefined && !this.#timeline.byId.has(id)
    if (this.#index && this.#isStale && (isAsked || performance.now() - this.#madeAtMs > freshMs)) {
      this.#timeline = mergeTimeline(this.#index.all().map((record) => ({ timers: [], ...record }) as TimelineEntry))
      this.#isStale = false
      this.#madeAtMs = performance.now()
    }
    return this.#timeline
  }
}
