/**
 * A good placement at once, and the best there is wherever room is not short: the assignments in their order, first all required
 * primaries, then required secondaries, preferred primaries, preferred secondaries, each on the best place that is left.
 */
import type { Compiled } from '../compile.ts'
import { bestSlotForAll, clusterOf } from './cluster.ts'
import { clear, fits, type GivenRole, type Ledger, place } from './ledger.ts'
import { keepsReserve } from './reserve.ts'
import { isPrimaryRole, isSecondaryRole, type Situations } from './situation.ts'
import { hasPrimaryToFollow, wantedOf } from './wanted.ts'

/** Those to be decided, in the order of deciding. */
export function placeGreedily(ledger: Ledger, members: readonly number[]): void {
  placePrimariesGreedily(ledger, members)
  failBack(ledger, members)
  placeTheRest(ledger, members)
}

/** Those that would rather be elsewhere go there, as far as there is room now; unless others need them where they are. */
export function failBack(ledger: Ledger, members: readonly number[]): void {
  const { of } = ledger
  for (const index of members) {
    if (!of.assignments[index]!.isFailingBack || isNeeded(of, index)) continue
    if (of.togethersOf[index]!.some(({ weight }) => weight === null)) continue
    clear(ledger, index)
    fill(ledger, index, { role: isPrimaryRole, isRequired: true })
  }
}

/** The required ones only. */
export function placePrimariesGreedily(ledger: Ledger, members: readonly number[]): void {
  keepWhatIsWell(ledger, members)
  for (const index of members) fill(ledger, index, { role: isPrimaryRole, isRequired: true })
}

export function placeTheRest(ledger: Ledger, members: readonly number[]): void {
  for (const index of members) fill(ledger, index, { role: isSecondaryRole, isRequired: true })
  for (const index of members) fill(ledger, index, { role: isPrimaryRole, isRequired: false })
  for (const index of members) fill(ledger, index, { role: isSecondaryRole, isRequired: false })
}

/** Primaries whose state could not be better stay, before anything else is placed where they are; and so do their secondaries. */
export function keepWhatIsWell(ledger: Ledger, members: readonly number[]): void {
  const { of, situations } = ledger
  for (const index of members) {
    if (of.togethersOf[index]!.length > 0) {
      const cluster = clusterOf(of, index)
      if (cluster.length > 1 && !cluster.every((member) => isWellServed(situations, member))) continue
    }
    if (!hasAnything(situations, index)) continue
    keep(ledger, index, isPrimaryRole)
    const isServed = ledger.primaryCounts[index]! >= Math.min(1, wantedOf(situations, index).primaryRequired)
    if (isServed && situations.awaitsHeir[index] === 0) keep(ledger, index, isSecondaryRole)
  }
}

function hasAnything({ of, present }: Situations, index: number): boolean {
  for (let slot = of.slotsFrom[index]!; slot < of.slotsFrom[index + 1]!; slot++) if (present[slot] !== 0) return true
  return false
}

/** One of its primaries could not be better off. */
function isWellServed({ of, present, tiers, primaryMoves }: Situations, index: number): boolean {
  for (let slot = of.slotsFrom[index]!; slot < of.slotsFrom[index + 1]!; slot++)
    if (present[slot] === isPrimaryRole && tiers[slot] === 0 && primaryMoves[slot] === 0) return true
  return false
}

/** Somebody else stands or falls with it. */
export function isNeeded(of: Compiled, index: number): boolean {
  const isSponsor = of.dependentsOf[index]!.some(({ mode }) => mode !== 'start')
  return isSponsor || of.neededBy[of.assignments[index]!.component]!.length > 0
}

function keep(ledger: Ledger, index: number, role: GivenRole): void {
  const { of, situations } = ledger
  const wanted = wantedOf(situations, index)
  let left = role === isPrimaryRole ? wanted.primaryPreferred : wanted.secondaryPreferred
  for (let slot = of.slotsFrom[index]!; left > 0 && slot < of.slotsFrom[index + 1]!; slot++) {
    if (situations.present[slot] !== role) continue
    const isWell =
      role === isPrimaryRole
        ? situations.tiers[slot] === 0 && situations.primaryMoves[slot] === 0
        : situations.secondaryMoves[slot] === 0
    if (!isWell || !fits(ledger, slot, role)) continue
    place(ledger, slot, role)
    left--
  }
}

export interface Filling {
  readonly role: GivenRole
  /** Up to the required number only. */
  readonly isRequired: boolean
  /** Whatever must stand with it finds its own place. */
  readonly isAlone?: boolean
}

/** Places of one assignment, up to the number wanted. */
export function fill(ledger: Ledger, index: number, filling: Filling): void {
  const { situations } = ledger
  for (let left = shortOf(ledger, index, filling); left > 0; left--) {
    if (filling.role === isSecondaryRole && ledger.primaryCounts[index] === 0 && !hasPrimaryToFollow(situations, index))
      return
    const slot = nextSlot(ledger, index, filling)
    if (slot < 0) return
    place(ledger, slot, filling.role)
  }
}

