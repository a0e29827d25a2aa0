/**
 * What takes long to find out of a history: incidents, explanations, snapshots. In a thread of its own (`analysisWorker.ts`), so that
 * neither a node nor those who watch recordings wait for it.
 */
import { catalogue } from '../../../machines/index.ts'
import { findBoxes } from '../../recorder/boxes.ts'
import { explanationOf } from '../../recorder/explanation.ts'
import { incidentsOf } from '../../recorder/incidents.ts'
import { mergeTimeline, readTimeline, type Timeline, type TimelineEntry } from '../../recorder/timeline.ts'
import type { ExplanationView, IncidentView, SnapshotView } from './contract.ts'
import type { HistoryRecord, Span } from './history.ts'
import { RecordIndex } from './recordIndex.ts'
import { recordViewOf } from './recordView.ts'
import { snapshotOf } from './snapshotReplay.ts'

export interface AnalysisCalls {
  /** Of the black boxes in and below the directories. */
  readonly open: { readonly ask: { readonly directories: readonly string[] }; readonly answer: null }
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

export interface SnapshotQuestion {
  readonly directories: readonly string[]
  readonly id: string
  readonly node: string
  readonly incarnation: number
  readonly sequence: number
  readonly actor: string
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

  open({ directories }: AnalysisCalls['open']['ask']): null {
    this.#timeline = directories.length === 0 ? mergeTimeline([]) : readTimeline(directories)
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

  snapshot({ directories, ...wanted }: SnapshotQuestion): SnapshotView | null {
    const box = findBoxes(directories).find(({ node }) => node === wanted.node)
    const life = box?.lives.find(({ incarnation }) => incarnation === wanted.incarnation)
    return life ? snapshotOf(life, catalogue, wanted) : null
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
