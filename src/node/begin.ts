/** Sets a node going that is put together: what comes round, and the first word to its machines. */
import type { Clock } from '../engine/clock.ts'
import { progressIntervalMs } from '../guard/protocol.ts'
import { reconcileMembers, tellGuard } from './joining.ts'
import { actorOf, type Parts } from './parts.ts'

/** So often are programs told until when the node may keep its primaries. */
const leaseReportMs = 40

/** So often the leader looks whether somebody is to be admitted, qualified or dropped. */
const reconcileMs = 200

export function begin(parts: Parts): void {
  const { clock, engine, replica, guard } = parts
  everyHeartbeat(parts, () => replica.tick())
  every(clock, leaseReportMs, () => reportLease(parts))
  let progressCount = 0
  const progress = (): void => guard.progress(++progressCount)
  every(clock, progressIntervalMs, progress)
  progress()
  every(clock, reconcileMs, () => reconcileMembers(parts))
  tellGuard(parts)
  parts.joining.start()
  engine.send(actorOf.membership, { type: 'membership.start', epoch: replica.epoch })
  guard.ready()
}

/** The interval may change while the node runs. */
function everyHeartbeat(parts: Parts, callback: () => void): void {
  parts.clock.setTimer(parts.configuration.timing.heartbeatIntervalMs, () => {
    everyHeartbeat(parts, callback)
    callback()
  })
}

function every(clock: Clock, intervalMs: number, callback: () => void): void {
  clock.setTimer(intervalMs, () => {
    every(clock, intervalMs, callback)
    callback()
  })
}

function reportLease(parts: Parts): void {
  const { clock, sight, agent } = parts
  // Programs have a clock of their own, but share the machine's: a message read late is seen to be late.
  agent.sdk.lease(sight.nodeLeaseUntilMs() - clock.nowMs())
}
