/**
 * Tells the node process what leases there are and who is alive: when it has changed enough to matter, and otherwise often
 * enough to show that this guard turns. What is told late is too short, so it may be spared: a leader's lease is short and
 * told at every tick, a node's is long and told several times in its length.
 */
import type { NodeName } from '../../machines/model/ids.ts'
import type { Clock } from '../engine/clock.ts'
import type { Heartbeats, HeartbeatTiming } from './heartbeats.ts'
import { type FrameOf, type GuardFrame, reportIntervalMaxMs } from './protocol.ts'

export type LeaseReport = FrameOf<GuardFrame, 'lease.report'>

/** A node lease that grew by less than this part of its length is not worth a report of its own. */
const nodeLeasePart = 1 / 8

export interface LeaseReporterOptions {
  readonly clock: Clock
  readonly heartbeats: Heartbeats
  readonly epoch: () => number
  readonly timing: () => HeartbeatTiming & { readonly hungAfterMs: number; readonly nodeLeaseMs: number }
  readonly linkHeardMs: () => Readonly<Record<NodeName, (number | null)[]>>
  /** Times by this process's clock. */
  readonly send: (report: LeaseReport) => void
}

export class LeaseReporter {
  readonly #options: LeaseReporterOptions
  #last: LeaseReport | null = null
  #sentAtMs = Number.NEGATIVE_INFINITY
  #linksSentAtMs = Number.NEGATIVE_INFINITY

  constructor(options: LeaseReporterOptions) {
    this.#options = options
  }

  /** To be called after each judgement and before each event: what follows from an event is decided by what is reported here. */
  consider(): void {
    const report = this.#look()
    if (this.#isWorthTelling(report, this.#options.clock.nowMs())) this.#tell(report)
  }

  /** However little has changed. */
  report(): void {
    this.#tell(this.#look())
  }

  #tell(report: LeaseReport): void {
    const { clock, linkHeardMs, send, timing } = this.#options
    const nowMs = clock.nowMs()
    const hasLinks = nowMs - this.#linksSentAtMs >= reportIntervalMaxMs(timing()) / 2
    if (hasLinks) this.#linksSentAtMs = nowMs
    this.#last = report
    this.#sentAtMs = nowMs
    send(hasLinks ? { ...report, linkHeardMs: linkHeardMs() } : report)
  }

  #look(): LeaseReport {
    const { clock, heartbeats, epoch, timing } = this.#options
    return {
      epoch: epoch(),
      leaderUntilMs: heartbeats.leaderLeaseUntilMs() || null,
      nodeUntilMs: heartbeats.nodeLeaseUntilMs() || null,
      selfStopMs: heartbeats.selfStopMs(),
      isPromised: clock.nowMs() < heartbeats.promiseUntilMs(),
      alive: heartbeats.aliveNodes(),
      stalled: heartbeats.stalledNodes(timing().hungAfterMs / 2),
      linkHeardMs: null,
    }
  }

  #isWorthTelling(report: LeaseReport, nowMs: number): boolean {
    const last = this.#last
    const timing = this.#options.timing()
    const { heartbeatIntervalMs, nodeLeaseMs } = timing
    // Ticks have some play: the one that just fits counts.
    if (last === null || nowMs - this.#sentAtMs >= reportIntervalMaxMs(timing) - 1.5 * heartbeatIntervalMs) return true
    if (isValid(report.leaderUntilMs, nowMs) !== isValid(last.leaderUntilMs, nowMs)) return true
    if (isValid(report.nodeUntilMs, nowMs) !== isValid(last.nodeUntilMs, nowMs)) return true
    if (report.epoch !== last.epoch || report.isPromised !== last.isPromised) return true
    if (!isSame(report.alive, last.alive) || !isSame(report.stalled, last.stalled)) return true
    if (differenceMs(report.nodeUntilMs, last.nodeUntilMs) >= nodeLeaseMs * nodeLeasePart) return true
    const isLeaderLeaseNews = differenceMs(report.leaderUntilMs, last.leaderUntilMs) > heartbeatIntervalMs / 4
    return isLeaderLeaseNews && nowMs - this.#sentAtMs >= heartbeatIntervalMs / 2
  }
}

/** With its times by another clock. */
export function reportBy(convert: (atMs: number) => number, report: LeaseReport): LeaseReport {
  const { epoch, leaderUntilMs, nodeUntilMs, selfStopMs, isPromised, alive, stalled, linkHeardMs } = report
  const converted = (atMs: number | null): number | null => (atMs === null ? null : convert(atMs))
  return {
    epoch,
    leaderUntilMs: converted(leaderUntilMs),
    nodeUntilMs: converted(nodeUntilMs),
    selfStopMs,
    isPromised,
    alive,
    stalled,
    linkHeardMs:
      linkHeardMs &&
      Object.fromEntries(Object.entries(linkHeardMs).map(([node, links]) => [node, links.map(converted)])),
  }
}

function isValid(untilMs: number | null, nowMs: number): boolean {
  return untilMs !== null && nowMs < untilMs
}

function isSame(a: readonly NodeName[], b: readonly NodeName[]): boolean {
  return a.length === b.length && a.every((name, index) => name === b[index])
}

function differenceMs(a: number | null, b: number | null): number {
  return Math.abs((a ?? 0) - (b ?? 0))
}