function nextSlot(ledger: Ledger, index: number, filling: Filling): number {
  const isFirst = filling.role === isPrimaryRole && filling.isRequired && ledger.primaryCounts[index] === 0
  if (!isFirst || filling.isAlone || ledger.of.togethersOf[index]!.length === 0) return bestSlot(ledger, index, filling)
  const cluster = clusterOf(ledger.of, index)
  return cluster.length > 1 ? bestSlotForAll(ledger, index, cluster) : bestSlot(ledger, index, filling)
}

/** How many more it wants. */
export function shortOf(ledger: Ledger, index: number, { role, isRequired }: Filling): number {
  const { primaryRequired, primaryPreferred, secondaryRequired, secondaryPreferred } = ledger.of.assignments[index]!
  if (role === isPrimaryRole) return (isRequired ? primaryRequired : primaryPreferred) - ledger.primaryCounts[index]!
  return (isRequired ? secondaryRequired : secondaryPreferred) - ledger.secondaryCounts[index]!
}

/** The best place left for one more; -1: there is none. */
export function bestSlot(ledger: Ledger, index: number, filling: Filling): number {
  const { of, situations, roles } = ledger
  const may = filling.role === isPrimaryRole ? situations.mayBePrimary : situations.mayBeSecondary
  let best = -1
  for (let slot = of.slotsFrom[index]!; slot < of.slotsFrom[index + 1]!; slot++) {
    if (may[slot] === 0 || roles[slot] !== 0) continue
    if (best >= 0 && !isBetter(ledger, filling, slot, best)) continue
    if (fits(ledger, slot, filling.role) && keepsReserve(ledger, slot, filling.role)) best = slot
  }
  return best
}

/** Terms 2 and 4 to 10 of the objective (`cost.ts`), for one place more, of the same assignment. */
function isBetter(ledger: Ledger, { role, isRequired }: Filling, slot: number, best: number): boolean {
  const { of, situations } = ledger
  const isPrimary = role === isPrimaryRole
  const assignment = of.assignments[of.slotAssignments[slot]!]!
  const state = isPrimary ? (isRequired ? situations.tiers : null) : situations.heirs
  if (state !== null && state[slot] !== state[best]) return state[slot]! < state[best]!
  if (isPrimary) {
    const crowding = crowdsStandby(ledger, slot) - crowdsStandby(ledger, best)
    if (crowding !== 0) return crowding < 0
  }
  const wish = of.slotWishes[best]! - of.slotWishes[slot]!
  if (assignment.isFailingBack) {
    if (wish !== 0) return wish < 0
    if (assignment.isRanked) return slot < best
  }
  const moves = isPrimary ? situations.primaryMoves : situations.secondaryMoves
  if (moves[slot] !== moves[best]) return moves[slot]! < moves[best]!
  const met = wish + softness(ledger, slot, role) - softness(ledger, best, role)
  if (met !== 0) return met < 0
  if (assignment.isRanked) return slot < best
  const counts = isPrimary ? ledger.nodePrimaryCounts : ledger.nodeSecondaryCounts
  const balance = counts[of.slotNodes[slot]!]! - counts[of.slotNodes[best]!]!
  return balance < 0 || (balance === 0 && slot < best)
}

/** 1: it would make a component primary that had better be secondary for all others (N+M): then no place is left for secondaries. */
function crowdsStandby({ of, hostPrimaryCounts, situations }: Ledger, slot: number): 0 | 1 {
  const host = of.slotHosts[slot]!
  const component = of.hostComponents[host]!
  const { standbyHostCount } = of.components[component]!
  if (standbyHostCount === 0 || hostPrimaryCounts[host]! > 0) return 0
  let primaryHosts = 1
  for (let other = of.hostsFrom[component]!; other < of.hostsFrom[component + 1]!; other++)
    if (hostPrimaryCounts[other]! > 0) primaryHosts++
  const assignment = of.slotAssignments[slot]!
  let openHosts = 0
  for (let other = of.slotsFrom[assignment]!; other < of.slotsFrom[assignment + 1]!; other++)
    if (situations.mayBePrimary[other] === 1 || situations.mayBeSecondary[other] === 1) openHosts++
  return primaryHosts > openHosts - standbyHostCount ? 1 : 0
}

/** What soft relationships and releases have against the place. */
function softness(ledger: Ledger, slot: number, role: GivenRole): number {
  const { of } = ledger
  const assignment = of.slotAssignments[slot]!
  const node = of.slotNodes[slot]!
  let sum = of.hasReleases ? releaseSoftness(ledger, slot, role) : 0
  if (role === isPrimaryRole)
    for (const { weight, index, domains } of of.togethersOf[assignment]!) {
      if (weight === null) continue
      const here = ledger.together[index]!
      if (here[here.length - 1]! > 0 && here[domains[node]!]! === 0) sum += weight
    }
  for (const { weight, index, domains, classes } of of.apartsOf[assignment]!) {
    if (weight === null) continue
    const { memberCounts } = ledger.apart[index]!
    if (classes.length > 1) sum += memberCounts[domains[node]!]! > 0 ? weight : 0
  }
  return sum
}

function releaseSoftness({ of, roles, situations }: Ledger, slot: number, role: GivenRole): number {
  const assignment = of.slotAssignments[slot]!
  let differing = 0
  for (let other = of.slotsFrom[assignment]!; other < of.slotsFrom[assignment + 1]!; other++)
    if (roles[other] !== 0 && roles[other] !== role && situations.releases[other] !== situations.releases[slot])
      differing++
  return differing
}
