/**
 * The cluster log of one node: what its tap takes goes to the spool; what other nodes have is asked for; what they ask is answered; the
 * master archives. Nothing here is waited for by the node, and nothing that fails here ends it: the black box has all of it.
 */
import { logger } from '../log/log.ts'
import type { ClusterLogMessage } from '../wire/messages/clusterLog.ts'
import { Archiving } from './archiving.ts'
import { Following } from './following.ts'
import type { ClusterLog, LogProblem, LogStats, OriginState } from './index.ts'
import { Intake } from './intake.ts'
import { LogReader } from './logReader.ts'
import { mendMs, type NodeLogOptions } from './options.ts'
import { beginning, isAfter } from './record.ts'
import type { NodePosition } from './spoolCalls.ts'
import type { SpoolClient } from './spoolClient.ts'
import { Standing } from './standing.ts'
import { followingTimes, Streams } from './streams.ts'

export type { NodeLogOptions } from './options.ts'

const log = logger('log')

/** While somebody follows, here or elsewhere, and while nobody does: an idle node sleeps. */
const tickMs = { followed: 250, unfollowed: 1000 }
const trimMs = 10_000

export class NodeLog implements ClusterLog {
  readonly #options: NodeLogOptions
  readonly #standing: Standing
  readonly #reader: LogReader
  readonly #intake: Intake
  readonly #streams: Streams
  readonly #archiving: Archiving
  /** What the nodes that archive said of it. */
  readonly #archiveFailures = new Map<string, string>()
  /** Why there is no spool; null: there is, or it is just being opened. */
  #openFailure: string | null = null
  #trimAtMs = 0

