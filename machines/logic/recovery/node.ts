/**
 * Recovery beyond one component (SPEC R7): a node whose components are barred again and again is switched over, and one that keeps
 * coming back is held down.
 */
import type { NodeRecoveryPolicy } from '../../model/configuration.ts'
import type { NodeName } from '../../model/ids.ts'
import { recent, type Times } from './window.ts'

type Limits = Readonly<Record<NodeName, Times>>

/** Nodes on which more components were barred within the window than the policy lets pass, the times being as of the last one. */
export function exhausted(failures: Limits, { failureLimit, failureWindowMs }: NodeRecoveryPolicy): NodeName[] {
  return beyond(failures, failureLimit, failureWindowMs)
}

/** Nodes that came back more often within the window than the policy lets pass. */
export function flapping(returns: Limits, { flapLimit, flapWindowMs }: NodeRecoveryPolicy): NodeName[] {
  return beyond(returns, flapLimit, flapWindowMs)
}

function beyond(times: Limits, limit: number, windowMs: number): NodeName[] {
  return Object.keys(times)
    .filter((node) => recent(times[node], { atMs: times[node]!.at(-1) ?? 0, windowMs }).length > limit)
    .sort()
}
