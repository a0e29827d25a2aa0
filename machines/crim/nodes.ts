/**
 * Recovery beyond one component (SPEC R7): nodes that are switched over because what is on them fails, held down because they come and
 * go, and felled (fenced, or restarted by their guard) because something there cannot be stopped.
 */
import { plan } from '../logic/placement/index.ts'
import { exhausted, flapping } from '../logic/recovery/node.ts'
import { counted } from '../logic/recovery/window.ts'
import type { NodeRecoveryPolicy } from '../model/configuration.ts'
import { type ComponentId, type NodeName, nodeOf } from '../model/ids.ts'
import { defaultNodeRecovery } from '../model/recovery.ts'
import { upAvailabilities } from '../model/status.ts'
import type { StoredNodeState } from './administrative.ts'
import type { Change, CrimChange, CrimContext, CrimEffect, CrimEvent, KnownNode } from './context.ts'
import { nodeStateKey } from './keys.ts'
import { isMaintained, typeOfComponent } from './places.ts'
import { nothing, planInputOf, type Reconciled } from './propose.ts'
import { isDue, timerOf } from './timerNames.ts'

export function nodeRecoveryOf({ configuration }: CrimContext): NodeRecoveryPolicy {
  return configuration.recovery ?? defaultNodeRecovery
}

type NodeChanged = Extract<CrimEvent, { type: 'node.changed' }>

/** One that left in good order comes back in good order; one that was only suspected was never away. */
const awayAvailabilities: readonly string[] = ['unreachable', 'isolated', 'ended']

/** Counts a return. Without a time nothing is counted. */
export function returnNoted(context: CrimContext, event: NodeChanged, before: KnownNode | undefined): CrimChange {
  const { node, availability, incarnation, atMs } = event
  if (availability !== 'alive' || before === undefined || atMs === undefined) return {}
  const isNewLife = before.incarnation !== incarnation && before.incarnation > 0 && before.availability !== 'left'
  if (!isNewLife && !awayAvailabilities.includes(before.availability)) return {}
  const within = { atMs, windowMs: nodeRecoveryOf(context).flapWindowMs }
  return { nodeReturns: { ...context.nodeReturns, [node]: counted(context.nodeReturns[node], within) } }
}

/** States of nodes that recovery sets, and takes away again. */
export function nodeStateChanges(context: CrimContext): Change[] {
  if (context.administrative.isMaintained) return []
  return [...heldDown(context), ...released(context), ...switchedOver(context)]
}

function heldDown(context: CrimContext): Change[] {
  const policy = nodeRecoveryOf(context)
  return flapping(context.nodeReturns, policy)
    .filter((node) => isUp(context, node) && context.administrative.nodes[node] === undefined)
    .map((node) => {
      const count = context.nodeReturns[node]!.length
      return stateChange(node, {
        state: 'held',
        reason: `it came back ${count} times within ${inWords(policy.flapWindowMs)}`,
      })
    })
}

function released({ administrative, timers }: CrimContext): Change[] {
  return Object.keys(administrative.nodes)
    .filter((node) => administrative.nodes[node] === 'held' && isDue({ timers }, timerOf.hold(node)))
    .map((node) => stateChange(node, null))
}

/** Only where what it serves can be served elsewhere: recovery must not take away what still works. */
function switchedOver(context: CrimContext): Change[] {
  const reasons = new Map<NodeName, string>()
  const policy = nodeRecoveryOf(context)
  for (const node of exhausted(context.nodeFailures, policy)) {
    const count = Object.keys(context.nodeFailures[node]!).length
    reasons.set(node, `${count} components failed too often within ${inWords(policy.failureWindowMs)}`)
  }
  for (const [component, { recovery }] of Object.entries(context.recovering))
    if (recovery === 'nodeSwitchover') reasons.set(nodeOf(component as ComponentId), `${component} failed`)
  return [...reasons]
    .filter(([node]) => isInUse(context, node) && isBearable(context, node))
    .map(([node, reason]) => stateChange(node, { state: 'standby', reason }))
}

function stateChange(node: NodeName, value: StoredNodeState | null): Change {
  return { key: nodeStateKey(node), value }
}

function isInUse({ administrative }: CrimContext, node: NodeName): boolean {
  const state = administrative.nodes[node]
  return state === undefined || state === 'held'
}

function isBearable(context: CrimContext, node: NodeName): boolean {
  const { administrative } = context
  const nodes = { ...administrative.nodes, [node]: 'standby' as const }
  return primaryCount({ ...context, administrative: { ...administrative, nodes } }) >= primaryCount(context)
}

function primaryCount(context: CrimContext): number {
  const { targets } = plan(planInputOf(context))
  return targets.flatMap(({ roles }) => Object.values(roles)).filter((role) => role === 'primary').length
}

/**
 * What could not be stopped is active until its node is off (DESIGN §4): where the node has an agent, it is asked for, once a life. A
 * node-level fail-over without an agent has the node's guard end everything there.
 */
export function fellings(context: CrimContext): Reconciled {
  const wanted = new Map<NodeName, { reason: string; isRestart: boolean }>()
  for (const { component, phase } of Object.values(context.statuses)) {
    const isHarmful =
      phase === 'stopFailed' &&
      !isMaintained(context, component) &&
      typeOfComponent(context, component)?.exclusive !== false
    if (isHarmful && hasAgent(context, nodeOf(component)))
      wanted.set(nodeOf(component), { reason: `${component} does not stop`, isRestart: false })
  }
  for (const [component, { recovery }] of Object.entries(context.recovering)) {
    if (recovery !== 'nodeFailover') continue
    const node = nodeOf(component as ComponentId)
    wanted.set(node, { reason: `${component} failed`, isRestart: !hasAgent(context, node) })
  }
  const due = [...wanted].filter(
    ([node]) => isUp(context, node) && context.felled[node] !== incarnationOf(context, node),
  )
  if (due.length === 0) return nothing
  const felled = due.map(([node]) => [node, incarnationOf(context, node)])
  return {
    change: { felled: { ...context.felled, ...Object.fromEntries(felled) } },
    effects: due.map(([node, { reason, isRestart }]): CrimEffect => {
      if (!isRestart) return { type: 'fence.order', node, reason }
      return { type: 'node.restart', node, incarnation: incarnationOf(context, node), reason, epoch: context.epoch }
    }),
  }
}

/** A node does not fence itself. */
function hasAgent({ configuration, self }: CrimContext, node: NodeName): boolean {
  return node !== self && configuration.nodes[node]?.fence !== undefined
}

function isUp({ nodes }: CrimContext, node: NodeName): boolean {
  return upAvailabilities.includes(nodes[node]?.availability ?? 'unknown')
}

function incarnationOf({ nodes }: CrimContext, node: NodeName): number {
  return nodes[node]?.incarnation ?? 0
}

function inWords(durationMs: number): string {
  return durationMs >= 60_000 ? `${Math.round(durationMs / 60_000)} min` : `${Math.round(durationMs / 1000)} s`
}
