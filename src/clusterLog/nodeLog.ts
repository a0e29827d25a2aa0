/**
 * The cluster log of one node: what its tap takes goes to the spool; what other nodes have is asked for; what they ask is answered; the
 * master archives. Nothing here is waited for by the node, and nothing that fails here ends it: the black box has all of it.
 */
import type { Clock } from '../engine/clock.ts'
import { logger } from '../log/log.ts'
import { type ClusterLogMessage, logBatchBytesMax, logBatchCountMax } from '../wire/messages/clusterLog.ts'
import type { ArchiveSink } from './archiveSink.ts'
import { Archiving } from './archiving.ts'
import { encodeLogRecord } from './codec.ts'
import { Following } from './following.ts'
import type { ClusterLog, LogStats, OriginState } from './index.ts'
import { type Candidate, keepersOf } from './keepers.ts'
import { LogReader } from './logReader.ts'
import { beginning, isAfter, type StreamPosition } from './record.ts'
import { type Question, Serving } from './serving.ts'
import type { Appended, SpoolLimits } from './spool.ts'
import type { NodePosition } from './spoolCalls.ts'
import type { SpoolClient } from './spoolClient.ts'
import type { Tap } from './tap.ts'

export interface NodeLogOptions {
  readonly self: string
  readonly incarnation: number
  readonly clock: Clock
  readonly tap: Tap
  /** Of the spool, and of the black box that it is filled from. */
  readonly directories: { readonly spool: string; readonly blackBox: string }
  readonly limits: SpoolLimits
  readonly copies: number | null
  /** null: nothing is archived. */
  readonly archive: ArchiveSink | null
  readonly startSpool: () => SpoolClient
  /** Of all nodes, this one included. */
  readonly candidates: () => readonly Candidate[]
  /** Nodes that are up and know these messages, without this one. */
  readonly peers: () => readonly string[]
  readonly send: (to: string, message: ClusterLogMessage) => void
  /** No record of this node is ever earlier again. Microseconds. */
  readonly sealTime: () => number
}

const log = logger('log')

/** What is recorded waits so long for more, so that a fail-over is not held up by being written down. */
const gatherMs = 50
const tickMs = 250
/** So often is one told that there is nothing: so long, about, one who follows waits for what others may have recorded before. */
const markMs = 500
/** In large clusters less often, so that it stays cheap for those who keep all of it. */
const markMsPerNode = 50
const retryMs = 5000
const paceMs = 20
const announceMs = 2000
const trimMs = 10_000
/** After a failure of the spool. */
const mendMs = 5000
const drainCount = 500

export class NodeLog implements ClusterLog {
  readonly #options: NodeLogOptions
  readonly #following: Following
  readonly #serving = new Serving()
  readonly #archiving: Archiving
  readonly #reader: LogReader
  /** Per node: up to when all of it is here. */
  readonly #completeUs = new Map<string, number>()
  #archived = new Map<string, StreamPosition>()
  #spool: SpoolClient | null = null
  #isFlushing = false
  #isGathering = false
  #notBeforeMs = 0
  #announceAtMs = 0
  #trimAtMs = 0

