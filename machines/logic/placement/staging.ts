/**
 * Staged start: a node starts at most `startingCountMax` processes at a time, so that the cold start of a whole cluster, or the
 * failure of a node that had many components, does not take the processor away from all of them at once until none is ready in
 * time. Only what starts a process has to wait: a standby that runs is promoted at once, and stopping is never held back.
 *
 * A start holds its place until the component is ready or has failed; `start.timeout` bounds that. Primaries come first.
 */
import { type ComponentId, componentNameOf, type NodeName, nodeOf } from '../../model/ids.ts'
import type { Role } from '../../model/roles.ts'
import { needsProcess } from '../../model/standby.ts'
import type { PlanInput } from './input.ts'
import type { Step } from './steps.ts'

export const startingCountMax = 4

/** The same steps; those that would start one more process than a node may wait for their turn. */
export function staged(input: PlanInput, steps: readonly Step[]): Step[] {
  const counts = startingCounts(input)
  const waiting = new Set<Step>()
  for (const step of [...steps].sort((a, b) => a.level - b.level)) {
    if (step.waitsFor !== null || !startsProcess(input, step) || isStarting(input, step.component)) continue
    const node = nodeOf(step.component)
    const count = counts.get(node) ?? 0
    if (count < startingCountMax) counts.set(node, count + 1)
    else waiting.add(step)
  }
  return steps.map((step) => (waiting.has(step) ? { ...step, waitsFor: turnOf(nodeOf(step.component)) } : step))
}

function turnOf(node: NodeName): string {
  return `its turn, as ${node} starts ${startingCountMax} already,`
}

function startingCounts(input: PlanInput): Map<NodeName, number> {
  const counts = new Map<NodeName, number>()
  const known = new Set([...Object.keys(input.statuses), ...Object.keys(input.commanded)]) as Set<ComponentId>
  for (const component of known)
    if (isStarting(input, component)) counts.set(nodeOf(component), (counts.get(nodeOf(component)) ?? 0) + 1)
  return counts
}

/** Its process is being started, or was commanded to be, and nothing was heard of that yet. */
function isStarting(input: PlanInput, component: ComponentId): boolean {
  const status = input.statuses[component]
  if (status?.phase === 'preparing') return hasProcess(input, component, status.role)
  const commanded = input.commanded[component]
  return commanded !== undefined && startsProcess(input, { component, role: commanded.role })
}

function startsProcess(input: PlanInput, { component, role }: { component: ComponentId; role: Role }): boolean {
  const before = input.statuses[component]?.role ?? 'offline'
  return hasProcess(input, component, role) && !hasProcess(input, component, before)
}

/** One whose type is gone is only stopped. */
function hasProcess({ configuration }: PlanInput, component: ComponentId, role: Role): boolean {
  const type = configuration.types[configuration.components[componentNameOf(component)]?.type ?? '']
  return type !== undefined && needsProcess(type.standby, role)
}
