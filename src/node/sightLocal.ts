/** Sight of a process that runs its heartbeats itself. */
import type { Clock } from '../engine/clock.ts'
import type { Heartbeats } from '../guard/heartbeats.ts'
import type { Sight } from './sight.ts'

export function localSight(
  heartbeats: Heartbeats,
  {
    clock,
    stalledAfterMs,
    linkHeardMs,
  }: {
    clock: Pick<Clock, 'nowMs'>
    stalledAfterMs: number
    linkHeardMs: Sight['linkHeardMs']
  },
): Sight {
  return {
    setMastership: (mastership) => heartbeats.setMastership(mastership),
    dropLease: () => heartbeats.dropLease(),
    isLeaseDropped: () => heartbeats.isLeaseDropped(),
    askPromise(question, answer) {
      const untilMs = heartbeats.askPromise(question)
      answer({ nowMs: clock.nowMs(), promiseUntilMs: untilMs ?? Number.NEGATIVE_INFINITY })
    },
    isLeaderLeaseValid: () => heartbeats.isLeaderLeaseValid(),
    isNodeLeaseValid: () => heartbeats.isNodeLeaseValid(),
    leaderLeaseUntilMs: () => heartbeats.leaderLeaseUntilMs(),
    nodeLeaseUntilMs: () => heartbeats.nodeLeaseUntilMs(),
    isPromised: () => clock.nowMs() < heartbeats.promiseUntilMs(),
    aliveNodes: () => heartbeats.aliveNodes(),
    stalledNodes: () => heartbeats.stalledNodes(stalledAfterMs),
    linkHeardMs,
    accept: (node, returned) => heartbeats.accept(node, returned),
  }
}
