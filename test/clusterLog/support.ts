/** Cluster logs of several nodes in one process: real spools and black boxes, time that is told, a network that loses and delays. */
import { join } from 'node:path'
import type { ArchiveSink } from '../../src/clusterLog/archiveSink.ts'
import type { LogRecord } from '../../src/clusterLog/index.ts'
import { NodeLog } from '../../src/clusterLog/nodeLog.ts'
import { beginning } from '../../src/clusterLog/record.ts'
import { type Appended, Spool, type SpoolLimits, type SpoolSummary } from '../../src/clusterLog/spool.ts'
import { answerWith, type SpoolAsk, type SpoolCall, type SpoolCalls } from '../../src/clusterLog/spoolCalls.ts'
import { type SpoolClient, SpoolError } from '../../src/clusterLog/spoolClient.ts'
import { Tap } from '../../src/clusterLog/tap.ts'
import type { Clock } from '../../src/engine/clock.ts'
import { type HybridTime, nextHybridTime } from '../../src/engine/hybridClock.ts'
import type { Cause, StepRecord } from '../../src/engine/record.ts'
import type { Message } from '../../src/engine/step.ts'
import { type BlackBox, openRecorder } from '../../src/recorder/recorder.ts'
import type { ClusterLogMessage } from '../../src/wire/messages/clusterLog.ts'

export function logRecord(of: Partial<LogRecord> & { node: string; sequence: number }): LogRecord {
  const { incarnation = 1, node, sequence } = of
  return {
    id: `${node}:${incarnation}:${sequence}`,
    incarnation,
    time: { us: 1000 * sequence, count: 0 },
    actor: 'lamp',
    machine: 'lamp',
    kind: 'step',
    event: { type: 'lamp.pressed' },
    cause: null,
    fromState: 'dark',
    state: 'lit',
    effects: [],
    ...of,
  }
}

export const roomy: SpoolLimits = { sizeBytesMax: 1e9, ageMaxUs: 1e15, isArchived: false }

/** The spool without its thread. */
export class LocalSpool implements SpoolClient {
  #spool: Spool | null = null
  #onAppended = (_: Appended) => {}
  readonly #fails: () => boolean

  constructor(fails: () => boolean = () => false) {
    this.#fails = fails
  }

  isStopped = false

  /** As when its thread ends. */
  stop(): void {
    this.isStopped = true
    void this.close()
  }

  get summary(): SpoolSummary | null {
    return this.#spool?.isOpen ? this.#spool.summary() : null
  }

  onAppended(callback: (appended: Appended) => void): void {
    this.#onAppended = callback
  }

