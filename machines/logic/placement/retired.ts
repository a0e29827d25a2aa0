/** Places that intents still name and the configuration does not: each belongs to the assignment whose intent names it. */
import { type AssignmentName, type ComponentId, hostOf } from '../../model/ids.ts'
import { type Compiled, compiled } from './compile.ts'
import type { PlanInput } from './input.ts'

interface Retired {
  /** Assignments that are no longer configured, and have an intent still. Sorted. */
  readonly gone: readonly AssignmentName[]
  readonly byAssignment: ReadonlyMap<AssignmentName, readonly ComponentId[]>
  readonly owners: ReadonlyMap<ComponentId, AssignmentName>
}

const known = new WeakMap<PlanInput['intents'], { readonly of: Compiled; readonly retired: Retired }>()

/** Sorted. Empty for nearly every assignment. */
export function retiredOf({ configuration, intents }: PlanInput, name: AssignmentName): readonly ComponentId[] {
  return retiredIn(configuration, intents).byAssignment.get(name) ?? []
}

/** Another assignment's intent still names it, or the whole component that the place would be in. */
export function isOwnedByAnother(
  owners: ReadonlyMap<ComponentId, AssignmentName>,
  name: AssignmentName,
  component: ComponentId,
): boolean {
  const owner = owners.get(component) ?? owners.get(hostOf(component))
  return owner !== undefined && owner !== name
}

/** All that are retired: whom they keep from being used shows in `owners`. */
export function retiredOwners({ configuration, intents }: PlanInput): ReadonlyMap<ComponentId, AssignmentName> {
  return retiredIn(configuration, intents).owners
}

/** Assignments that are planned to their end. Sorted. */
export function goneOf({ configuration, intents }: PlanInput): readonly AssignmentName[] {
  return retiredIn(configuration, intents).gone
}

function retiredIn(configuration: PlanInput['configuration'], intents: PlanInput['intents']): Retired {
  const of = compiled(configuration)
  const before = known.get(intents)
  if (before?.of === of) return before.retired
  const retired = findRetired(of, intents)
  known.set(intents, { of, retired })
  return retired
}

function findRetired(of: Compiled, intents: PlanInput['intents']): Retired {
  const byAssignment = new Map<AssignmentName, readonly ComponentId[]>()
  const owners = new Map<ComponentId, AssignmentName>()
  const gone: AssignmentName[] = []
  for (const name of Object.keys(intents)) {
    if (!of.assignmentIndexes.has(name)) gone.push(name)
    const ids = retiredAmong(of, name, intents[name]!.roles)
    if (ids.length === 0) continue
    byAssignment.set(name, ids.sort())
    for (const id of ids) owners.set(id, name)
  }
  return { gone: gone.sort(), byAssignment, owners }
}

function retiredAmong(
  of: Compiled,
  name: AssignmentName,
  roles: Readonly<Record<ComponentId, unknown>>,
): ComponentId[] {
  const assignment = of.assignmentIndexes.get(name)
  if (assignment === undefined) return Object.keys(roles) as ComponentId[]
  let count = 0
  for (const _ in roles) count++
  for (let slot = of.slotsFrom[assignment]!; slot < of.slotsFrom[assignment + 1]!; slot++)
    if (roles[of.slotIds[slot]!] !== undefined) count--
  if (count === 0) return []
  const slots = new Set(of.slotIds.slice(of.slotsFrom[assignment]!, of.slotsFrom[assignment + 1]!))
  return (Object.keys(roles) as ComponentId[]).filter((id) => !slots.has(id))
}
