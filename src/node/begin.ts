/** Sets a node going that is put together: what comes round, and the first word to its machines. */
import type { Clock } from '../engine/clock.ts'
import { votersOf } from './actors.ts'
import { actorOf, type Parts } from './parts.ts'

/** So often are guard and programs told until when the node may keep its primaries. */
const leaseReportMs = 40

/** So often the leader looks whether somebody is to be admitted, qualified or dropped. */
const reconcileMs = 200

export function begin(parts: Parts): void {
  const { clock, configuration, heartbeats, engine, replica, guard } = parts
  every(clock, configuration.timing.heartbeatIntervalMs, () => replica.tick())
  every(clock, leaseReportMs, () => reportLease(parts))
  every(clock, reconcileMs, () => reconcile(parts))
  heartbeats.start()
  parts.joining.start()
  engine.send(actorOf.membership, { type: 'membership.start', epoch: replica.epoch })
  guard.ready()
}

/** The log's members become those of the configuration, one safe step at a time: all nodes, the voters in order of rank. */
function reconcile({ configuration, heartbeats, replica, self, disks }: Parts): void {
  const voters = votersOf(configuration.nodes)
  const names = [...voters, ...Object.keys(configuration.nodes).filter((name) => !voters.includes(name))]
  const wanted = names.map((name) => ({
    name,
    kind: voters.includes(name) ? ('voter' as const) : ('learner' as const),
  }))
  const alive = heartbeats.aliveNodes()
  const heard = Object.fromEntries([...disks, [self, replica.disk] as const].filter(([name]) => alive.includes(name)))
  replica.reconcileMembers(wanted, heard)
}

function every(clock: Clock, intervalMs: number, callback: () => void): void {
  clock.setTimer(intervalMs, () => {
    every(clock, intervalMs, callback)
    callback()
  })
}

function reportLease(parts: Parts): void {
  const untilMs = leaseEndMs(parts)
  parts.guard.setLease({ untilMs })
  // Programs have a clock of their own, but share the machine's: a message read late is seen to be late.
  const isForEver = untilMs === Number.MAX_SAFE_INTEGER
  const { clock } = parts
  parts.agent.sdk.lease(isForEver ? null : Math.floor(clock.wallUs() / 1000 + untilMs - clock.nowMs()))
}

/** A cluster of one holds its lease for ever, which the frame's number cannot say. */
function leaseEndMs(parts: Parts): number {
  return Math.min(Math.max(0, parts.heartbeats.nodeLeaseUntilMs()), Number.MAX_SAFE_INTEGER)
}
