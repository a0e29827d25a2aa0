import { nodeOf } from '../../../machines/model/ids.ts'
import type { ClusterView } from '../../../machines/model/view.ts'

/** What keeps a node from doing its part, as itself sees it; empty: it is a member with the quorum, and its components are as told. */
export function unreadyReasons(view: ClusterView): string[] {
  const own = view.nodes.find(({ name }) => name === view.node)
  const reasons: string[] = []
  if (!own) return ['this node is not one of the cluster']
  if (own.availability === 'leaving') reasons.push('this node leaves')
  if (own.vote === 'none') reasons.push('this node is no member of the cluster yet')
  if (!view.quorum.isQuorate) reasons.push('this node is not in touch with a majority that has a master')
  for (const { component, role, phase, intendedRole } of view.components) {
    if (nodeOf(component) !== view.node) continue
    if (role === intendedRole && (phase === 'ready' || phase === 'stopped')) continue
    reasons.push(`${component} is ${role} (${phase}) and is to be ${intendedRole}`)
  }
  return reasons
}
