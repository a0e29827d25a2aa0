/** The history of a running node, over a cluster log that a test holds in its hands. */
import { expect, test } from 'bun:test'
import type { LogQuery, LogRecord } from '../../../src/clusterLog/index.ts'
import type { HistoryRecord } from '../../../src/manage/http/history.ts'
import { LiveHistory } from '../../../src/manage/http/liveHistory.ts'
import { record } from './support.ts'

const logged = (sequence: number, change: Partial<HistoryRecord> = {}) =>
  ({ machine: 'component', ...record(sequence, change) }) as LogRecord

/** Positions are `log.N`: after so many arrivals. */
class FakeLog {
  readonly kept: LogRecord[] = []
  readonly queries: LogQuery[] = []
  oldestKept = 0
  #listener: (records: readonly LogRecord[], position: string) => void = () => {}

  get oldestUs() {
    return this.kept[0]?.time.us ?? null
  }

  get position() {
    return `log.${this.kept.length}`
  }

  arrive(...records: LogRecord[]): void {
    this.kept.push(...records)
    this.#listener(records, this.position)
  }

  subscribe(listener: (records: readonly LogRecord[], position: string) => void) {
    this.#listener = listener
    return () => {}
  }

  async query(query: LogQuery) {
    this.queries.push(query)
    const { fromUs = 0, toUs = Number.POSITIVE_INFINITY, limit = 200, node } = query
    const all = this.kept
      .filter(({ time }) => time.us >= fromUs && time.us <= toUs)
      .filter((each) => node === undefined || each.node === node)
      .sort((a, b) => a.time.us - b.time.us)
    return { records: all.slice(-limit), isTruncated: all.length > limit, position: this.position }
  }

  async after(position: string | null, limit = 1000) {
    const place = Number(/^log\.(\d+)$/.exec(position ?? '')?.[1] ?? -1)
    const isReset = place < this.oldestKept || place > this.kept.length
    const from = isReset ? this.oldestKept : place
    const records = this.kept.slice(from, from + limit)
    const next = from + records.length
    return { records, position: `log.${next}`, isMore: next < this.kept.length, isReset }
  }
}

async function begun(log: FakeLog, countMax = 100): Promise<LiveHistory> {
  const history = new LiveHistory({ directory: '/nowhere', log, countMax })
  await history.begin()
  return history
}

const everything = { fromUs: 0, toUs: 1e12, limit: 5000 }
const sequencesOf = (records: readonly { id: string }[]) => records.map(({ id }) => Number(id.split(':')[2]))
const from = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, index) => logged(first + index))

test('what was there before the node began is there, and nobody is told of it', async () => {
  const log = new FakeLog()
  log.arrive(...from(1, 3))
  const told: string[] = []
  const history = new LiveHistory({ directory: '/nowhere', log, countMax: 100 })
  history.subscribe({ onRecords: (records) => void told.push(...records.map(({ id }) => id)), onReset: () => {} })
  await history.begin()
  log.arrive(logged(4))
  const { records } = await history.records(everything)
  expect(sequencesOf(records)).toEqual([1, 2, 3, 4])
  expect(records[0]!.machine).toBe('component')
  expect(told).toEqual(['n1:1:4'])
})

test('places are those of the log: resumed over pages, and not what the log has let go', async () => {
  const log = new FakeLog()
  const history = await begun(log)
  log.arrive(logged(1))
  const { position } = history
  expect(position).toBe('log.1')
  for (const each of from(2, 2500)) log.arrive(each)
  expect(sequencesOf((await history.after(position))!)).toEqual(sequencesOf(from(2, 2500)))
  expect(await history.after('another-store.7')).toBeNull()
  log.oldestKept = 10
  expect(await history.after(position)).toBeNull()
  log.arrive(...from(2501, 8000))
  expect(await history.after('log.20')).toBeNull()
})

test('what is before the memory is asked of the log, what is within is not', async () => {
  const log = new FakeLog()
  const history = await begun(log, 100)
  for (const each of from(1, 300)) log.arrive(each)
  log.queries.length = 0
  expect(sequencesOf((await history.records({ fromUs: 250_000, toUs: 260_000, limit: 50 })).records)).toHaveLength(11)
  expect((await history.states(290_000)).actors).toHaveLength(1)
  expect(log.queries).toEqual([])
  const { records, oldestUs } = await history.records({ fromUs: 10_000, toUs: 20_000, limit: 50 })
  expect(sequencesOf(records)).toEqual(sequencesOf(from(10, 20)))
  expect(oldestUs).toBe(1000)
  expect((await history.states(15_500)).actors).toMatchObject([{ recordId: 'n1:1:15' }])
  const { buckets } = await history.activity({ fromUs: 0, toUs: 300_000, bucketCount: 3 })
  // A record on the edge is in the later part.
  expect(buckets.map(({ stepCount }) => stepCount)).toEqual([99, 101, 100])
  expect(log.queries.length).toBeGreaterThan(0)
})

test('records that arrive late stand where they belong', async () => {
  const log = new FakeLog()
  const history = await begun(log)
  log.arrive(logged(5), logged(9))
  log.arrive(logged(7, { node: 'n3' }), logged(1))
  expect(sequencesOf((await history.records(everything)).records)).toEqual([1, 5, 7, 9])
})

test('incidents and explanations are found in what came, and again when more has come', async () => {
  const log = new FakeLog()
  const history = await begun(log)
  log.arrive(logged(1), logged(2, { cause: 'n1:1:1' }))
  expect((await history.explain('n1:1:2'))!.records.map(({ id }) => id)).toEqual(['n1:1:1', 'n1:1:2'])
  log.arrive(logged(3, { cause: 'n1:1:2' }))
  expect((await history.explain('n1:1:3'))!.records).toHaveLength(3)
  expect(await history.explain('n1:1:99')).toBeNull()
  expect(await history.incidents({ fromUs: 0, toUs: 1e12 })).toBeArray()
  expect(await history.snapshot('n1:1:3')).toBeNull()
})
