/**
 * Recovery beyond one component (SPEC R7): a node whose components are barred again and again is switched over, and one that keeps
 * coming back is held down.
 */
import type { NodeRecoveryPolicy } from '../../model/configuration.ts'
import type { ComponentId, NodeName } from '../../model/ids.ts'
import { recent, type Times } from './window.ts'

type ByNode<T> = Readonly<Record<NodeName, T>>

/** Nodes on which more components were barred or failed over within the window than the policy lets pass, as of the last of them. */
export function exhausted(
  failures: ByNode<Readonly<Record<ComponentId, number>>>,
  { failureLimit, failureWindowMs: windowMs }: NodeRecoveryPolicy,
): NodeName[] {
  const timesOf = (node: NodeName) => Object.values(failures[node]!).sort((a, b) => a - b)
  return Object.keys(failures)
    .filter((node) => isBeyond(timesOf(node), failureLimit, windowMs))
    .sort()
}

/** Nodes that came back more often within the window than the policy lets pass, as of the last time. */
export function flapping(
  returns: ByNode<Times>,
  { flapLimit, flapWindowMs: windowMs }: NodeRecoveryPolicy,
): NodeName[] {
  return Object.keys(returns)
    .filter((node) => isBeyond(returns[node]!, flapLimit, windowMs))
    .sort()
}

function isBeyond(times: Times, limit: number, windowMs: number): boolean {
  return recent(times, { atMs: times.at(-1) ?? 0, windowMs }).length > limit
}
