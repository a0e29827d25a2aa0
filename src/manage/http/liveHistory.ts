/**
 * History of the running cluster. The last so many records that came to this node are kept in memory, where what happened lately is
 * found at once; what is older is asked of the cluster log, where the node keeps one.
 */
import type { ArrivalPosition, ClusterLog } from '../../clusterLog/index.ts'
import { BlackBoxNotFoundError, findBoxes, type NodeBox } from '../../recorder/boxes.ts'
import { Analyst } from './analyst.ts'
import { activityOf, recordsOf, statesOf } from './answers.ts'
import type { ActivityView, ExplanationView, IncidentView, RecordsView, SnapshotView, StatesView } from './contract.ts'
import type { History, HistoryListener, HistoryRecord, RecordsQuery, Span } from './history.ts'
import { OlderRecords } from './olderRecords.ts'
import { RecordIndex } from './recordIndex.ts'
import { lifeOf } from './snapshotReplay.ts'

export interface LiveHistoryOptions {
  /** Records that are kept in memory. */
  readonly countMax?: number
  /** The black box of this node. */
  readonly directory: string
  /** null: there is none, and what comes is given to `add`. */
  readonly log: Pick<ClusterLog, 'query' | 'after' | 'subscribe' | 'oldestUs'> | null
}

export const liveCountMax = 20_000
/** More than this is not told again: it is quicker asked for anew. */
const missedCountMax = 5000
/** Of one question to the cluster log. */
const pageLimit = 5000
/** Of what is read while a node begins: it has other things to do. */
const fillLimit = 1000
/** Given to the analysis at once. */
const batchLength = 500

export class LiveHistory implements History {
  readonly #options: LiveHistoryOptions
  readonly #countMax: number
  readonly #index: RecordIndex
  /** Without a cluster log: in the order of arrival, by which the stream is resumed. */
  #arrivals: HistoryRecord[] = []
  #arrivedCount = 0
  #position: ArrivalPosition
  readonly #store = crypto.randomUUID()
  readonly #listeners = new Set<HistoryListener>()
  readonly #older: OlderRecords | null
  readonly #analyst = new Analyst(() => this.#teach(this.#index.all()))

  constructor(options: LiveHistoryOptions) {
    this.#options = options
    this.#countMax = options.countMax ?? liveCountMax
    this.#index = new RecordIndex({ countMax: this.#countMax })
    this.#older = options.log && new OlderRecords({ log: options.log, memory: this.#index })
    this.#position = this.#ownPosition()
  }

