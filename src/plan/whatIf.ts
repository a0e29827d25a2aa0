/** What might happen, as operators and the catalogue of scenarios name it, applied to what the planner knows. */
import { type PlanInput, whyNotFollowed } from '../../machines/logic/placement/index.ts'
import {
  assignmentSet,
  clusterMaintained,
  componentFails,
  componentLocked,
  componentMaintained,
  isHost,
  nodeBecomes,
  nodeSet,
  placesOf,
  switchoverAsked,
  withheld,
} from '../../machines/logic/placement/rehearse.ts'
import type { Configuration } from '../../machines/model/configuration.ts'
import { type AssignmentName, hostOf, type NodeName } from '../../machines/model/ids.ts'
import type { Target } from '../../machines/model/operation.ts'
import { suggestionFor } from '../configuration/nearest.ts'
import { type AskedSwitchover, formatTarget } from './target.ts'

/**
 * `fail`: a node falls silent, and nobody can prove what became of it; a component's process exits. `end`: a node is known to have
 * ended. `return`: a node is back, with nothing running. The others are operations, or what recovery does of itself.
 */
export const whatIfs = [
  'fail',
  'end',
  'return',
  'lock',
  'unlock',
  'standby',
  'hold',
  'restart',
  'maintain',
  'resume',
] as const

export type WhatIf = { readonly what: (typeof whatIfs)[number]; readonly target: Target } | AskedSwitchover

/** `no-such`: a name that is not there; `refused`: it can't happen to that. */
export class WhatIfError extends Error {
  override readonly name = 'WhatIfError'
  readonly code: 'no-such' | 'refused'
  readonly suggestion: string | null

  constructor(code: 'no-such' | 'refused', text: string, suggestion: string | null = null) {
    super(text)
    this.code = code
    this.suggestion = suggestion
  }
}

/** In words: `node n1 falls silent`. */
export function describe(event: WhatIf): string {
  if (event.what === 'switchover')
    return `${event.assignment} is switched over${event.to === null ? '' : ` to ${event.to}`}`
  const name = formatTarget(event.target)
  const isNode = event.target.kind === 'node'
  const texts: Record<(typeof whatIfs)[number], string> = {
    fail: isNode ? `${name} falls silent` : `${name} fails`,
    end: `${name} has ended`,
    return: `${name} returns`,
    lock: `${name} is locked`,
    unlock: `${name} is unlocked`,
    standby: `${name} is on standby`,
    hold: `${name} is held`,
    restart: `${name} is restarted`,
    maintain: `${name} is in maintenance`,
    resume: `${name} is no longer in maintenance`,
  }
  return texts[event.what]
}

/** All of them at once. Throws a `WhatIfError`. */
export function applyAll(input: PlanInput, events: readonly WhatIf[]): PlanInput {
  return events.reduce(apply, input)
}

export function apply(input: PlanInput, event: WhatIf): PlanInput {
  if (event.what === 'switchover') return switchedOver(input, event)
  checkName(input.configuration, event.target)
  const change = changes[event.what]
  return change(input, event.target)
}

type Change = (input: PlanInput, target: Target) => PlanInput

const changes: Readonly<Record<(typeof whatIfs)[number], Change>> = {
  fail(input, target) {
    if (target.kind === 'node') return nodeBecomes(input, target.node, 'unreachable')
    if (target.kind === 'component') return componentFails(input, hostOf(target.component))
    throw refusal(target, 'a node or a component can fail')
  },
  end: (input, target) => nodeBecomes(input, nodeIn(target), 'ended'),
  return: (input, target) => nodeBecomes(input, nodeIn(target), 'alive'),
  lock: (input, target) => locked(input, target, true),
  unlock: (input, target) => locked(input, target, false),
  standby: (input, target) => nodeSet(input, nodeIn(target), 'standby'),
  hold: (input, target) => nodeSet(input, nodeIn(target), 'held'),
  restart: (input, target) =>
    [...new Set(placesOf(input.configuration).map(hostOf))]
      .filter((host) => isCovered(input.configuration, host, target))
      .reduce(withheld, input),
  maintain: (input, target) => maintained(input, target, true),
  resume: (input, target) => maintained(input, target, false),
}

