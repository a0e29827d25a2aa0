/** Sets a node going that is put together: what comes round, and the first word to its machines. */
import type { Clock } from '../engine/clock.ts'
import { progressIntervalMs } from '../guard/protocol.ts'
import { remindOfFence } from './fencing.ts'
import { reconcileMembers } from './joining.ts'
import { actorOf, type Parts } from './parts.ts'
import { isAnyLeaving } from './reconfigurePeers.ts'
import { answerSurvey } from './survey.ts'

/** So often in its length are programs told until when the node may keep its primaries, but not more often than every 40 ms. */
const leaseReportCount = 10
const leaseReportMinMs = 40

/** So often the leader looks whether somebody is to be admitted, qualified or dropped. */
const reconcileMs = 200

/** So often one of two that has nobody to follow is told again that the other is off. */
const remindMs = 1000

export function begin(parts: Parts): void {
  const { clock, engine, replica, guard } = parts
  const timing = () => parts.configuration.timing
  every(
    clock,
    () => timing().heartbeatIntervalMs,
    () => {
      replica.tick()
      // What came by a snapshot is told nowhere else.
      answerSurvey(parts)
    },
  )
  every(
    clock,
    () => Math.max(leaseReportMinMs, timing().nodeLeaseMs / leaseReportCount),
    () => reportLease(parts),
  )
  let progressCount = 0
  const progress = (): void => guard.progress(++progressCount)
  every(clock, () => progressIntervalMs(timing()), progress)
  progress()
  every(
    clock,
    () => reconcileMs,
    () => {
      parts.reconfiguration?.timings.tick()
      reconcileMembers(parts)
      if (isAnyLeaving(parts)) parts.reconfiguration?.settle()
    },
  )
  every(
    clock,
    () => remindMs,
    () => remindOfFence(parts),
  )
  parts.joining.start()
  parts.clusterLog?.start()
  engine.send(actorOf.membership, { type: 'membership.start', epoch: replica.epoch })
  guard.ready()
}

/** The interval may change while the node runs. */
function every(clock: Clock, intervalMs: () => number, callback: () => void): void {
  clock.setTimer(untilNextMs(clock, intervalMs()), () => {
    every(clock, intervalMs, callback)
    callback()
  })
}

/** On the multiples of the interval: what comes round in different intervals then wakes an idle node together, not one by one. */
function untilNextMs(clock: Clock, intervalMs: number): number {
  const restMs = intervalMs - (clock.nowMs() % intervalMs)
  // A timer that fired a little early has not had its turn twice.
  return restMs < intervalMs / 2 ? restMs + intervalMs : restMs
}

function reportLease(parts: Parts): void {
  const { clock, sight, agent } = parts
  // Programs have a clock of their own, but share the machine's: a message read late is seen to be late.
  agent.sdk.lease(sight.nodeLeaseUntilMs() - clock.nowMs())
}
