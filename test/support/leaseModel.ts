/**
 * The smallest cluster that can have two masters: voters with clocks that drift by ±1 %, a network that loses, delays and
 * reorders, candidates at any time, processes that freeze or start again. Only `machines/logic/lease.ts` keeps it safe, and
 * after everything that happens the invariants I1 and I2 given there are checked in true time.
 */
import {
  clockDrift,
  echoed,
  followedSinceMs,
  isolatingSinceMs,
  isolationWaitMs,
  type LeaderLease,
  type LeaseTiming,
  leaderLeaseUntilMs,
  leading,
  nodeLeaseUntilMs,
  promiseAtStart,
  promised,
  type VotePromise,
  type VoterEcho,
} from '../../machines/logic/lease.ts'
import { type DriftingClock, DriftingWorld } from './driftingWorld.ts'

export interface LeaseModelOptions {
  readonly seed: number
  readonly voterCount: number
  readonly lossRate: number
  readonly delayMaxMs: number
  /** Mean time between two attempts of a node to become master. */
  readonly campaignEveryMs: number
  readonly durationMs: number
}

/** Short, and without a margin, so that the bounds are met exactly. */
export const tightTiming: LeaseTiming = { leaderLeaseMs: 130, nodeLeaseMs: 200, selfStopMs: 50, takeOverMarginMs: 0 }

type Letter =
  | {
      type: 'heartbeat'
      epoch: number
      leader: string | null
      life: number
      sentAtMs: number
      echo: Echo | null
      granting: boolean
    }
  | { type: 'vote.request' | 'vote.grant'; epoch: number }

type Echo = VoterEcho & { life: number }

interface Voter {
  readonly name: string
  readonly clock: DriftingClock
  life: number
  isFrozen: boolean
  queue: (() => void)[]
  /** Durable. */
  epoch: number
  leader: string | null
  votes: Set<string>
  promise: VotePromise
  lease: LeaderLease | null
  acquiredAtMs: number | null
  nodeBasisMs: number
  readonly echoes: Map<string, Echo>
  readonly heardAtMs: Map<string, number>
}

export class LeaseModel {
  readonly world: DriftingWorld
  /** That something happened at all is for the test to see. */
  readonly counts = { mastership: 0, leaderLease: 0, nodeLease: 0, isolation: 0 }
  readonly #options: LeaseModelOptions
  readonly #voters: Voter[]
  readonly #cuts = new Set<string>()

  constructor(options: LeaseModelOptions) {
    this.#options = options
    this.world = new DriftingWorld(options.seed)
    this.#voters = Array.from({ length: options.voterCount }, (_, index) => this.#voter(`n${index + 1}`))
  }

  /** Throws at the first true instant at which an invariant does not hold. */
  run(): void {
    this.world.afterEach = () => this.#check()
    this.#sometimes(400, () => this.#cut())
    for (const voter of this.#voters) {
      this.#every(
        voter,
        () => 20,
        () => this.#beat(voter),
      )
      this.#every(
        voter,
        () => this.world.between(0, 2 * this.#options.campaignEveryMs),
        () => this.#campaign(voter),
      )
      this.#sometimes(1000, () => this.#freeze(voter))
      this.#sometimes(1000, () => this.#startAgain(voter))
    }
    this.world.run(this.#options.durationMs)
  }