  constructor(options: NodeLogOptions) {
    const standing = new Standing(new Following(options.self, followingTimes))
    const spool = () => standing.spool
    this.#options = options
    this.#standing = standing
    this.#reader = new LogReader(spool)
    standing.onArrived = () => this.#reader.arrived()
    this.#intake = new Intake(options, standing, () => this.#streams.serve())
    this.#streams = new Streams(options, standing, {
      ownCompleteUs: () => this.#intake.completeUs(),
      isFollowed: () => this.#reader.isFollowed,
    })
    this.#archiving = new Archiving({
      clock: options.clock,
      sink: options.archive,
      spool,
      onArchived: (positions) => standing.archivedUpTo(positions),
      onFailure: () => options.onProblems?.(),
    })
  }

  /** Called once, when the node begins. */
  start(): void {
    void this.#open()
    this.#goOn()
  }

  receive(from: string, message: ClusterLogMessage): void {
    if (message.type === 'log.want') {
      const { origin, after, isFollowed } = message
      this.#streams.asked({ from, origin, after, isFollowed })
    } else if (message.type === 'log.records') {
      void this.#streams.take(from, message)
    } else {
      this.#standing.following.announce(from, message.positions, this.#options.clock.nowMs())
      this.#hearArchived(this.#standing.archivedUpTo(message.archived))
      this.#hearFailure(from, message.archiveFailure)
    }
  }

  query: ClusterLog['query'] = (query) => this.#reader.query(query)
  after: ClusterLog['after'] = (position, limit) => this.#reader.after(position, limit)
  subscribe: ClusterLog['subscribe'] = (listener, options) => {
    const wasFollowed = this.#reader.isFollowed
    const unsubscribe = this.#reader.subscribe(listener, options)
    if (this.#reader.isFollowed && !wasFollowed) this.#streams.hurry()
    return unsubscribe
  }

  get oldestUs(): number | null {
    return this.#standing.spool?.summary?.oldestUs ?? null
  }

  get newestUs(): number | null {
    return this.#standing.spool?.summary?.newestUs ?? null
  }

  get completeUs(): number | null {
    const others = this.#options.peers().map((node) => this.#standing.completeUsOf(node))
    const times = [this.#intake.completeUs(), ...others].filter((time) => time !== null)
    return times.length <= others.length ? null : Math.min(...times)
  }

  positions(): OriginState[] {
    const { self, peers } = this.#options
    const { following } = this.#standing
    const holders = [self, ...peers()]
    return [...new Set([self, ...following.origins()])].sort().map((node) => ({
      node,
      position: following.positionOf(node),
      completeUs: node === self ? this.#intake.completeUs() : this.#standing.completeUsOf(node),
      archived: this.#standing.archivedOf(node),
      copies: holders.flatMap((holder) => {
        const position = holder === self ? following.positionOf(node) : following.announced(holder).get(node)
        return position && isAfter(position, beginning) ? [{ node: holder, position }] : []
      }),
    }))
  }

  stats(): LogStats {
    const { tap, self } = this.#options
    const summary = this.#standing.spool?.summary
    const keepers = this.#streams.keepers()
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

  problems(): LogProblem[] {
    const { self, peers } = this.#options
    const up = peers()
    const spoolFailure = this.#openFailure ?? this.#intake.failure
    const { lostCount } = this.stats()
    const own = this.#archiving.failure
    // Of one that is gone: another archives now, and it will not say that it no longer fails.
    const told = [...this.#archiveFailures].filter(([node]) => up.includes(node))
    const failures = [...told, ...(own === null ? [] : [[self, own] as const])]
    return [
      ...(spoolFailure === null ? [] : [{ code: 'log.unwritten' as const, node: self, detail: spoolFailure }]),
      ...failures.map(([node, detail]) => ({ code: 'log.unarchived' as const, node, detail })),
      ...(lostCount === 0
        ? []
        : [{ code: 'log.lost' as const, node: self, detail: `${lostCount} records went unarchived` }]),
    ]
  }

  async #open(): Promise<void> {
    const { self: node, incarnation, directories, startSpool, clock } = this.#options
    let spool: SpoolClient | null = null
    try {
      spool = startSpool()
      spool.onAppended((appended) => this.#standing.appended(appended))
      const opened = await spool.ask('open', { directory: directories.spool, node, incarnation })
      if (opened.setAside) log.error('the spool was set aside as {path}: {detail}; another begins', opened.setAside)
      this.#standing.opened(spool, opened)
      this.#reader.begin(opened.name, spool.summary?.arrival ?? 0)
      this.#tellOpen(null)
      void this.#intake.flush()
    } catch (error) {
      this.#tellOpen((error as Error).message)
      await spool?.close()
      clock.setTimer(mendMs, () => void this.#open())
    }
  }

  #tellOpen(failure: string | null): void {
    if (failure !== null) this.#reader.fail()
    if (failure === this.#openFailure) return
    if (failure !== null) log.error('the spool cannot be opened: {failure}; tried again', { failure })
    this.#openFailure = failure
    this.#options.onProblems?.()
  }

  #goOn(): void {
    const isFollowed = this.#reader.isFollowed || this.#streams.isFollowedElsewhere
    this.#options.clock.setTimer(isFollowed ? tickMs.followed : tickMs.unfollowed, () => {
      this.#goOn()
      this.#tick()
    })
  }

  #tick(): void {
    if (this.#standing.spool?.isStopped) {
      this.#standing.spool = null
      void this.#open()
    }
    if (!this.#standing.spool) return
    const { clock, candidates, self } = this.#options
    void this.#intake.flush()
    this.#streams.serve()
    this.#streams.ask()
    this.#streams.announce(this.#archiving.failure)
    if (clock.nowMs() >= this.#trimAtMs) {
      this.#trimAtMs = clock.nowMs() + trimMs
      void this.#trim()
    }
    if (candidates().some(({ name, isMaster }) => isMaster && name === self)) void this.#archiving.go()
    else this.#archiving.rest()
  }

  #hearArchived(positions: readonly NodePosition[]): void {
    if (positions.length === 0) return
    this.#standing.spool?.ask('archived', positions).catch((error: Error) => {
      log.warn('what is archived could not be noted: {detail}', { detail: error.message })
    })
  }

  #hearFailure(from: string, failure: string | null): void {
    if ((this.#archiveFailures.get(from) ?? null) === failure) return
    if (failure === null) this.#archiveFailures.delete(from)
    else this.#archiveFailures.set(from, failure)
    this.#options.onProblems?.()
  }

  async #trim(): Promise<void> {
    const { limits, clock } = this.#options
    const lostCount = this.#standing.spool?.summary?.lostCount
    try {
      while (await this.#standing.spool?.ask('trim', { limits, nowUs: clock.wallUs() }));
    } catch (error) {
      log.warn('the spool was not trimmed: {detail}', { detail: (error as Error).message })
    }
    if (lostCount !== this.#standing.spool?.summary?.lostCount) this.#options.onProblems?.()
  }
}
