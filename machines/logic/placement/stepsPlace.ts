/** What is known of the places of one assignment while its steps are put in order. Made anew for each plan, where anything is to be done. */
import { type AssignmentName, type ComponentId, type NodeName, nodeOf } from '../../model/ids.ts'
import type { Role } from '../../model/roles.ts'
import { compareTokens } from '../../model/token.ts'
import { type Candidate, isUpAvailability } from './candidate.ts'
import type { CompiledDependency } from './compile/relationships.ts'
import type { Compiled } from './compile.ts'
import type { PlanInput } from './input.ts'

export interface Place {
  readonly of: Candidate
  readonly standing: Standing
  /** What it is to become now: what was decided, or offline for a while; null: it is not to be touched, or nothing was decided. */
  aim: Role | null
  /** Its step: the next role on the way there; null: none is to be taken, or none can be told. */
  next: Role | null
  /** That step is not taken before all of this has happened. */
  waits: readonly Wait[]
  /** Better not begun yet: a hand-over. Dropped where it would never end. */
  hold: Wait | null
}

export interface Standing {
  readonly assignment: AssignmentName
  /** Of the compiled configuration; -1 of one that is no longer configured. */
  readonly index: number
  readonly isExclusive: boolean
  readonly canBeSpare: boolean
  readonly priority: number
  readonly places: readonly Place[]
  /** Found acting twice, and decided anew: all that act stop before one starts. */
  readonly isStoppingAll: boolean
  /** Its primaries go offline for a while (`stepsYield.ts`). */
  readonly isYielding: boolean
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
  readonly candidatesAt: (index: number) => readonly Candidate[]
  /** Components that are to be offline for now, and those that need them on their node. Null: none. */
  readonly withheld: ReadonlySet<ComponentId> | null
  /** By index, as far as they were asked for (`standingAt` in `stepsYield.ts`). */
  readonly standings: (Standing | 'asked' | undefined)[]
}

const nothing: readonly Wait[] = []

export function newPlace(of: Candidate, standing: Standing): Place {
  return { of, standing, aim: null, next: null, waits: nothing, hold: null }
}

export function addWait(place: Place, wait: Wait | null): void {
  if (wait !== null) place.waits = place.waits === nothing ? [wait] : [...place.waits, wait]
}

/** Nobody gives way to one that waits for something itself. */
export function isOver({ kind, on }: Wait): boolean {
  return kind === 'courtesy' && on.some(({ waits }) => waits.some((wait) => wait.kind === 'other'))
}

const noDependencies: readonly CompiledDependency[] = []

export function sponsorsOf({ compiled }: Situation, { index }: Standing): readonly CompiledDependency[] {
  return index < 0 ? noDependencies : compiled.sponsorsOf[index]!
}

export function dependentsOf({ compiled }: Situation, { index }: Standing): readonly CompiledDependency[] {
  return index < 0 ? noDependencies : compiled.dependentsOf[index]!
}

/** Primary by an older decision than that which makes it primary now. */
export function isDecidedAnew({ status, intended }: Candidate): boolean {
  if (status?.role !== 'primary' || intended?.role !== 'primary') return false
  return compareTokens(status.token, intended.token) < 0
}

/** It has what was decided, and is told nothing more. */
export function isAtRest({ status, intended, isWithheld, isUnanswered }: Candidate): boolean {
  if (intended === null) return true
  if (status === null || isWithheld || isUnanswered || status.role !== intended.role) return false
  if (status.role === 'offline') return status.phase === 'stopped'
  return status.phase === 'ready' && compareTokens(status.token, intended.token) >= 0
}

/** Its node can be told something. */
export function isReachable({ of: { node } }: Place): boolean {
  return node === 'alive' || node === 'leaving'
}

export function isUp({ of: { node } }: Place): boolean {
  return isUpAvailability(node)
}

export function isReadyPrimary({ of: { status } }: Place): boolean {
  return status !== null && status.role === 'primary' && status.phase === 'ready'
}

export function isToBePrimary({ of: { intended } }: Place): boolean {
  return intended !== null && intended.role === 'primary'
}

/** It serves, or hands over. */
export function isInActiveRole({ of: { status } }: Place): boolean {
  return status !== null && (status.role === 'primary' || status.role === 'quiescing')
}

/** It acts, as far as anyone can tell, or has not yet done with it. */
export function isActing(place: Place): boolean {
  return place.of.mayAct || isInActiveRole(place)
}

export function nodeNameOf({ of: { component } }: Pick<Place, 'of'>): NodeName {
  return nodeOf(component)
}