  constructor(options: NodeLogOptions) {
    this.#options = options
    this.#following = new Following(options.self, { retryMs, paceMs })
    this.#reader = new LogReader(() => this.#spool)
    this.#archiving = new Archiving({
      clock: options.clock,
      sink: options.archive,
      spool: () => this.#spool,
      onArchived: (positions) => this.#setArchived(positions),
    })
    options.tap.onWaiting(() => this.#gather())
  }

  /** Called once, when the node begins. */
  start(): void {
    void this.#open()
    this.#every(tickMs)
  }

  receive(from: string, message: ClusterLogMessage): void {
    const nowMs = this.#options.clock.nowMs()
    if (message.type === 'log.want') {
      this.#serving.asked({ from, origin: message.origin, after: message.after }, nowMs)
      this.#serve()
    } else if (message.type === 'log.records') {
      void this.#take(from, message)
    } else {
      this.#following.announce(from, message.positions)
      this.#hearArchived(message.archived)
    }
  }

  query: ClusterLog['query'] = (query) => this.#reader.query(query)
  after: ClusterLog['after'] = (position, limit) => this.#reader.after(position, limit)
  subscribe: ClusterLog['subscribe'] = (listener) => this.#reader.subscribe(listener)

  get oldestUs(): number | null {
    return this.#spool?.summary?.oldestUs ?? null
  }

  get newestUs(): number | null {
    return this.#spool?.summary?.newestUs ?? null
  }

  get completeUs(): number | null {
    const others = this.#options.peers().map((node) => this.#completeUs.get(node) ?? null)
    const times = [this.#ownCompleteUs(), ...others].filter((time) => time !== null)
    return times.length <= others.length ? null : Math.min(...times)
  }

  positions(): OriginState[] {
    const { self, peers } = this.#options
    const holders = [self, ...peers()]
    return [...new Set([self, ...this.#following.origins()])].sort().map((node) => ({
      node,
      position: this.#following.positionOf(node),
      completeUs: node === self ? this.#ownCompleteUs() : (this.#completeUs.get(node) ?? null),
      archived: this.#archived.get(node) ?? null,
      copies: holders.flatMap((holder) => {
        const position =
          holder === self ? this.#following.positionOf(node) : this.#following.announced(holder).get(node)
        return position && isAfter(position, beginning) ? [{ node: holder, position }] : []
      }),
    }))
  }

  stats(): LogStats {
    const { tap, self } = this.#options
    const summary = this.#spool?.summary
    const keepers = this.#keepers()
    return {
      recordCount: summary?.recordCount ?? 0,
      sizeBytes: summary?.sizeBytes ?? 0,
      takenCount: tap.takenCount,
      overflowCount: tap.overflowCount,
      queuedCount: tap.queuedCount,
      lostCount: summary?.lostCount ?? 0,
      archivedCount: this.#archiving.archivedCount,
      archiveFailure: this.#archiving.failure,
      isKeeper: keepers.includes(self),
      keepers,
    }
  }

  async #open(): Promise<void> {
    const { self: node, incarnation, directories, startSpool } = this.#options
    const spool = startSpool()
    spool.onAppended((appended) => this.#appended(appended))
    try {
      const ask = { directory: directories.spool, node, incarnation }
      const { name, setAside, origins, archived } = await spool.ask('open', ask)
      if (setAside) log.error('the spool was set aside as {path}: {detail}; another begins', { ...setAside })
      for (const { node, position, completeUs } of origins) {
        this.#following.stored(node, position)
        this.#completeUs.set(node, completeUs)
      }
      this.#hearArchived(archived)
      this.#reader.begin(name)
      this.#spool = spool
      void this.#flush()
    } catch (error) {
      log.error('the spool cannot be opened: {detail}; tried again', { detail: (error as Error).message })
      await spool.close()
      this.#options.clock.setTimer(mendMs, () => void this.#open())
    }
  }

  #keepers(): string[] {
    return keepersOf(this.#options.candidates(), this.#options.copies)
  }

  #every(intervalMs: number): void {
    this.#options.clock.setTimer(intervalMs, () => {
      this.#every(intervalMs)
      this.#tick()
    })
  }

  #tick(): void {
    if (!this.#spool) return
    const nowMs = this.#options.clock.nowMs()
    if (!this.#options.tap.isEmpty) void this.#flush()
    this.#serve()
    this.#ask()
    this.#announce(nowMs)
    if (nowMs >= this.#trimAtMs) {
      this.#trimAtMs = nowMs + trimMs
      void this.#trim()
    }
    const isMaster = this.#options.candidates().some(({ name, isMaster }) => isMaster && name === this.#options.self)
    if (isMaster) void this.#archiving.go()
  }

  #gather(): void {
    if (this.#isGathering) return
    this.#isGathering = true
    this.#options.clock.setTimer(gatherMs, () => {
      this.#isGathering = false
      void this.#flush()
    })
  }

  /** From the tap to the spool, until nothing waits. */
  async #flush(): Promise<void> {
    const { tap, self, clock } = this.#options
    if (this.#isFlushing || !this.#spool || clock.nowMs() < this.#notBeforeMs) return
    this.#isFlushing = true
    while (!tap.isEmpty && (await this.#flushSome(this.#spool))) this.#serve()
    this.#isFlushing = false
    this.#completeUs.set(self, this.#ownCompleteUs() ?? 0)
  }

  async #flushSome(spool: SpoolClient): Promise<boolean> {
    const { tap, self, incarnation, directories, clock } = this.#options
    const { hole, records } = tap.drain(drainCount)
    const upTo = { incarnation, sequence: records.at(-1)?.sequence ?? hole ?? 0 }
    try {
      if (hole !== null) {
        const request = { directory: directories.blackBox, node: self, upTo: { incarnation, sequence: hole } }
        this.#following.stored(self, await spool.ask('backfill', request))
      }
      if (records.length > 0) {
        const after = this.#following.positionOf(self)
        const bytes = records.map(encodeLogRecord)
        const appended = await spool.ask('append', { node: self, after, records: bytes, upTo, completeUs: 0 })
        if (!appended.ok) throw new Error(`the spool is at ${appended.position.sequence}, not ${after.sequence}`)
        this.#appended(appended)
      }
      return true
    } catch (error) {
      tap.lose(upTo.sequence)
      this.#notBeforeMs = clock.nowMs() + mendMs
      log.error('the spool takes nothing: {detail}; tried again', { detail: (error as Error).message })
      return false
    }
  }

  #appended(appended: Appended): void {
    if (!appended.ok) return
    const { node, position, completeUs } = appended.origin
    this.#following.stored(node, position)
    this.#completeUs.set(node, Math.max(completeUs, this.#completeUs.get(node) ?? 0))
    this.#reader.arrived()
  }

  /** null: something of it waits to be put into the spool. */
  #ownCompleteUs(): number | null {
    const isAllStored = this.#options.tap.isEmpty && !this.#isFlushing
    return isAllStored ? this.#options.sealTime() : (this.#completeUs.get(this.#options.self) ?? null)
  }

  #ask(): void {
    const { self, clock, candidates, peers, send } = this.#options
    if (!this.#keepers().includes(self)) return
    const nodes = candidates().map(({ name }) => name)
    for (const { to, origin, after } of this.#following.due(clock.nowMs(), { nodes, up: peers() })) {
      send(to, { type: 'log.want', origin, after })
    }
  }

  #serve(): void {
    const spool = this.#spool
    if (!spool) return
    const { clock, peers } = this.#options
    const at = { nowMs: clock.nowMs(), markMs: Math.max(markMs, markMsPerNode * peers().length) }
    for (const question of this.#serving.due(at, (origin) => this.#following.positionOf(origin))) {
      void this.#answer(spool, question)
    }
  }

  async #answer(spool: SpoolClient, { from, origin, after }: Question): Promise<void> {
    const { peers, send, self } = this.#options
    if (!peers().includes(from)) return this.#serving.gone(from)
    const limit = { bytes: logBatchBytesMax, count: logBatchCountMax }
    try {
      const isMore = isAfter(this.#following.positionOf(origin), after)
      const none = { after, upTo: after, records: [], completeUs: 0, gapTo: null }
      const found = isMore ? await spool.ask('following', { node: origin, after, ...limit }) : none
      const isAll = !isAfter(this.#following.positionOf(origin), found.upTo)
      const knownUs = origin === self ? this.#ownCompleteUs() : this.#completeUs.get(origin)
      const completeUs = isAll ? (knownUs ?? 0) : found.completeUs
      const { upTo, records, gapTo = null } = found
      send(from, {
        type: 'log.records',
        origin,
        after,
        upTo,
        completeUs,
        gapTo,
        records: [...records] as Uint8Array<ArrayBuffer>[],
      })
    } catch (error) {
      log.warn('{from} is not answered: {detail}', { from, detail: (error as Error).message })
    }
  }

  async #take(from: string, message: Extract<ClusterLogMessage, { type: 'log.records' }>): Promise<void> {
    const { origin, records, upTo, completeUs } = message
    const spool = this.#spool
    if (!spool || origin === this.#options.self || !this.#following.take(from, message)) return
    if (!isAfter(upTo, this.#following.positionOf(origin))) {
      this.#completeUs.set(origin, Math.max(completeUs, this.#completeUs.get(origin) ?? 0))
      return this.#ask()
    }
    this.#following.storing(origin)
    let position: StreamPosition | null = null
    try {
      // Views of a message: cloning one for the thread would clone the whole of it.
      const appended = await spool.ask('append', {
        ...message,
        node: origin,
        records: records.map((each) => each.slice()),
      })
      position = appended.ok ? appended.origin.position : appended.position
      this.#appended(appended)
      if (!appended.ok && appended.isMalformed)
        log.error('{from} sent what are no records of {origin}', { from, origin })
      if (!appended.ok && appended.isMalformed) position = null
    } catch (error) {
      log.error('the spool takes nothing of {origin}: {detail}', { origin, detail: (error as Error).message })
    }
    const isFull = completeUs === 0
    const { clock } = this.#options
    this.#following.landed(origin, position, { nowMs: clock.nowMs(), isFull })
    if (isFull) clock.setTimer(paceMs, () => this.#ask())
    else this.#ask()
    this.#serve()
  }

  #announce(nowMs: number): void {
    if (nowMs < this.#announceAtMs) return
    this.#announceAtMs = nowMs + announceMs
    const { self, peers, send } = this.#options
    const own = [...new Set([self, ...this.#following.origins()])]
    const positions = own.map((node) => ({ node, position: this.#following.positionOf(node) }))
    const archived = [...this.#archived].map(([node, position]) => ({ node, position }))
    for (const node of peers()) send(node, { type: 'log.positions', positions, archived })
  }

  #hearArchived(positions: readonly NodePosition[]): void {
    const isNews = ({ node, position }: NodePosition) => isAfter(position, this.#archived.get(node) ?? beginning)
    const later = positions.filter(isNews)
    if (later.length === 0) return
    for (const { node, position } of later) this.#archived.set(node, position)
    this.#setArchived(later)
  }

  #setArchived(positions: readonly NodePosition[]): void {
    for (const { node, position } of positions) this.#archived.set(node, position)
    this.#spool?.ask('archived', positions).catch((error: Error) => {
      log.warn('what is archived could not be noted: {detail}', { detail: error.message })
    })
  }

  async #trim(): Promise<void> {
    const { limits, clock } = this.#options
    try {
      for (;;) {
        const goneCount = await this.#spool?.ask('trim', { limits, nowUs: clock.wallUs() })
        if (!goneCount) return
      }
    } catch (error) {
      log.warn('the spool was not trimmed: {detail}', { detail: (error as Error).message })
    }
  }
}
