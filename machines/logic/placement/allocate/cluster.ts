/** Assignments that must stand together, when they are placed greedily: the first of them goes where all of them can. */
import type { Compiled } from '../compile.ts'
import { addOwnCost, type Cost, compareCosts, type Layout, layoutFor, zeroCost } from './cost.ts'
import { fill } from './greedy.ts'
import { fits, type Ledger, place, remove } from './ledger.ts'
import { isPrimaryRole } from './situation.ts'

/** All that must stand with it, itself included, in the order of deciding; just itself: nobody must. */
export function clusterOf(of: Compiled, index: number): number[] {
  if (!of.togethersOf[index]!.some(({ weight }) => weight === null)) return [index]
  const members = new Set([index])
  for (const member of members)
    for (const together of of.togethersOf[member]!)
      if (together.weight === null) for (const other of together.members) members.add(other)
  return [...of.order].filter((each) => members.has(each))
}

/** The best place for the first primary of the assignment, with those that go with it in mind; -1: there is none. */
export function bestSlotForAll(ledger: Ledger, index: number, cluster: readonly number[]): number {
  const { of, situations } = ledger
  const open = cluster.filter((member) => ledger.primaryCounts[member] === 0)
  const layout = layoutFor(of, open)
  const isFixed = isNeededOutside(of, cluster)
  let best = -1
  let bestCost: Cost | null = null
  for (let slot = of.slotsFrom[index]!; slot < of.slotsFrom[index + 1]!; slot++) {
    if (situations.mayBePrimary[slot] === 0 || ledger.roles[slot] !== 0 || !fits(ledger, slot, isPrimaryRole)) continue
    place(ledger, slot, isPrimaryRole)
    const cost = costWithOthers(ledger, layout, open)
    // Those that need them where they are would lose more than they gain by failing back.
    if (isFixed) cost.fill(0, layout.failBack, layout.moves)
    remove(ledger, slot)
    if (bestCost !== null && compareCosts(cost, bestCost) >= 0) continue
    best = slot
    bestCost = cost
  }
  return best
}

function isNeededOutside(of: Compiled, cluster: readonly number[]): boolean {
  return cluster.some(
    (member) =>
      of.neededBy[of.assignments[member]!.component]!.length > 0 ||
      of.dependentsOf[member]!.some(({ dependent, mode }) => mode !== 'start' && !cluster.includes(dependent)),
  )
}

/** As things stand, and the others placed beside it as far as they can be; they are taken back. */
function costWithOthers(ledger: Ledger, layout: Layout, open: readonly number[]): Cost {
  const placed: number[] = []
  const cost = zeroCost(layout)
  for (const member of open) {
    if (ledger.primaryCounts[member] === 0) {
      fill(ledger, member, { role: isPrimaryRole, isRequired: true, isAlone: true })
      placed.push(...primariesOf(ledger, member))
    }
    const own = {
      situations: ledger.situations,
      index: member,
      primaries: primariesOf(ledger, member),
      secondaries: [],
    }
    addOwnCost(cost, layout, own)
  }
  for (const slot of placed) remove(ledger, slot)
  return cost
}

function primariesOf({ of, roles, situations }: Ledger, index: number): number[] {
  const slots: number[] = []
  for (let slot = of.slotsFrom[index]!; slot < of.slotsFrom[index + 1]!; slot++)
    if (roles[slot] === isPrimaryRole && situations.fixed[slot] === 0) slots.push(slot)
  return slots
}