  /** Reads what the cluster log has of late, and hears what comes. */
  async begin(): Promise<void> {
    const { log } = this.#options
    if (!log) return
    log.subscribe((records, position) => {
      this.#position = position
      this.#take(records)
    })
    const first = await log.query({ limit: fillLimit })
    if (this.#arrivedCount === 0) this.#position = first.position
    this.#fill(first.records)
    let oldestUs = first.records[0]?.time.us
    while (this.#index.count < this.#countMax && oldestUs !== undefined) {
      const { records, isTruncated } = await log.query({ toUs: oldestUs, limit: fillLimit })
      if (this.#fill(records) === 0 || !isTruncated) return
      oldestUs = records[0]?.time.us
    }
  }

  /** What comes, where there is no cluster log. */
  add(records: readonly HistoryRecord[]): void {
    const fresh = this.#take(records)
    for (const record of fresh) this.#arrivals.push(record)
    if (this.#arrivals.length > 2 * missedCountMax) this.#arrivals = this.#arrivals.slice(-missedCountMax)
  }

  #take(records: readonly HistoryRecord[]): readonly HistoryRecord[] {
    const fresh = this.#index.add(records)
    if (fresh.length === 0) return fresh
    this.#arrivedCount += fresh.length
    if (!this.#options.log) this.#position = this.#ownPosition()
    void this.#teach(fresh)
    for (const listener of this.#listeners) listener.onRecords(fresh)
    return fresh
  }

  /** What was there before: nobody is told. How many of them are new. */
  #fill(records: readonly HistoryRecord[]): number {
    const fresh = this.#index.add(records)
    void this.#teach(fresh)
    return fresh.length
  }

  /** A batch a turn: copying them takes its time. */
  async #teach(records: readonly HistoryRecord[]): Promise<void> {
    for (let from = 0; from < records.length && this.#analyst.isRunning; from += batchLength) {
      this.#analyst.tell('add', { records: records.slice(from, from + batchLength), countMax: this.#countMax })
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  async records(query: RecordsQuery): Promise<RecordsView> {
    const view = recordsOf(this.#index, query)
    const { log } = this.#options
    if (!log || view.isTruncated || !this.#isBefore(query.fromUs)) return view
    const { isChange: _, limit, ...where } = query
    const page = await log.query({ ...where, limit: Math.min(limit, pageLimit) })
    const older = new RecordIndex()
    older.add(page.records)
    const found = recordsOf(older, query)
    return {
      records: found.records,
      isTruncated: found.isTruncated || page.isTruncated,
      oldestUs: log.oldestUs ?? view.oldestUs,
      newestUs: view.newestUs,
    }
  }

  async states(atUs: number): Promise<StatesView> {
    if (!this.#isBefore(atUs)) return statesOf(this.#index, atUs)
    return statesOf(await this.#older!.upTo(atUs), atUs)
  }

  async activity(query: Parameters<History['activity']>[0]): Promise<ActivityView> {
    if (!this.#isBefore(query.fromUs)) return activityOf(this.#index, query)
    return activityOf(await this.#older!.upTo(query.toUs), query)
  }

  incidents(span: Span): Promise<readonly IncidentView[]> {
    return this.#analyst.ask('incidents', span)
  }

  async explain(id: string): Promise<ExplanationView | null> {
    return this.#index.get(id) ? this.#analyst.ask('explain', { id }) : null
  }

  /** Of this node's own steps: those of others are in their black boxes. */
  async snapshot(id: string): Promise<SnapshotView | null> {
    const record = this.#index.get(id)
    if (!record) return null
    const life = lifeOf(boxesIn(this.#options.directory), record)
    return life && this.#analyst.ask('snapshot', { life, id, sequence: record.sequence, actor: record.actor })
  }

  get position(): string {
    return this.#position
  }

  async after(position: string): Promise<readonly HistoryRecord[] | null> {
    const { log } = this.#options
    return log ? afterInLog(log, position) : this.#afterHere(position)
  }

  subscribe(listener: HistoryListener): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  #afterHere(position: string): readonly HistoryRecord[] | null {
    const [place, store] = position.split('@')
    const missedCount = this.#arrivedCount - Number(place)
    if (store !== this.#store || !(missedCount >= 0 && missedCount <= missedCountMax)) return null
    return missedCount <= this.#arrivals.length ? this.#arrivals.slice(this.#arrivals.length - missedCount) : null
  }

  #ownPosition(): string {
    return `${this.#arrivedCount}@${this.#store}`
  }

  /** Whether the memory does not reach back so far, and something else does. */
  #isBefore(us: number): boolean {
    const { oldest } = this.#index
    return this.#options.log !== null && oldest !== null && us < oldest.time.us && this.#index.count >= this.#countMax
  }
}

function boxesIn(directory: string): readonly NodeBox[] {
  try {
    return findBoxes([directory])
  } catch (error) {
    if (error instanceof BlackBoxNotFoundError) return []
    throw error
  }
}

/** null: the log no longer knows the place, or there is too much to be told again. */
async function afterInLog(
  log: Pick<ClusterLog, 'after'>,
  position: ArrivalPosition,
): Promise<readonly HistoryRecord[] | null> {
  const missed: HistoryRecord[] = []
  for (let at = position; ; ) {
    const { records, position: next, isMore, isReset } = await log.after(at)
    if (isReset) return null
    for (const record of records) missed.push(record)
    if (missed.length > missedCountMax) return null
    if (!isMore) return missed
    at = next
  }
}
