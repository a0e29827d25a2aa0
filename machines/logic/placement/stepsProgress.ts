/**
 * What is taken over from plan to plan, so that steps are looked for only where something is under way. An assignment whose candidates
 * are the same objects as before, and that had come to rest, is passed over; unless something is under way with those that it
 * depends on, or that it needs.
 */
import { type ComponentId, componentId, componentNameOf, nodeOf } from '../../model/ids.ts'
import { allCandidates, type Candidate } from './candidate.ts'
import { type Compiled, compiled } from './compile.ts'
import type { PlanInput } from './input.ts'
import { Room } from './orderRoom.ts'
import { goneOf } from './retired.ts'
import { isAtRest, type Situation, type Standing } from './stepsPlace.ts'
import { standingAt, standingOfGone } from './stepsYield.ts'

/** Of one plan, for the next. */
export interface Progress {
  readonly situation: Situation
  /** In the order of their names: all that may have steps. */
  readonly standings: readonly Standing[]
  /** Null: nothing in the configuration limits anything. */
  readonly room: () => Room | null
  readonly kept: Kept
}

interface Kept {
  readonly of: Compiled
  /** By index. */
  readonly candidates: readonly (readonly Candidate[])[]
  /** By index: 1 where something is to be done, or under way. */
  readonly isPending: Uint8Array
  /** What is held where. It goes from plan to plan and is changed on the way: only the last has it, and another begins anew. */
  room: Room | null
}

/** `candidates` are those of the input by index, where they are at hand. */
export function progressOf(
  input: PlanInput,
  before: Progress | null,
  candidates: Kept['candidates'] = allCandidates(input),
): Progress {
  const of = compiled(input.configuration)
  const known = before?.kept.of === of ? before.kept : null
  const changed = changedSince(candidates, known)
  const isPending = new Uint8Array(candidates.length)
  const kept: Kept = { of, candidates, isPending, room: known?.room ?? null }
  if (known) known.room = null
  const situation: Situation = {
    input,
    compiled: of,
    candidatesAt: (index) => candidates[index]!,
    withheld: withheldIn(input, of),
    standings: new Array(candidates.length),
  }
  const looked = lookedAt(situation, changed, known)
  const standings: Standing[] = []
  const isAnyCommanded = Object.keys(input.commanded).length > 0
  for (let index = 0; index < looked.length; index++) {
    if (looked[index] === 0) continue
    if (!candidates[index]!.every(isAtRest)) isPending[index] = 1
    else if (!mayBeTakenDown(situation, index) || (!isAnyCommanded && candidates[index]!.every(isUnused))) continue
    standings.push(standingAt(situation, index)!)
  }
  return { situation, standings: withGone(situation, standings), room: () => roomOf(situation, kept), kept }
}

/** Indexes. Null: all. */
function changedSince(candidates: Kept['candidates'], known: Kept | null): number[] | null {
  if (known === null) return null
  const changed: number[] = []
  if (candidates === known.candidates) return changed
  for (let index = 0; index < candidates.length; index++)
    if (candidates[index] !== known.candidates[index]) changed.push(index)
  return changed
}

/** By index: 1 where steps may be found. */
function lookedAt(situation: Situation, changed: readonly number[] | null, known: Kept | null): Uint8Array {
  const { compiled: of, withheld, input } = situation
  const looked = new Uint8Array(of.assignments.length)
  if (changed === null || known === null) return looked.fill(1)
  const look = (index: number) => {
    if (looked[index] === 1) return
    looked[index] = 1
    for (const { dependent, mode } of of.dependentsOf[index]!) if (mode !== 'start') look(dependent)
    for (const { dependent } of of.neededBy[of.assignments[index]!.component]!)
      for (const other of of.components[dependent]!.assignments) look(other)
  }
  for (const index of changed) look(index)
  for (let index = 0; index < looked.length; index++) if (known.isPending[index] === 1) look(index)
  for (const host of withheld ?? [])
    for (const index of of.components[of.componentIndexes.get(componentNameOf(host)) ?? -1]?.assignments ?? [])
      look(index)
  for (const name of Object.keys(input.lapsed ?? {})) {
    const index = of.assignmentIndexes.get(name)
    if (index !== undefined) look(index)
  }
  return looked
}

/** Nothing was decided for it yet, and it does not run. */
function isUnused({ intended, status }: Candidate): boolean {
  return intended === null && (status === null || status.phase === 'stopped')
}

/** At rest, it may still have to stop for others. */
function mayBeTakenDown({ compiled: of, withheld, input }: Situation, index: number): boolean {
  const { name, component } = of.assignments[index]!
  if (withheld !== null && of.needsOf[component]!.length > 0) return true
  return input.lapsed?.[name] === true || of.sponsorsOf[index]!.some(({ mode }) => mode !== 'start')
}

/** Those that are no longer configured are always looked at: there are few, and not for long. */
function withGone(situation: Situation, standings: Standing[]): Standing[] {
  const gone = goneOf(situation.input)
  if (gone.length === 0) return standings
  const all = [...standings, ...gone.map((name) => standingOfGone(situation, name))]
  return all.sort((a, b) => (a.assignment < b.assignment ? -1 : 1))
}

function withheldIn({ withheld }: PlanInput, of: Compiled): ReadonlySet<ComponentId> | null {
  const asked = Object.keys(withheld ?? {}) as ComponentId[]
  if (asked.length === 0) return null
  const all = new Set<ComponentId>()
  const add = (host: ComponentId) => {
    if (all.has(host)) return
    all.add(host)
    const component = of.componentIndexes.get(componentNameOf(host))
    for (const { dependent } of component === undefined ? [] : of.neededBy[component]!)
      add(componentId({ node: nodeOf(host), component: of.components[dependent]!.name }))
  }
  for (const host of asked) add(host)
  return all
}

function roomOf(situation: Situation, kept: Kept): Room | null {
  const { resources, aparts, components } = kept.of
  const isLimited =
    resources.length > 0 || aparts.some(({ weight }) => weight === null) || components.some(({ isShared }) => isShared)
  if (!isLimited) return null
  kept.room ??= new Room(kept.of)
  kept.room.enter(situation)
  return kept.room
}