  async ask<C extends SpoolCall>(call: C, ask: SpoolCalls[C]['ask']): Promise<SpoolCalls[C]['answer']> {
    if (call === 'open' && this.#fails()) throw new SpoolError('EACCES', 'no entry')
    if (call === 'open') this.#spool = new Spool((ask as SpoolCalls['open']['ask']).directory)
    const spool = this.#spool
    if (!spool?.isOpen || (call !== 'open' && this.#fails())) throw new SpoolError('SQLITE_FULL', 'no room')
    return answerWith(spool, { id: 0, call, ask } as SpoolAsk, this.#onAppended) as SpoolCalls[C]['answer']
  }

  async close(): Promise<void> {
    this.#spool?.close()
    this.#spool = null
  }

  get database() {
    return this.#spool?.database ?? null
  }
}

export interface LogNodeOptions {
  readonly name: string
  readonly directory: string
  readonly clock: Clock
  readonly wallOffsetUs?: number
  readonly segmentCountMax?: number
  readonly queueLengthMax?: number
  readonly limits?: SpoolLimits
  readonly copies?: number
  readonly archive?: ArchiveSink
  readonly nodes: () => readonly { readonly name: string; readonly isUp: boolean; readonly isMaster: boolean }[]
  readonly lifeOf?: (node: string) => number
  readonly send: (from: string, to: string, message: ClusterLogMessage) => void
  readonly spoolFails?: () => boolean
}

/** One life of a node, as far as the log is concerned. */
export class LogNode {
  readonly name: string
  readonly incarnation: number
  readonly log: NodeLog
  readonly tap: Tap
  readonly recorded: StepRecord[] = []
  time: HybridTime
  isDead = false
  readonly #options: LogNodeOptions
  readonly #box: BlackBox
  #spool: LocalSpool
  #append: (record: StepRecord) => void
  #sequence = 0

  /** `time`: its clock is not set back from one life to the next. */
  constructor(options: LogNodeOptions, incarnation: number, time: HybridTime = { us: 0, count: 0 }) {
    this.time = time
    this.#options = options
    this.name = options.name
    this.incarnation = incarnation
    const { name, directory, clock, nodes, limits = roomy } = options
    this.#spool = new LocalSpool(options.spoolFails)
    this.#box = openRecorder({
      directory: join(directory, name, 'box'),
      cluster: 'test',
      node: name,
      incarnation,
      segmentSizeBytes: 16_384,
      segmentCountMax: options.segmentCountMax ?? 64,
      snapshots: () => [],
      wallUs: () => this.#wallUs(),
    })
    const { queueLengthMax = 1000 } = options
    this.tap = new Tap({ node: name, incarnation, queueLengthMax })
    const recorder = this.tap.over(this.#box)
    this.#append = (record) => recorder.append(record)
    const others = () => nodes().filter((each) => each.name !== name && each.isUp)
    this.log = new NodeLog({
      self: name,
      incarnation,
      clock: { ...bound(clock), setTimer: (ms, callback) => clock.setTimer(ms, () => this.isDead || callback()) },
      tap: this.tap,
      directories: { spool: join(directory, name, 'log'), blackBox: join(directory, name, 'box') },
      limits,
      copies: options.copies ?? null,
      archive: options.archive ?? null,
      startSpool: () => {
        if (this.#spool.isStopped) this.#spool = new LocalSpool(options.spoolFails)
        return this.#spool
      },
      candidates: () => nodes().map((each, rank) => ({ ...each, rank, isEligible: true })),
      peers: () => others().map((each) => each.name),
      lifeOf: (node) => options.lifeOf?.(node) ?? 1,
      send: (to, message) => this.isDead || options.send(name, to, structuredClone(message)),
      sealTime: () => {
        this.time = nextHybridTime(this.time, this.#wallUs())
        return this.time.us - 1
      },
    })
    this.log.start()
  }

  /** One step, with a change of state unless it is quiet. Returns what another can name as its cause. */
  record(
    of: { cause?: StepRecord | null; by?: Cause | null; isQuiet?: boolean; event?: Message } = {},
  ): Cause & { time: HybridTime } {
    this.time = nextHybridTime(this.time, this.#wallUs())
    this.#sequence += 1
    const record: StepRecord = {
      kind: 'step',
      sequence: this.#sequence,
      time: this.time,
      actor: 'lamp',
      state: of.isQuiet ? (this.recorded.at(-1)?.state ?? 'dark') : `lit${this.#sequence}`,
      hash: 0,
      event: of.event ?? { type: 'lamp.pressed', count: this.#sequence },
      cause: of.by ?? null,
      effects: [],
      timers: [],
    }
    this.recorded.push(record)
    this.#append(record)
    return { node: this.name, incarnation: this.incarnation, sequence: this.#sequence, time: this.time }
  }

  hear(time: HybridTime): void {
    this.time = nextHybridTime(this.time, this.#wallUs(), time)
  }

  /** As `kill -9` does: what waited is gone, what is on disk is there. */
  kill(): void {
    this.isDead = true
    void this.#spool.close()
    this.#box.close()
  }

  async records(): Promise<LogRecord[]> {
    return [...(await this.log.query({ limit: 5000 })).records]
  }

  stopSpool(): void {
    this.#spool.stop()
  }

  idsInSpool(): Set<string> {
    const rows = this.#spool.database?.query('SELECT node, life, sequence FROM record').all() ?? []
    return new Set(
      (rows as { node: string; life: number; sequence: number }[]).map(
        (row) => `${row.node}:${row.life}:${row.sequence}`,
      ),
    )
  }

  #wallUs(): number {
    return this.#options.clock.wallUs() + (this.#options.wallOffsetUs ?? 0)
  }
}

function bound(clock: Clock): Clock {
  return {
    nowMs: () => clock.nowMs(),
    wallUs: () => clock.wallUs(),
    setTimer: (ms, callback) => clock.setTimer(ms, callback),
  }
}

/** Lets what is asked of the spools be answered. */
export async function drainPromises(turns = 40): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await Promise.resolve()
}

export { beginning }