  #voter(name: string): Voter {
    const drift = [1 - clockDrift, 1, 1 + clockDrift][Math.floor(this.world.random() * 3)]!
    const clock = this.world.clock({ rate: drift, offsetMs: this.world.between(0, 10_000) })
    const promise = promiseAtStart(clock.nowMs(), tightTiming)
    const empty = { votes: new Set<string>(), echoes: new Map(), heardAtMs: new Map(), queue: [] }
    const volatile = { leader: null, lease: null, acquiredAtMs: null, nodeBasisMs: Number.NEGATIVE_INFINITY }
    return { name, clock, life: 1, isFrozen: false, epoch: 0, promise, ...volatile, ...empty }
  }

  #every(voter: Voter, intervalMs: () => number, act: () => void): void {
    const again = () => {
      this.#awake(voter, act)
      this.world.after(intervalMs(), again)
    }
    this.world.after(this.world.between(0, 20), again)
  }

  #sometimes(meanMs: number, act: () => void): void {
    this.world.after(this.world.between(0, 2 * meanMs), () => {
      act()
      this.#sometimes(meanMs, act)
    })
  }

  /** A frozen process does everything later. */
  #awake(voter: Voter, act: () => void): void {
    if (voter.isFrozen) voter.queue.push(act)
    else act()
  }

  #freeze(voter: Voter): void {
    voter.isFrozen = true
    this.world.after(this.world.between(1, 600), () => {
      voter.isFrozen = false
      for (const act of voter.queue.splice(0)) act()
    })
  }

  /** For a while one direction between two nodes is dead, or the cluster is split in two. */
  #cut(): void {
    const isSplit = this.world.random() < 0.5
    const side = new Map(this.#voters.map(({ name }) => [name, this.world.random() < 0.5]))
    const victim = Math.floor(this.world.random() * this.#voters.length ** 2)
    const routes = this.#voters.flatMap((from) => this.#voters.map((to) => [from.name, to.name] as const))
    const cut = routes.filter(([from, to], index) => (isSplit ? side.get(from) !== side.get(to) : index === victim))
    for (const [from, to] of cut) this.#cuts.add(`${from} ${to}`)
    this.world.after(this.world.between(50, 1000), () => {
      for (const [from, to] of cut) this.#cuts.delete(`${from} ${to}`)
    })
  }

  #startAgain(voter: Voter): void {
    voter.life += 1
    voter.promise = promiseAtStart(voter.clock.nowMs(), tightTiming)
    voter.echoes.clear()
    voter.heardAtMs.clear()
    voter.votes.clear()
    voter.queue.length = 0
    Object.assign(voter, { leader: null, lease: null, acquiredAtMs: null, nodeBasisMs: Number.NEGATIVE_INFINITY })
  }

  #send(from: Voter, to: Voter, letter: Letter): void {
    if (this.#cuts.has(`${from.name} ${to.name}`) || this.world.random() < this.#options.lossRate) return
    const { delayMaxMs } = this.#options
    // Mostly prompt, at times very late.
    const delayMs = this.world.random() < 0.8 ? this.world.between(0, 0.1) : this.world.between(0, delayMaxMs)
    this.world.after(delayMs, () => this.#awake(to, () => this.#receive(to, from, letter)))
  }

  #others(voter: Voter): Voter[] {
    return this.#voters.filter((other) => other !== voter)
  }

  #who(voter: Voter) {
    return { self: voter.name, voters: this.#voters.map(({ name }) => name), nowMs: voter.clock.nowMs() }
  }

  #leaseUntilMs(voter: Voter): number {
    return voter.lease
      ? leaderLeaseUntilMs(followedSinceMs(voter.lease, this.#who(voter)), tightTiming)
      : Number.NEGATIVE_INFINITY
  }

  #isLeaseValid(voter: Voter): boolean {
    return voter.clock.nowMs() < this.#leaseUntilMs(voter)
  }

  #beat(voter: Voter): void {
    const granting = this.#isLeaseValid(voter)
    for (const to of this.#others(voter)) {
      const { epoch, leader, life } = voter
      const echo = voter.echoes.get(to.name) ?? null
      this.#send(voter, to, { type: 'heartbeat', epoch, leader, life, sentAtMs: voter.clock.nowMs(), echo, granting })
    }
  }

  #enter(voter: Voter, epoch: number): void {
    voter.votes.clear()
    Object.assign(voter, { epoch, leader: null, lease: null, acquiredAtMs: null })
  }

  #mayVote(voter: Voter): boolean {
    return voter.clock.nowMs() >= voter.promise.untilMs && !this.#isLeaseValid(voter)
  }

  /** The worst moment: as soon as nothing forbids it any more. */
  #campaignWhenFree(voter: Voter): void {
    const { untilMs } = voter.promise
    if (voter.lease || this.world.random() > 0.1) return
    this.world.after(Math.max(0, voter.clock.trueMs(untilMs) - this.world.nowMs), () => {
      if (voter.promise.untilMs === untilMs) this.#awake(voter, () => this.#campaign(voter))
    })
  }

  #campaign(voter: Voter): void {
    if (!this.#mayVote(voter)) return
    this.#enter(voter, voter.epoch + 1)
    voter.votes.add(voter.name)
    for (const to of this.#others(voter)) this.#send(voter, to, { type: 'vote.request', epoch: voter.epoch })
  }

  #receive(voter: Voter, from: Voter, letter: Letter): void {
    if (letter.type === 'heartbeat') this.#hear(voter, from, letter)
    else if (letter.type === 'vote.request') this.#vote(voter, from, letter.epoch)
    else if (letter.epoch === voter.epoch && voter.votes.has(voter.name)) this.#count(voter, from)
  }

  #vote(voter: Voter, candidate: Voter, epoch: number): void {
    if (epoch <= voter.epoch || !this.#mayVote(voter)) return
    this.#enter(voter, epoch)
    this.#send(voter, candidate, { type: 'vote.grant', epoch })
  }

  #count(voter: Voter, from: Voter): void {
    voter.votes.add(from.name)
    if (voter.votes.size <= this.#voters.length / 2 || voter.leader !== null) return
    this.counts.mastership += 1
    // Votes may come so late that the next epoch has its leader already; then this one never gets a lease.
    const holder = this.#voters.find((other) => other.epoch < voter.epoch && this.#isLeaseValid(other))
    if (holder) throw new Error(`I1: ${voter.name} is elected while ${holder.name} holds the leader lease`)
    Object.assign(voter, { leader: voter.name, lease: leading(voter.epoch), acquiredAtMs: voter.clock.nowMs() })
  }

  #hear(voter: Voter, from: Voter, letter: Extract<Letter, { type: 'heartbeat' }>): void {
    const nowMs = voter.clock.nowMs()
    voter.heardAtMs.set(from.name, nowMs)
    if (letter.leader === from.name && letter.epoch > voter.epoch) this.#enter(voter, letter.epoch)
    const isLeaders = letter.leader === from.name && letter.epoch === voter.epoch
    if (isLeaders) {
      voter.leader = from.name
      voter.promise = promised(voter.promise, { leader: from.name, receivedAtMs: nowMs }, tightTiming)
    }
    this.#campaignWhenFree(voter)
    const { epoch } = voter
    const kept = voter.echoes.get(from.name)
    if (!kept || kept.sentAtMs <= letter.sentAtMs) {
      const leader = isLeaders ? from.name : null
      voter.echoes.set(from.name, { sentAtMs: letter.sentAtMs, epoch, leader, life: letter.life })
    }
    const { echo, granting } = letter
    if (!echo || echo.life !== voter.life) return
    if (voter.lease) voter.lease = echoed(voter.lease, { ...this.#who(voter), voter: from.name, echo })
    if (voter.lease) this.#grant(voter, followedSinceMs(voter.lease, this.#who(voter)))
    if (granting) this.#grant(voter, echo.sentAtMs)
  }

  #grant(voter: Voter, basisMs: number): void {
    voter.nodeBasisMs = Math.max(voter.nodeBasisMs, basisMs)
  }

  #check(): void {
    const nowMs = this.world.nowMs
    const leaders = this.#voters.filter((voter) => this.#isLeaseValid(voter))
    if (leaders.length > 1) throw new Error(`I1: ${leaders.map(({ name }) => name)} hold the leader lease at ${nowMs}`)
    this.counts.leaderLease += leaders.length
    for (const master of leaders) this.#checkIsolation(master, master.acquiredAtMs!)
  }

  /** A node waited for by a master must have stopped, whoever granted it what. */
  #checkIsolation(master: Voter, acquiredAtMs: number): void {
    for (const node of this.#others(master)) {
      const heardAtMs = master.heardAtMs.get(node.name) ?? acquiredAtMs
      const isolatedAtMs = isolatingSinceMs({ heardAtMs, acquiredAtMs }) + isolationWaitMs(tightTiming)
      const stoppedAtMs = this.#stoppedAtMs(node)
      if (stoppedAtMs > this.world.nowMs) this.counts.nodeLease += 1
      if (master.clock.nowMs() < isolatedAtMs) continue
      this.counts.isolation += 1
      const earlyMs = stoppedAtMs - master.clock.trueMs(isolatedAtMs)
      if (earlyMs > 1e-6) throw new Error(`I2: ${node.name} acts ${earlyMs} ms beyond its isolation for ${master.name}`)
    }
  }

  /** When the node's primaries stop if its lease is not renewed: a deadline on its own clock, met even by a frozen process. */
  #stoppedAtMs({ nodeBasisMs, clock }: Voter): number {
    return clock.trueMs(nodeLeaseUntilMs(nodeBasisMs, tightTiming) + tightTiming.selfStopMs)
  }
}
