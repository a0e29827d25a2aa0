/** Assignments that need others (SPEC R5): which have not what they need, and which have been without it for too long. */
import { compiled } from '../logic/placement/compile.ts'
import type { AssignmentName, ComponentId } from '../model/ids.ts'
import { activeRoles } from '../model/roles.ts'
import type { CrimContext } from './context.ts'
import { isDue, timerOf } from './timerNames.ts'

export interface Unmet {
  /** Of the dependency, and unique: both assignments, and why. */
  readonly name: string
  readonly dependent: AssignmentName
  readonly toleranceMs: number
  /** The dependent has a primary, or something that may act as one. */
  readonly isActing: boolean
  /** All that should be primary of the sponsor have said what they are. */
  readonly isKnown: boolean
}

/**
 * Dependents that have been without their sponsor for longer than they bear. Those that bear nothing are so in the plan that sees it
 * fall: it starts again when they have stopped.
 */
export function lapsedOf(context: CrimContext): Readonly<Record<AssignmentName, true>> {
  if (compiled(context.configuration).dependencies.length === 0) return nothing
  const lapsed = unmetDependencies(context).filter(
    ({ name, toleranceMs, isActing, isKnown }) =>
      isDue(context, timerOf.tolerance(name)) || (toleranceMs === 0 && isActing && isKnown),
  )
  return lapsed.length === 0 ? nothing : Object.fromEntries(lapsed.map(({ dependent }) => [dependent, true as const]))
}

const nothing = {}

interface Found {
  readonly of: Pick<CrimContext, 'configuration' | 'intents'>
  readonly unmet: readonly Unmet[]
}

/** Asked for several times a step. */
const found = new WeakMap<CrimContext['statuses'], Found>()

/** Dependencies that last beyond the start, and whose sponsor has too few primaries that are ready. */
export function unmetDependencies(context: CrimContext): readonly Unmet[] {
  const { statuses, configuration, intents } = context
  const before = found.get(statuses)
  if (before && before.of.configuration === configuration && before.of.intents === intents) return before.unmet
  const unmet = unmetNow(context)
  found.set(statuses, { of: { configuration, intents }, unmet })
  return unmet
}

function unmetNow(context: CrimContext): Unmet[] {
  const { dependencies, assignments } = compiled(context.configuration)
  return dependencies.flatMap(({ name, dependent, sponsor, instanceCountMin, toleranceMs, mode }) => {
    if (mode === 'start') return []
    const [dependentName, sponsorName] = [assignments[dependent]!.name, assignments[sponsor]!.name]
    if (readyPrimaryCount(context, sponsorName) >= instanceCountMin) return []
    const isActing = primariesOf(context, dependentName, isActive).length > 0
    const isUnknown = (place: ComponentId) =>
      context.intents[sponsorName]!.roles[place]!.role === 'primary' && context.statuses[place] === undefined
    const isKnown = primariesOf(context, sponsorName, isUnknown).length === 0
    const of = { name: `${name} ${dependentName} ${sponsorName}`, dependent: dependentName }
    return [{ ...of, toleranceMs, isActing, isKnown }]
  })
}

function readyPrimaryCount(context: CrimContext, assignment: AssignmentName): number {
  return primariesOf(context, assignment, (place) => {
    const status = context.statuses[place]
    return status?.role === 'primary' && status.phase === 'ready' && status.failure === null
  }).length
}

const isActive = (place: ComponentId, { statuses }: CrimContext): boolean => {
  const status = statuses[place]
  return status !== undefined && (activeRoles.includes(status.role) || status.isActive)
}

function primariesOf(
  context: CrimContext,
  assignment: AssignmentName,
  isCounted: (place: ComponentId, context: CrimContext) => boolean,
): ComponentId[] {
  const places = Object.keys(context.intents[assignment]?.roles ?? {}) as ComponentId[]
  return places.filter((place) => isCounted(place, context))
}
