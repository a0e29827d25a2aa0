/**
 * What each assignment's own places allow, by slot, before they are weighed against those of others: which may be primary or
 * secondary, which are fixed, and how good each would be. An assignment's part depends on nothing but its own candidates and its
 * own lines of the input, so what did not change is taken over from the plan before (`plan.ts`).
 */
import { type Candidate, isLeftAlone } from '../candidate.ts'
import type { Compiled, CompiledAssignment } from '../compile.ts'
import type { PlanInput } from '../input.ts'
import { settlePrimary } from './primary.ts'
import { settleSelfDetermined } from './selfDetermined.ts'
import { settlePrimaries } from './several.ts'
import { secondaryMoveOf } from './tiers.ts'
import { isContent } from './wanted.ts'

export const isPrimaryRole = 2
export const isSecondaryRole = 1
/** Of a slot that is not the one to be brought in step. */
export const noHeir = 255

export interface Situations {
  readonly of: Compiled
  readonly candidates: readonly (readonly Candidate[])[]
  /** By slot: 1 where the place may be chosen. */
  readonly mayBePrimary: Uint8Array
  readonly mayBeSecondary: Uint8Array
  /** By slot: 1 where it could be primary one day, whoever may now: room is reserved there (`reserve.ts`). */
  readonly mayBeSpare: Uint8Array
  /** By slot: 2 primary, 1 secondary, whatever else; nothing is decided there. */
  readonly fixed: Uint8Array
  /** By slot: 2 or 1 where it has that role now and may keep it. */
  readonly present: Uint8Array
  readonly tiers: Uint8Array
  readonly primaryMoves: Uint8Array
  readonly secondaryMoves: Uint8Array
  /** By slot: how well it would do as the secondary that is to follow; 255: it is not asked to. */
  readonly heirs: Uint8Array
  /** By slot: its release, as a number; all 0 while nobody has one. */
  readonly releases: Int32Array
  readonly releaseNames: string[]
  /** By assignment: primaries and secondaries that are fixed, retired ones included. */
  readonly fixedPrimaryCounts: Int32Array
  readonly fixedSecondaryCounts: Int32Array
  /** By assignment: the candidate that stays primary in name while nobody can follow it; -1: none. */
  readonly holders: Int32Array
  /** By assignment: 1 where one of its secondaries is to be brought in step, to follow. */
  readonly awaitsHeir: Uint8Array
  /** By assignment: 1 where a standby in step has what its primary acknowledged, and keeps it while there is no primary. */
  readonly keepsState: Uint8Array
  /** By assignment: 1 where it is not to be served now. */
  readonly isWithout: Uint8Array
  /** By assignment: 1 where it has all that it could have. */
  readonly isContent: Uint8Array
  /** By assignment: 1 where a primary bears too much, so that the loads of other nodes matter to it. */
  readonly isBusy: Uint8Array
  /** By assignment: why it is not, or not yet, as wanted; null: nothing to say, or it shows in what could be placed. */
  readonly notes: (string | null)[]
}

type Arrays = Omit<Situations, 'of' | 'candidates' | 'releaseNames' | 'notes'>

const bytesBySlot = 9
const wordsByAssignment = 3
const bytesByAssignment = 5

/** All in one piece of memory, so that a copy is one step. Words come first, as they have to be aligned. */
function arraysIn(buffer: ArrayBuffer, { slotCount, assignments: { length: count } }: Compiled): Arrays {
  let at = 0
  const words = (length: number) => {
    at += 4 * length
    return new Int32Array(buffer, at - 4 * length, length)
  }
  const bytes = (length: number) => {
    at += length
    return new Uint8Array(buffer, at - length, length)
  }
  return {
    releases: words(slotCount),
    fixedPrimaryCounts: words(count),
    fixedSecondaryCounts: words(count),
    holders: words(count),
    mayBePrimary: bytes(slotCount),
    mayBeSecondary: bytes(slotCount),
    mayBeSpare: bytes(slotCount),
    fixed: bytes(slotCount),
    present: bytes(slotCount),
    tiers: bytes(slotCount),
    primaryMoves: bytes(slotCount),
    secondaryMoves: bytes(slotCount),
    heirs: bytes(slotCount),
    awaitsHeir: bytes(count),
    keepsState: bytes(count),
    isWithout: bytes(count),
    isContent: bytes(count),
    isBusy: bytes(count),
  }
}

export function emptySituations(of: Compiled, candidates: Situations['candidates']): Situations {
  const count = of.assignments.length
  const size = of.slotCount * (4 + bytesBySlot) + count * (4 * wordsByAssignment + bytesByAssignment)
  const arrays = arraysIn(new ArrayBuffer(size), of)
  arrays.heirs.fill(noHeir)
  arrays.holders.fill(-1)
  return { of, candidates, releaseNames: [''], notes: new Array(count).fill(null), ...arrays }
}

export function copyOf(before: Situations, candidates: Situations['candidates']): Situations {
  return {
    of: before.of,
    candidates,
    releaseNames: before.releaseNames.slice(),
    notes: before.notes.slice(),
    ...arraysIn(before.mayBePrimary.buffer.slice(0) as ArrayBuffer, before.of),
  }
}

