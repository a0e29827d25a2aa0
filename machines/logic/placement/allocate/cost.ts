/**
 * The objective (DESIGN §4): a vector that is minimised from its first number on. In order:
 *
 * 1. by priority from the top: assignments that lose the primary they have, then required primaries missing: what is served gives way
 *    only to what is more important;
 * 2. the state of the required primaries (`tiers.ts`), and of the secondary that is to follow one;
 * 3. required secondaries missing, by priority; then preferred primaries; then preferred secondaries;
 * 4. of assignments that fail back: wishes, primaries then secondaries, and rank;
 * 5. primaries that move; 6. secondaries that move;
 * 7. weights of wishes not met: of primaries, with the soft relationships and different releases; then of secondaries;
 * 8. rank on `ranked` assignments, primaries then secondaries;
 * 9. balance: the sum over nodes of (primaries there)², then of (secondaries there)²;
 * 10. rank of `equal` ones.
 *
 * What is left is decided by name. All numbers are whole as long as the weights are.
 */
import type { Compiled } from '../compile.ts'
import { type Ledger, placesIn } from './ledger.ts'
import { isPrimaryRole, noHeir, type Situations } from './situation.ts'
import { hasPrimaryToFollow, wantedOf } from './wanted.ts'

export type Cost = number[]

/** Where each term is, with so many priorities. */
export interface Layout {
  /** Level of priority to its place among those that occur. */
  readonly places: ReadonlyMap<number, number>
  readonly missing: number
  readonly tier: number
  readonly secondariesMissing: number
  readonly primariesShort: number
  readonly secondariesShort: number
  readonly failBack: number
  readonly moves: number
  readonly wishes: number
  readonly ranks: number
  readonly balance: number
  readonly equalRanks: number
  readonly length: number
}

export function layoutFor(of: Compiled, assignments: Iterable<number>): Layout {
  const levels = [...new Set(Array.from(assignments, (index) => of.assignments[index]!.level))].sort((a, b) => a - b)
  const count = levels.length
  const after = 2 * count + 1
  const failBack = after + 3 * count
  return {
    places: new Map(levels.map((level, place) => [level, place])),
    missing: 0,
    tier: 2 * count,
    secondariesMissing: after,
    primariesShort: after + count,
    secondariesShort: after + 2 * count,
    failBack,
    moves: failBack + 4,
    wishes: failBack + 6,
    ranks: failBack + 8,
    balance: failBack + 10,
    equalRanks: failBack + 12,
    length: failBack + 14,
  }
}

export function zeroCost({ length }: Layout): Cost {
  return new Array<number>(length).fill(0)
}

/** Below zero: `a` is better. */
export function compareCosts(a: Cost, b: Cost, length = a.length): number {
  for (let term = 0; term < length; term++) {
    const difference = a[term]! - b[term]!
    if (difference !== 0) return difference
  }
  return 0
}

export function addCosts(into: Cost, other: Cost): Cost {
  for (let term = 0; term < into.length; term++) into[term] = into[term]! + other[term]!
  return into
}

/** What the choice for one assignment costs by itself: all but balance and soft relationships. */
export function addOwnCost(
  into: Cost,
  layout: Layout,
  of: { situations: Situations; index: number; primaries: readonly number[]; secondaries: readonly number[] },
): void {
  const { situations, index, primaries, secondaries } = of
  addMissing(into, layout, of)
  into[layout.tier] =
    into[layout.tier]! + tierCost(situations, index, primaries) + heirCost(situations, index, secondaries)
  const assignment = situations.of.assignments[index]!
  const { slotWishes } = situations.of
  const from = situations.of.slotsFrom[index]!
  const add = (term: number, by: number) => {
    into[term] = into[term]! + by
  }
  for (const [which, slots] of [primaries, secondaries].entries()) {
    const moves = which === 0 ? situations.primaryMoves : situations.secondaryMoves
    for (const slot of slots) {
      add(layout.moves + which, moves[slot]!)
      add(layout.wishes + which, -slotWishes[slot]!)
      add((assignment.isRanked ? layout.ranks : layout.equalRanks) + which, slot - from)
      if (!assignment.isFailingBack) continue
      add(layout.failBack + which, -slotWishes[slot]!)
      if (assignment.isRanked) add(layout.failBack + 2 + which, slot - from)
    }
  }
  if (situations.of.hasReleases) add(layout.wishes, releaseCost(situations, index, primaries, secondaries))
}

