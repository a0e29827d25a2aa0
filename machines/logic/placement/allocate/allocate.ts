/**
 * Who gets which role (SPEC R2, R3, R5, R6; DESIGN §4), for all assignments together; the objective is in `cost.ts`.
 *
 * An assignment is *content* when it has all that it could have if it were alone, without moving (`wanted.ts`). If all are, nothing
 * changes: a fixpoint is found out in one pass. Otherwise the content ones stay and only the others are decided. If each of those gets
 * the best that it could get alone in the leading terms of the objective, that is the best for all: to move a content one could gain
 * nothing there and would cost a move. If not, the content ones that share something with them (a node's capacity, a component's
 * limits, a relationship) are decided anew with them.
 *
 * Few (`islandCountMax`) are decided exactly (`search.ts`); more greedily, with repair (`greedy.ts`, `repair.ts`), and nothing
 * moves unless that is better than to stay (`stay.ts`); `isExhaustive` is false then: a better placement may exist.
 */

import { continued } from './continue.ts'
import { addOwnCost, type Cost, compareCosts, type Layout, layoutFor, softCost, zeroCost } from './cost.ts'
import { failBack, placeGreedily, placePrimariesGreedily, placeTheRest } from './greedy.ts'
import { neighboursOf, withDependents } from './island.ts'
import { clear, copyOf, emptyLedger, fits, type GivenRole, type Ledger, place } from './ledger.ts'
import { repair } from './repair.ts'
import { giveBackReserved, reserveHolds } from './reserve.ts'
import { type Found, islandCountMax, search } from './search.ts'
import { isPrimaryRole, isSecondaryRole, type Situations } from './situation.ts'
import { unlessStaying } from './stay.ts'
import type { Survey } from './survey.ts'

export interface Allocation {
  readonly ledger: Ledger
  /** By assignment: 1 where it was decided anew, or displaced; the others have what they had. */
  readonly open: Uint8Array
  /** No better placement exists. */
  readonly isExhaustive: boolean
}

/** `before`: the allocation that the survey goes on from; it only saves work. */
export function allocate(survey: Survey, before: Allocation | null): Allocation {
  const begun = (before && continued(survey, before)) ?? begin(survey.situations)
  const { open } = begun
  const members = inOrder(begun.ledger, open)
  if (members.length === 0) return { ledger: begun.ledger, open, isExhaustive: true }
  const staying = copyOf(begun.ledger, survey.situations)
  const isExhaustive = decide(begun.ledger, members)
  const ledger = isExhaustive ? begun.ledger : unlessStaying(begun.ledger, staying, members)
  markDisplaced(ledger, open)
  return { ledger, open, isExhaustive }
}

/** Those that had all they could have, and have something else now. */
function markDisplaced({ of, situations, roles }: Ledger, open: Uint8Array): void {
  for (let slot = 0; slot < of.slotCount; slot++) {
    const index = of.slotAssignments[slot]!
    if (situations.fixed[slot] === 0 && roles[slot] !== situations.present[slot]) open[index] = 1
  }
}

type Begun = Pick<Allocation, 'ledger' | 'open'>

function begin(situations: Situations): Begun {
  const ledger = emptyLedger(situations)
  placeFixed(ledger)
  return { ledger, open: placeContent(ledger) }
}

/** What nothing is decided about is there, whether it fits or not. */
export function placeFixed(ledger: Ledger): void {
  const { situations, of } = ledger
  for (let slot = 0; slot < of.slotCount; slot++)
    if (situations.fixed[slot] !== 0) place(ledger, slot, situations.fixed[slot] as GivenRole)
  // Retired ones have no slot.
  ledger.primaryCounts.set(situations.fixedPrimaryCounts)
  ledger.secondaryCounts.set(situations.fixedSecondaryCounts)
}

/** Gives content assignments what they have; returns, by assignment, 1 for those that remain to be decided. */
function placeContent(ledger: Ledger): Uint8Array {
  const { situations, of } = ledger
  const open = new Uint8Array(of.assignments.length)
  for (let index = 0; index < open.length; index++)
    if (situations.isContent[index] === 0) withDependents(of, index, open)
  for (const index of of.order) {
    if (open[index] !== 0 || placePresent(ledger, index)) continue
    const before = open.slice()
    withDependents(of, index, open)
    for (let other = 0; other < open.length; other++) if (open[other] !== before[other]) clear(ledger, other)
  }
  return open
}

export function placePresent(ledger: Ledger, index: number): boolean {
  const { situations, of } = ledger
  for (let slot = of.slotsFrom[index]!; slot < of.slotsFrom[index + 1]!; slot++) {
    const role = situations.present[slot] as 0 | GivenRole
    if (role === 0) continue
    if (!fits(ledger, slot, role)) return false
    place(ledger, slot, role)
  }
  return true
}

