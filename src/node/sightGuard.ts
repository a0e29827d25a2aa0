/**
 * Sight through the guard: orders become frames, and its reports are kept. Invariants: a lease is never longer here than in the
 * guard; a leader lease counts only while this node leads in the epoch that it was reported for and has not dropped it; no lease
 * counts any more when the guard's process is gone, since others take that for this node's end (`endedGraceMs`).
 */
import type { NodeName } from '../../machines/model/ids.ts'
import type { Clock } from '../engine/clock.ts'
import type { GuardClient, GuardHandlers, LeaseReport } from '../guard/client.ts'
import type { Mastership } from '../guard/heartbeats.ts'
import type { Sight, SightBond, SightEvent } from './sight.ts'

export interface GuardSightOptions {
  readonly self: NodeName
  readonly clock: Pick<Clock, 'nowMs' | 'setTimer'>
  /** Calls back after what has come in already. */
  readonly defer: (callback: () => void) => void
  readonly guard: () => GuardClient
  readonly onEvent: (event: SightEvent) => void
  readonly onLeaseDropped: () => void
}

/** Questions without an answer; at one more the oldest is given up: whoever asked asks again. */
const questionCountMax = 256

type Handlers = Pick<GuardHandlers, 'onHeartbeatEvent' | 'onLeaseReport' | 'onLeaseDropped' | 'onPromiseAnswer'>

export class GuardSight implements Sight, Handlers {
  readonly #options: GuardSightOptions
  readonly #questions = new Map<number, (bond: SightBond) => void>()
  #lastId = 0
  #mastership: Mastership = { epoch: 0, leader: null, vice: null, commitIndex: 0 }
  #report: LeaseReport | null = null
  #linkHeardMs: NonNullable<LeaseReport['linkHeardMs']> = {}
  /** The epoch whose lease this node gave up last, and the last that the guard confirmed. */
  #givenUpEpoch = -1
  #droppedEpoch = -1
  #told = { leader: false, node: false }
  #cancel: () => void = () => {}

  constructor(options: GuardSightOptions) {
    this.#options = options
  }

  setMastership(mastership: Mastership): void {
    this.#mastership = mastership
    this.#options.guard().setMastership(mastership)
    this.#judge()
  }

  dropLease(): void {
    const { epoch } = this.#mastership
    this.#givenUpEpoch = epoch
    this.#options.guard().dropLease(epoch)
    this.#judge()
  }

  isLeaseDropped(): boolean {
    return this.#droppedEpoch === this.#mastership.epoch
  }

  askPromise(question: Parameters<Sight['askPromise']>[0], answer: (bond: SightBond) => void): void {
    this.#lastId += 1
    this.#questions.set(this.#lastId, answer)
    if (this.#questions.size > questionCountMax) this.#questions.delete(this.#questions.keys().next().value!)
    this.#options.guard().askPromise({ id: this.#lastId, epoch: question.epoch, exempt: question.exempt })
  }

  isLeaderLeaseValid(): boolean {
    return this.#options.clock.nowMs() < this.leaderLeaseUntilMs() && this.#options.guard().isGuardAlive()
  }

  isNodeLeaseValid(): boolean {
    return this.#options.clock.nowMs() < this.nodeLeaseUntilMs() && this.#options.guard().isGuardAlive()
  }

  leaderLeaseUntilMs(): number {
    const { epoch, leader } = this.#mastership
    if (leader !== this.#options.self || this.#report?.epoch !== epoch || this.#givenUpEpoch === epoch) return 0
    return this.#report.leaderUntilMs ?? 0
  }

  nodeLeaseUntilMs(): number {
    return this.#report?.nodeUntilMs ?? 0
  }

  isPromised(): boolean {
    return this.#report?.isPromised ?? false
  }

  aliveNodes(): readonly NodeName[] {
    return this.#report?.alive ?? [this.#options.self]
  }

  stalledNodes(): readonly NodeName[] {
    return this.#report?.stalled ?? []
  }

  linkHeardMs(node: NodeName, link: number): number | null {
    return this.#linkHeardMs[node]?.[link] ?? null
  }

  accept(node: NodeName, { incarnation, returnCount }: { incarnation: number; returnCount: number }): void {
    this.#options.guard().accept({ node, incarnation, returnCount })
  }

  onHeartbeatEvent(event: Parameters<GuardHandlers['onHeartbeatEvent']>[0]): void {
    this.#options.onEvent(event)
  }

  onLeaseReport(report: LeaseReport): void {
    this.#report = report
    if (report.linkHeardMs) this.#linkHeardMs = report.linkHeardMs
    this.#judge()
  }

  onLeaseDropped(epoch: number): void {
    this.#droppedEpoch = Math.max(this.#droppedEpoch, epoch)
    this.#options.onLeaseDropped()
  }

  onPromiseAnswer({ id, untilMs }: Parameters<GuardHandlers['onPromiseAnswer']>[0]): void {
    const answer = this.#questions.get(id)
    this.#questions.delete(id)
    answer?.({ nowMs: this.#options.clock.nowMs(), promiseUntilMs: untilMs ?? Number.NEGATIVE_INFINITY })
  }

  /** Raises what was gained or lost, and looks again when the next lease ends: a guard that hangs says nothing of that. */
  #judge(): void {
    const { onEvent } = this.#options
    const before = this.#told
    const now = { leader: this.isLeaderLeaseValid(), node: this.isNodeLeaseValid() }
    this.#told = now
    this.#arm()
    if (now.node !== before.node) onEvent({ type: now.node ? 'nodeLease.gained' : 'nodeLease.lost' })
    if (now.leader !== before.leader) onEvent({ type: now.leader ? 'leaderLease.gained' : 'leaderLease.lost' })
  }

  #arm(): void {
    const { clock, defer } = this.#options
    this.#cancel()
    const nowMs = clock.nowMs()
    const endsMs = [this.leaderLeaseUntilMs(), this.nodeLeaseUntilMs()].filter((untilMs) => nowMs < untilMs)
    if (endsMs.length === 0) return
    this.#cancel = clock.setTimer(Math.min(...endsMs) - nowMs, () => {
      // Reports may have come while this process was late: they are read first, which takes two turns of the event loop.
      defer(() => defer(() => this.#judge()))
    })
  }
}