/** As an operation on that target is kept in the repository (`machines/crim/targets.ts`). */
function locked(input: PlanInput, target: Target, isLocked: boolean): PlanInput {
  const state = isLocked ? 'standby' : null
  switch (target.kind) {
    case 'component':
      return componentLocked(input, hostOf(target.component), isLocked)
    case 'node':
      return nodeSet(input, target.node, state)
    case 'cluster':
      return Object.keys(input.configuration.nodes).reduce((of, node) => nodeSet(of, node, state), input)
    default:
      return assignmentsOf(input.configuration, target).reduce(
        (of, name) => assignmentSet(of, name, isLocked ? 'locked' : null),
        input,
      )
  }
}

function maintained(input: PlanInput, target: Target, isOn: boolean): PlanInput {
  const state = isOn ? 'maintenance' : null
  switch (target.kind) {
    case 'component':
      return componentMaintained(input, hostOf(target.component), isOn)
    case 'node':
      return nodeSet(input, target.node, state)
    case 'cluster':
      return clusterMaintained(input, isOn)
    default:
      return assignmentsOf(input.configuration, target).reduce((of, name) => assignmentSet(of, name, state), input)
  }
}

function switchedOver(input: PlanInput, of: { assignment: AssignmentName; to: NodeName | null }): PlanInput {
  const { assignment, to } = of
  checkName(input.configuration, { kind: 'assignment', assignment })
  if (to !== null) checkName(input.configuration, { kind: 'node', node: to })
  const asked = switchoverAsked(input, assignment, to)
  const why = asked && whyNotFollowed(input, assignment, asked.requests[assignment]!.to!)
  if (why) throw new WhatIfError('refused', why)
  if (asked) return asked
  const where = to === null ? '' : ` on ${to}`
  throw new WhatIfError('refused', `no sound component${where} to switch '${assignment}' over to`)
}

function assignmentsOf({ groups = {} }: Configuration, target: Target): readonly AssignmentName[] {
  if (target.kind === 'assignment') return [target.assignment]
  return target.kind === 'group' ? (groups[target.group]?.members ?? []) : []
}

function isCovered(configuration: Configuration, host: ReturnType<typeof hostOf>, target: Target): boolean {
  if (target.kind === 'cluster') return true
  if (target.kind === 'component') return hostOf(target.component) === host
  const [node, component] = host.split('/')
  if (target.kind === 'node') return node === target.node
  return assignmentsOf(configuration, target).some((name) => configuration.assignments[name]!.component === component)
}

function nodeIn(target: Target): NodeName {
  if (target.kind === 'node') return target.node
  throw refusal(target, 'it can only happen to a node, such as node:n1')
}

function refusal(target: Target, why: string): WhatIfError {
  return new WhatIfError('refused', `not ${formatTarget(target)}: ${why}`)
}

function checkName(configuration: Configuration, target: Target): void {
  const { nodes, assignments, groups = {}, components } = configuration
  const check = (name: string, known: readonly string[]) => {
    if (!known.includes(name))
      throw new WhatIfError('no-such', `no ${target.kind} '${name}'`, suggestionFor(name, known))
  }
  switch (target.kind) {
    case 'node':
      return check(target.node, Object.keys(nodes))
    case 'assignment':
      return check(target.assignment, Object.keys(assignments))
    case 'group':
      return check(target.group, Object.keys(groups))
    case 'component': {
      if (isHost(configuration, hostOf(target.component))) return
      const known = Object.entries(components).flatMap(([name, of]) => of.nodes.map((node) => `${node}/${name}`))
      return check(target.component, known)
    }
    case 'cluster':
      return
  }
}