/** One assignment, as its settling sees it. */
export interface Case {
  readonly input: PlanInput
  readonly into: Situations
  readonly index: number
  readonly assignment: CompiledAssignment
  readonly candidates: readonly Candidate[]
}

/** Writes what one assignment's candidates allow, where nothing is written yet. */
export function situate(input: PlanInput, into: Situations, index: number): void {
  const candidates = into.candidates[index]!
  const of: Case = { input, into, index, assignment: into.of.assignments[index]!, candidates }
  for (const candidate of candidates) if (candidate.slot >= 0) situateSlot(of, candidate)
  serve(of)
  if (input.lapsed?.[of.assignment.name]) noteWithout(of)
  notePresent(of)
  into.isContent[index] = isContent(into, index) ? 1 : 0
}

function serve(of: Case): void {
  if (of.assignment.type.selfDetermining) settleSelfDetermined(of)
  else if (of.assignment.primaryPreferred > 1) settlePrimaries(of)
  else settlePrimary(of)
}

/** Of one assignment, for it to be written anew. */
export function clear(into: Situations, index: number): void {
  for (let slot = into.of.slotsFrom[index]!; slot < into.of.slotsFrom[index + 1]!; slot++) {
    into.mayBePrimary[slot] = 0
    into.mayBeSecondary[slot] = 0
    into.mayBeSpare[slot] = 0
    into.fixed[slot] = 0
    into.present[slot] = 0
    into.heirs[slot] = noHeir
  }
  into.fixedPrimaryCounts[index] = 0
  into.fixedSecondaryCounts[index] = 0
  into.holders[index] = -1
  into.awaitsHeir[index] = 0
  into.keepsState[index] = 0
  into.isWithout[index] = 0
  into.isBusy[index] = 0
  into.notes[index] = null
}

/** What configuration and operators allow of one place; the rest is up to how its assignment is served now. */
function situateSlot(of: Case, candidate: Candidate): void {
  const { into, assignment } = of
  const { slot, intended } = candidate
  if (into.of.hasReleases) into.releases[slot] = releaseOf(of, candidate)
  if (isLeftAlone(candidate)) {
    if (intended?.role === 'primary') fix(of, candidate, isPrimaryRole)
    else if (intended?.role === 'secondary') fix(of, candidate, isSecondaryRole)
    return
  }
  if (!candidate.isUsable || into.of.slotForbids[slot]) return
  const isKeeping = intended?.role === 'primary' || intended?.role === 'secondary'
  if (candidate.isHeld && !isKeeping) return
  if (assignment.canBePrimary) into.mayBePrimary[slot] = 1
  into.mayBeSpare[slot] = into.mayBePrimary[slot]!
  if (assignment.canBeSecondary) into.mayBeSecondary[slot] = 1
  into.secondaryMoves[slot] = secondaryMoveOf(candidate)
}

/** Its role is what it is, and counts. A retired one has no slot, and stays by being the holder. */
export function fix(of: Case, { slot }: Candidate, role: 1 | 2): void {
  const { into, index } = of
  const counts = role === isPrimaryRole ? into.fixedPrimaryCounts : into.fixedSecondaryCounts
  counts[index] = counts[index]! + 1
  if (slot < 0) return
  into.fixed[slot] = role
  into.mayBePrimary[slot] = 0
  into.mayBeSecondary[slot] = 0
}

/** Only these few may be primary; the others might still be secondary. */
export function onlyPrimaries(of: Case, isAllowed: (candidate: Candidate) => boolean): void {
  for (const candidate of of.candidates)
    if (candidate.slot >= 0 && !isAllowed(candidate)) of.into.mayBePrimary[candidate.slot] = 0
}

export function mayBePrimary({ into }: Case, { slot }: Candidate): boolean {
  return slot >= 0 && into.mayBePrimary[slot] === 1
}

/**
 * It outlived its sponsor for as long as it may, and is stopped until that is served again (SPEC R5): in its place, which it keeps
 * (`stepsYield.ts`), for what it has is there.
 */
function noteWithout({ into, index }: Case): void {
  into.isWithout[index] = 1
  const sponsors = into.of.sponsorsOf[index]!.map(({ sponsor }) => into.of.assignments[sponsor]!.name)
  into.notes[index] = `waiting for ${sponsors.join(', ') || 'its sponsor'}, unserved for longer than it can be without`
}

function notePresent({ into, candidates }: Case): void {
  for (const { slot, intended } of candidates) {
    if (slot < 0 || intended === null) continue
    if (intended.role === 'primary' && into.mayBePrimary[slot]) into.present[slot] = isPrimaryRole
    else if (intended.role === 'secondary' && into.mayBeSecondary[slot]) into.present[slot] = isSecondaryRole
  }
}

function releaseOf({ input, into }: Case, { slot, status }: Candidate): number {
  const node = into.of.nodes[into.of.slotNodes[slot]!]!
  const release = status?.release ?? input.configuration.nodes[node]?.release
  if (release === undefined) return 0
  const known = into.releaseNames.indexOf(release)
  return known >= 0 ? known : into.releaseNames.push(release) - 1
}
