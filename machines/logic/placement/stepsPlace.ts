/** What is known of the places of one assignment while its steps are put in order. Made anew for each plan. */
import type { AssignmentName, ComponentId, NodeName } from '../../model/ids.ts'
import { componentId, componentNameOf, hostOf, nodeOf } from '../../model/ids.ts'
import type { Role } from '../../model/roles.ts'
import { upAvailabilities } from '../../model/status.ts'
import { compareTokens, type Token } from '../../model/token.ts'
import { type Candidate, candidatesOf, typeOf } from './candidate.ts'
import type { CompiledDependency } from './compile/relationships.ts'
import { type Compiled, compiled } from './compile.ts'
import type { PlanInput } from './input.ts'

export interface Place {
  readonly of: Candidate
  readonly standing: Standing
  /** What it is to become now: what was decided, or offline for a while; null: it is not to be touched, or nothing was decided. */
  aim: Role | null
  draft: Draft | null
}

export interface Standing {
  readonly assignment: AssignmentName
  /** Of the compiled configuration; -1 of one that is no longer configured. */
  readonly index: number
  readonly isExclusive: boolean
  readonly priority: number
  readonly places: readonly Place[]
  /** Found acting twice, and decided anew: all that act stop before one starts. */
  readonly isStoppingAll: boolean
  /** Its primaries go offline for a while (`stepsYield.ts`). Null: not known yet. */
  isYielding: boolean | null
  /** Its primaries of older decisions than this are started anew, since their sponsor was. Null: none. */
  renewedBefore: Token | null
}

/** A step in the making. */
export interface Draft {
  readonly place: Place
  readonly role: Role
  /** Not before this has happened. The first of them is told. */
  readonly waits: Wait[]
  /** A hand-over that is better not begun yet: dropped where it would never end. */
  hold: Wait | null
}

export interface Wait {
  readonly text: string
  /** The places whose steps end it. Empty: nothing that is planned does. */
  readonly on: readonly Place[]
  /** `own`: on a place of the same assignment; `courtesy`: so too, and only while that one has nothing to wait for itself. */
  readonly kind: 'own' | 'courtesy' | 'other'
}

/** Everything that steps are put in order by. */
export interface Situation {
  readonly input: PlanInput
  readonly compiled: Compiled
  readonly standingOf: (assignment: AssignmentName) => Standing
  /** Components that are to be offline for now, and those that need them on their node. Null: none. */
  readonly withheld: ReadonlySet<ComponentId> | null
  /** Of an assignment that is still configured. */
  readonly sponsorsOf: (standing: Standing) => readonly CompiledDependency[]
  readonly dependentsOf: (standing: Standing) => readonly CompiledDependency[]
}

export function situationOf(input: PlanInput): Situation {
  const of = compiled(input.configuration)
  const known = new Map<AssignmentName, Standing>()
  const standingOf = (assignment: AssignmentName) => {
    const before = known.get(assignment)
    if (before) return before
    const made = newStanding(input, of, assignment)
    known.set(assignment, made)
    return made
  }
  return {
    input,
    compiled: of,
    standingOf,
    withheld: withheldOf(input, of),
    sponsorsOf: ({ index }) => of.sponsorsOf[index] ?? [],
    dependentsOf: ({ index }) => of.dependentsOf[index] ?? [],
  }
}

function withheldOf(
  { withheld }: PlanInput,
  { components, componentIndexes, neededBy }: Compiled,
): Situation['withheld'] {
  const asked = Object.keys(withheld ?? {}) as ComponentId[]
  if (asked.length === 0) return null
  const all = new Set<ComponentId>()
  const add = (host: ComponentId) => {
    if (all.has(host)) return
    all.add(host)
    const index = componentIndexes.get(componentNameOf(host))
    for (const { dependent } of index === undefined ? [] : neededBy[index]!)
      add(componentId({ node: nodeOf(host), component: components[dependent]!.name }))
  }
  for (const host of asked) add(host)
  return all
}

function newStanding(input: PlanInput, of: Compiled, assignment: AssignmentName): Standing {
  const configured = input.configuration.assignments[assignment]
  const places: Place[] = []
  const candidates = candidatesOf(input, assignment)
  const standing: Standing = {
    assignment,
    index: of.assignmentIndexes.get(assignment) ?? -1,
    isExclusive: configured === undefined || typeOf(input.configuration, configured).exclusive,
    priority: configured?.priority ?? 0,
    places,
    isStoppingAll: configured?.activeTwice === 'stopAll' && candidates.some(isDecidedAnew),
    isYielding: null,
    renewedBefore: null,
  }
  for (const candidate of candidates) places.push({ of: candidate, standing, aim: null, draft: null })
  return standing
}

/** Primary by an older decision than that which makes it primary now. */
function isDecidedAnew({ status, intended }: Candidate): boolean {
  if (status?.role !== 'primary' || intended?.role !== 'primary') return false
  return compareTokens(status.token, intended.token) < 0
}

export function isWithheld({ withheld }: Situation, { of: { component } }: Place): boolean {
  return withheld?.has(hostOf(component)) === true
}

/** Its node can be told something. */
export function isReachable({ of: { node } }: Place): boolean {
  return node === 'alive' || node === 'leaving'
}

export function isUp({ of: { node } }: Place): boolean {
  return upAvailabilities.includes(node)
}

export function isReadyPrimary({ of: { status } }: Place): boolean {
  return status?.role === 'primary' && status.phase === 'ready'
}

export function isToBePrimary({ of: { intended } }: Place): boolean {
  return intended?.role === 'primary'
}

/** As far as anyone can tell. */
export function isActing(place: Place): boolean {
  const role = place.of.status?.role
  return place.of.mayAct || role === 'primary' || role === 'quiescing'
}

export function nodeNameOf({ of: { component } }: Pick<Place, 'of'>): NodeName {
  return nodeOf(component)
}