function addMissing(
  into: Cost,
  layout: Layout,
  of: { situations: Situations; index: number; primaries: readonly number[]; secondaries: readonly number[] },
): void {
  const { situations, index, primaries, secondaries } = of
  const wanted = wantedOf(situations, index)
  const place = layout.places.get(situations.of.assignments[index]!.level)!
  const add = (term: number, by: number) => {
    if (by > 0) into[term] = into[term]! + by
  }
  const had = Math.min(wanted.primaryRequired, presentPrimaryCount(situations, index))
  add(layout.missing + 2 * place, had - primaries.length)
  add(layout.missing + 2 * place + 1, wanted.primaryRequired - primaries.length)
  add(layout.secondariesMissing + place, wanted.secondaryRequired - secondaries.length)
  add(layout.primariesShort + place, wanted.primaryPreferred - Math.max(primaries.length, wanted.primaryRequired))
  add(
    layout.secondariesShort + place,
    wanted.secondaryPreferred - Math.max(secondaries.length, wanted.secondaryRequired),
  )
}

function presentPrimaryCount({ of, present }: Situations, index: number): number {
  let count = 0
  for (let slot = of.slotsFrom[index]!; slot < of.slotsFrom[index + 1]!; slot++)
    if (present[slot] === isPrimaryRole) count++
  return count
}

/** The best of the required ones count; those beyond are judged by their moves. */
function tierCost(situations: Situations, index: number, primaries: readonly number[]): number {
  const { primaryRequired } = wantedOf(situations, index)
  if (primaryRequired === 0 || primaries.length === 0) return 0
  if (primaries.length === 1) return situations.tiers[primaries[0]!]!
  const tiers = primaries.map((slot) => situations.tiers[slot]!).sort((a, b) => a - b)
  return tiers.slice(0, primaryRequired).reduce((sum, tier) => sum + tier, 0)
}

const noHeirCost = 8

function heirCost({ awaitsHeir, heirs }: Situations, index: number, secondaries: readonly number[]): number {
  if (!awaitsHeir[index]) return 0
  const best = secondaries.reduce((least, slot) => Math.min(least, heirs[slot]!), noHeir)
  return Math.min(best, noHeirCost)
}

/** Secondaries whose release is not that of every primary of theirs (SPEC R12). */
function releaseCost(
  { of, releases, fixed }: Situations,
  index: number,
  primaries: readonly number[],
  secondaries: readonly number[],
): number {
  const leading = [...primaries]
  for (let slot = of.slotsFrom[index]!; slot < of.slotsFrom[index + 1]!; slot++)
    if (fixed[slot] === isPrimaryRole) leading.push(slot)
  return secondaries.filter((slot) => leading.some((primary) => releases[primary] !== releases[slot])).length
}

/** Whether the choice may have secondaries at all. */
export function mayFollow(situations: Situations, index: number, primaryCount: number): boolean {
  return primaryCount > 0 || hasPrimaryToFollow(situations, index)
}

/** Soft relationships as the ledger has them: the weight of each, for each place too many, or each two that share one. */
export function softCost(ledger: Ledger): number {
  const { of } = ledger
  let sum = 0
  for (const { index, weight } of of.togethers) if (weight !== null) sum += weight * apartness(ledger.together[index]!)
  for (const apart of of.aparts) if (apart.weight !== null) sum += apart.weight * closeness(ledger, apart)
  return sum
}

/** Places beyond the first. */
function apartness(counts: Int32Array): number {
  let found = 0
  for (let domain = 0; domain < counts.length - 1; domain++) if (counts[domain]! > 0) found++
  return Math.max(0, found - 1)
}

function closeness(ledger: Ledger, { index, classes, domains }: Compiled['aparts'][number]): number {
  let sum = 0
  if (classes.length === 1) {
    for (const member of classes[0]!) sum += ownCloseness(ledger, member, domains)
    return sum
  }
  for (const count of ledger.apart[index]!.memberCounts) sum += Math.max(0, count - 1)
  return sum
}

/** How many of an assignment's places are in a domain that another of them is in. */
function ownCloseness(ledger: Ledger, assignment: number, domains: Int32Array): number {
  const { of, roles } = ledger
  let sum = 0
  const seen = new Set<number>()
  for (let slot = of.slotsFrom[assignment]!; slot < of.slotsFrom[assignment + 1]!; slot++) {
    if (roles[slot] === 0) continue
    const domain = domains[of.slotNodes[slot]!]!
    if (!seen.has(domain)) sum += placesIn(ledger, assignment, domains, domain) - 1
    seen.add(domain)
  }
  return sum
}
