import type { PlanInput } from '../logic/placement/index.ts'
import type { NodeName } from '../model/ids.ts'
import type { NodeAvailability } from '../model/status.ts'
import type { Change, CrimChange, CrimContext, CrimEffect } from './context.ts'
import { lapsedOf } from './dependencies.ts'
import { isMute } from './lives.ts'
import { isKnown } from './unchanged.ts'

/** What one look at the CRIM's context leads to. */
export interface Reconciled {
  readonly change: CrimChange
  readonly effects: readonly CrimEffect[]
}

/** Nothing to change, nothing to do. */
export const nothing: Reconciled = { change: {}, effects: [] }

/** The last input for a configuration: while nothing of it changes it stays the same object, by which all that was made of it is found. */
const lastInputs = new WeakMap<CrimContext['configuration'], PlanInput>()

export function planInputOf(context: CrimContext): PlanInput {
  const input = inputOf(context)
  const before = lastInputs.get(input.configuration)
  if (before && isKnown(before, input)) return before
  lastInputs.set(input.configuration, input)
  return input
}

function inputOf(context: CrimContext): PlanInput {
  const { configuration, statuses, intents, commanded, locked, barred } = context
  const { awaited, requests, administrative, withheld } = context
  return {
    configuration,
    nodes: asGoodAs(context),
    statuses,
    intents,
    commanded,
    locked,
    barred,
    awaited,
    requests,
    administrative,
    withheld,
    lapsed: lapsedOf(context),
  }
}

/** Of who is mute nothing is waited for. */
function asGoodAs(context: CrimContext): PlanInput['nodes'] {
  const heard = availabilities(context.nodes)
  const mute = context.awaited.filter((name) => isMute(context, name))
  return mute.length === 0 ? heard : { ...heard, ...Object.fromEntries(mute.map((name) => [name, 'ended' as const])) }
}

const availabilitiesOf = new WeakMap<CrimContext['nodes'], PlanInput['nodes']>()

function availabilities(nodes: CrimContext['nodes']): PlanInput['nodes'] {
  const before = availabilitiesOf.get(nodes)
  if (before) return before
  const made: Record<NodeName, NodeAvailability> = {}
  for (const name in nodes) made[name] = nodes[name]!.availability
  availabilitiesOf.set(nodes, made)
  return made
}

/**
 * Asks the repository to take changes over. One proposal at a time: nothing is commanded until it is decided, and nothing else is
 * proposed. One that got into the log is decided in time, or the mastership ends: a second, made without the first, would be
 * applied after it and bring back tokens that the first had replaced.
 */
export function propose(context: CrimContext, changes: readonly Change[]): Reconciled {
  const id = context.proposalCount + 1
  return {
    change: { reasons: context.reasons, proposal: { id, changes, isRefused: false }, proposalCount: id },
    effects: [{ type: 'repository.propose', proposal: id, changes }],
  }
}