function inOrder({ of }: Ledger, open: Uint8Array): number[] {
  const members: number[] = []
  for (let position = 0; position < of.order.length; position++) {
    const index = of.order[position]!
    if (open[index] !== 0) members.push(index)
  }
  return members
}

/** Places the members. True: nothing better exists. */
function decide(ledger: Ledger, members: readonly number[]): boolean {
  if (members.length > islandCountMax) return decideMany(ledger, members)
  const layout = layoutFor(ledger.of, members)
  const base = softCost(ledger)
  placeGreedily(ledger, members)
  const known = costOf(ledger, layout, members, base)
  const isAllowed = reserveHolds(ledger)
  const kept = rolesOf(ledger, members)
  for (const index of members) clear(ledger, index)
  const found = search(ledger, layout, members, isAllowed ? known : null)
  if (found?.choices) take(ledger, found)
  else restore(ledger, kept)
  if (found !== null && isBestAlone(found, layout)) return true
  const all = neighboursOf(ledger, members)
  if (all.length === members.length) return found?.isExhaustive === true
  return decideAll(ledger, members, all)
}

/** Each has, in the terms up to moves, all that it could have alone. */
function isBestAlone({ cost, bound, isExhaustive }: Found, layout: Layout): boolean {
  return isExhaustive && compareCosts(cost, bound, layout.wishes) <= 0
}

/** The members with what they share something with, where that is not too much. */
function decideAll(ledger: Ledger, members: readonly number[], all: readonly number[]): boolean {
  if (all.length > islandCountMax) {
    repair(ledger, members)
    giveBackReserved(ledger, members)
    return false
  }
  const layout = layoutFor(ledger.of, all)
  const kept = rolesOf(ledger, all)
  for (const index of all) clear(ledger, index)
  const base = softCost(ledger)
  restore(ledger, kept)
  const known = costOf(ledger, layout, all, base)
  const isAllowed = reserveHolds(ledger)
  for (const index of all) clear(ledger, index)
  const found = search(ledger, layout, all, isAllowed ? known : null)
  if (found?.choices) take(ledger, found)
  else restore(ledger, kept)
  return found?.isExhaustive === true
}

function decideMany(ledger: Ledger, members: readonly number[]): boolean {
  placePrimariesGreedily(ledger, members)
  repair(ledger, members)
  failBack(ledger, members)
  placeTheRest(ledger, members)
  giveBackReserved(ledger, members)
  return false
}

function take(ledger: Ledger, { choices }: Found): void {
  for (const { primaries, secondaries } of choices!) {
    for (const slot of primaries) place(ledger, slot, isPrimaryRole)
    for (const slot of secondaries) place(ledger, slot, isSecondaryRole)
  }
}

function rolesOf({ of, roles, situations }: Ledger, members: readonly number[]): [slot: number, role: GivenRole][] {
  const found: [number, GivenRole][] = []
  for (const index of members)
    for (let slot = of.slotsFrom[index]!; slot < of.slotsFrom[index + 1]!; slot++)
      if (roles[slot] !== 0 && situations.fixed[slot] === 0) found.push([slot, roles[slot] as GivenRole])
  return found
}

function restore(ledger: Ledger, kept: readonly [slot: number, role: GivenRole][]): void {
  for (const [slot, role] of kept) place(ledger, slot, role)
}

/** What the members cost as they stand in the ledger, others as they stand. */
function costOf(ledger: Ledger, layout: Layout, members: readonly number[], softBefore: number): Cost {
  const { of, situations, nodePrimaryCounts, nodeSecondaryCounts } = ledger
  const cost = zeroCost(layout)
  const kept = rolesOf(ledger, members)
  const slotsOf = (index: number, role: GivenRole) =>
    kept.flatMap(([slot, given]) => (given === role && of.slotAssignments[slot] === index ? [slot] : []))
  for (const index of members)
    addOwnCost(cost, layout, {
      situations,
      index,
      primaries: slotsOf(index, isPrimaryRole),
      secondaries: slotsOf(index, isSecondaryRole),
    })
  cost[layout.wishes] = cost[layout.wishes]! + softCost(ledger) - softBefore
  cost[layout.balance] = added(of.slotNodes, nodePrimaryCounts, kept, isPrimaryRole)
  cost[layout.balance + 1] = added(of.slotNodes, nodeSecondaryCounts, kept, isSecondaryRole)
  return cost
}

/** What the given places add to the sum of squares. */
function added(nodes: Int32Array, counts: Int32Array, kept: readonly [number, GivenRole][], role: GivenRole): number {
  const own = new Map<number, number>()
  for (const [slot, given] of kept) if (given === role) own.set(nodes[slot]!, (own.get(nodes[slot]!) ?? 0) + 1)
  let sum = 0
  for (const [node, count] of own) sum += counts[node]! ** 2 - (counts[node]! - count) ** 2
  return sum
}
