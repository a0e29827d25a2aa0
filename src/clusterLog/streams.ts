/** What this node asks of others, and answers them: the streams between the nodes. What is asked for when is in `following.ts`. */
import { logger } from '../log/log.ts'
import {
  type ClusterLogMessage,
  logBatchBytesMax,
  logBatchCountMax,
  logOriginCountMax,
} from '../wire/messages/clusterLog.ts'
import { keepersOf } from './keepers.ts'
import type { NodeLogOptions } from './options.ts'
import { isAfter, type StreamPosition } from './record.ts'
import { type Question, Serving } from './serving.ts'
import type { SpoolClient } from './spoolClient.ts'
import type { Standing } from './standing.ts'

const log = logger('log')

/** So often is one told that there is nothing: so long, about, one who follows waits for what others may have recorded before. */
const markMs = 500
/** Where nobody does. */
const markUnfollowedMs = 5000
/** In large clusters less often, so that it stays cheap for those who keep all of it. */
const markMsPerNode = 50
/** `retryMs`: longer than a node that has nothing takes to say so. */
export const followingTimes = { retryMs: 15_000, doubtMs: 1000, paceMs: 20 }
const announceMs = 2000
/** Where nothing is new. */
const repeatMs = 10_000

type Records = Extract<ClusterLogMessage, { type: 'log.records' }>
type Positions = Extract<ClusterLogMessage, { type: 'log.positions' }>

export class Streams {
  readonly #options: NodeLogOptions
  readonly #standing: Standing
  readonly #ownCompleteUs: () => number | null
  readonly #isFollowed: () => boolean
  readonly #serving = new Serving()
  #announceAtMs = 0
  /** What was said last, and when. */
  #said = { text: '', atMs: 0 }

  /** `ownCompleteUs`: as `Intake#completeUs`. `isFollowed`: somebody here waits for what happens. */
  constructor(
    options: NodeLogOptions,
    standing: Standing,
    of: { ownCompleteUs: () => number | null; isFollowed: () => boolean },
  ) {
    this.#options = options
    this.#standing = standing
    this.#ownCompleteUs = of.ownCompleteUs
    this.#isFollowed = of.isFollowed
  }

  /** Somebody begins to wait for what happens: the others are to know. */
  hurry(): void {
    this.#standing.following.askAgain()
    this.ask()
  }

  get isFollowedElsewhere(): boolean {
    return this.#serving.isFollowed
  }

  keepers(): string[] {
    return keepersOf(this.#options.candidates(), this.#options.copies)
  }

  asked(question: Question): void {
    this.#serving.asked(question, this.#options.clock.nowMs())
    this.serve()
  }

  /** Answers what can be answered. */
  serve(): void {
    const { clock, peers } = this.#options
    const { spool } = this.#standing
    if (!spool) return
    const followed = Math.max(markMs, markMsPerNode * peers().length)
    const up = peers()
    const isUp = (node: string) => up.includes(node)
    const at = { nowMs: clock.nowMs(), isUp, markMs: { followed, unfollowed: markUnfollowedMs } }
    for (const question of this.#serving.due(at, (origin) => this.#standing.positionOf(origin))) {
      void this.#answer(spool, question)
    }
  }

  /** Asks for what is due, if this node keeps the whole log. */
  ask(): void {
    const { self, clock, candidates, peers, lifeOf, send } = this.#options
    if (!this.#standing.spool || !this.keepers().includes(self)) return
    const nodes = candidates().map(({ name }) => name)
    for (const { to, origin, after } of this.#standing.following.due(clock.nowMs(), { nodes, up: peers(), lifeOf })) {
      send(to, { type: 'log.want', origin, after, isFollowed: this.#isFollowed() })
    }
  }

  /** Tells the others what this node has, now and then; seldom where they know. */
  announce(archiveFailure: string | null): void {
    const { self, clock, peers, send } = this.#options
    const nowMs = clock.nowMs()
    if (nowMs < this.#announceAtMs) return
    this.#announceAtMs = nowMs + announceMs
    const own = [...new Set([self, ...this.#standing.following.origins()])].slice(0, logOriginCountMax)
    const positions = own.map((node) => ({ node, position: this.#standing.positionOf(node) }))
    const message: Positions = {
      type: 'log.positions',
      positions,
      archived: this.#standing.archived.slice(0, logOriginCountMax),
      archiveFailure,
    }
    const up = peers()
    const text = JSON.stringify([message, up])
    if (text === this.#said.text && nowMs < this.#said.atMs + repeatMs) return
    this.#said = { text, atMs: nowMs }
    for (const node of up) send(node, message)
  }

  async take(from: string, message: Records): Promise<void> {
    const { origin, upTo, completeUs } = message
    const { spool, following } = this.#standing
    if (!spool || origin === this.#options.self || !following.take(from, message)) return
    if (!isAfter(upTo, following.positionOf(origin))) {
      this.#standing.completeUpTo(origin, completeUs)
      return this.ask()
    }
    following.storing(origin)
    const position = await this.#store(spool, from, message)
    const { clock } = this.#options
    const isFull = completeUs === 0
    following.landed(origin, position, { nowMs: clock.nowMs(), isFull })
    if (isFull) clock.setTimer(followingTimes.paceMs, () => this.ask())
    else this.ask()
    this.serve()
  }

  /** Where the stream is then; null: it could not be stored. */
  async #store(spool: SpoolClient, from: string, message: Records): Promise<StreamPosition | null> {
    const { origin: node, records } = message
    try {
      // Views of a message: cloning one for the thread would clone the whole of it.
      const batch = { ...message, node, records: records.map((bytes) => bytes.slice()) }
      const appended = await spool.ask('append', batch)
      this.#standing.appended(appended)
      if (appended.ok) return appended.origin.position
      if (!appended.isMalformed) return appended.position
      log.error('{from} sent what are no records of {node}', { from, node })
    } catch (error) {
      log.error('the spool takes nothing of {node}: {detail}', { node, detail: (error as Error).message })
    }
    return null
  }

  async #answer(spool: SpoolClient, { from, origin, after }: Question): Promise<void> {
    const { send } = this.#options
    try {
      const isMore = isAfter(this.#standing.positionOf(origin), after)
      const limit = { bytes: logBatchBytesMax, count: logBatchCountMax }
      const none = { upTo: after, records: [], completeUs: 0, gapTo: null }
      const found = isMore ? await spool.ask('following', { node: origin, after, ...limit }) : none
      const { upTo, gapTo = null } = found
      const isAll = !isAfter(this.#standing.positionOf(origin), upTo)
      const completeUs = isAll ? (this.#completeUsOf(origin) ?? 0) : found.completeUs
      const records = [...found.records] as Uint8Array<ArrayBuffer>[]
      send(from, { type: 'log.records', origin, after, upTo, completeUs, gapTo, records })
    } catch (error) {
      log.warn('{from} is not answered: {detail}', { from, detail: (error as Error).message })
    }
  }

  #completeUsOf(origin: string): number | null {
    return origin === this.#options.self ? this.#ownCompleteUs() : this.#standing.completeUsOf(origin)
  }
}
