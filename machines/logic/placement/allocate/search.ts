/**
 * The best placement of a few assignments beside all others as they stand: depth first, the more important first, each with its choices
 * from the cheapest on; a branch ends where even the cheapest choices for the rest, taken each by itself, are no better than the best
 * that is known (branch and bound). Exact unless it runs out of trials, and then says so.
 */
import { addCosts, addOwnCost, type Cost, compareCosts, type Layout, mayFollow, softCost, zeroCost } from './cost.ts'
import { fits, type Ledger, place, remove } from './ledger.ts'
import { reserveHolds } from './reserve.ts'
import { isPrimaryRole, isSecondaryRole } from './situation.ts'
import { wantedOf } from './wanted.ts'

/** So many assignments are weighed against each other at most. */
export const islandCountMax = 8
/** So many choices of one of them; an assignment with more makes the search give up at once. */
export const choiceCountMax = 1024
/** So many choices are tried in one search. */
export const trialCountMax = 50_000

interface Choice {
  readonly primaries: readonly number[]
  readonly secondaries: readonly number[]
  readonly cost: Cost
}

export interface Found {
  /** Null: nothing better than what was known before. */
  readonly choices: readonly Choice[] | null
  readonly cost: Cost
  /** Nothing could be better than this, for these assignments alone. */
  readonly bound: Cost
  readonly isExhaustive: boolean
}

/** Members in the order of deciding, none of them in the ledger; `known`: what a solution costs that is there already. */
export function search(ledger: Ledger, layout: Layout, members: readonly number[], known: Cost | null): Found | null {
  const choices = members.map((index) => choicesOf(ledger, layout, index))
  if (choices.some((each) => each === null)) return null
  return new Search(ledger, layout, choices as Choice[][], known).run()
}

class Search {
  private trials = 0
  private best: Cost | null
  private bestChoices: readonly Choice[] | null = null
  private readonly chosen: Choice[] = []
  /** By depth: the least that the members from there on can cost. */
  private readonly rest: Cost[]

  constructor(
    private readonly ledger: Ledger,
    private readonly layout: Layout,
    private readonly choices: readonly (readonly Choice[])[],
    known: Cost | null,
  ) {
    this.best = known
    this.rest = [zeroCost(layout)]
    for (const each of [...choices].reverse()) this.rest.unshift(addCosts([...each[0]!.cost], this.rest[0]!))
  }

  run(): Found {
    this.descend(0, zeroCost(this.layout), softCost(this.ledger))
    return {
      choices: this.bestChoices,
      cost: this.best ?? zeroCost(this.layout),
      bound: this.rest[0]!,
      isExhaustive: this.trials <= trialCountMax,
    }
  }

  private descend(depth: number, cost: Cost, soft: number): void {
    if (depth === this.choices.length) return this.arrive(cost)
    for (const choice of this.choices[depth]!) {
      if (++this.trials > trialCountMax) return
      const least = addCosts([...cost], choice.cost)
      if (!this.isPromising(least, depth + 1)) return
      if (!this.take(choice)) continue
      const actual = this.withShared(choice, cost)
      const softNow = softCost(this.ledger)
      actual[this.layout.wishes] = actual[this.layout.wishes]! + softNow - soft
      if (this.isPromising(actual, depth + 1)) {
        this.chosen.push(choice)
        this.descend(depth + 1, actual, softNow)
        this.chosen.pop()
      }
      this.giveBack(choice)
    }
  }

  private isPromising(cost: Cost, depth: number): boolean {
    return this.best === null || compareCosts(addCosts([...cost], this.rest[depth]!), this.best) < 0
  }

  /** Own costs so far, with balance and relationships as they are now; both only grow with what is placed later. */
  private withShared(choice: Choice, before: Cost): Cost {
    const cost = addCosts([...before], choice.cost)
    const { balance } = this.layout
    const [primaries, secondaries] = this.balanceOf(choice)
    cost[balance] = before[balance]! + primaries
    cost[balance + 1] = before[balance + 1]! + secondaries
    return cost
  }

  /** What the choice, which is in the ledger, added to the squares. */
  private balanceOf({ primaries, secondaries }: Choice): [number, number] {
    const { nodePrimaryCounts, nodeSecondaryCounts, of } = this.ledger
    const added = (counts: Int32Array, slots: readonly number[]) =>
      slots.reduce((sum, slot) => sum + 2 * counts[of.slotNodes[slot]!]! - 1, 0)
    return [added(nodePrimaryCounts, primaries), added(nodeSecondaryCounts, secondaries)]
  }

  private arrive(cost: Cost): void {
    if (this.best !== null && compareCosts(cost, this.best) >= 0) return
    if (!reserveHolds(this.ledger)) return
    this.best = cost
    this.bestChoices = [...this.chosen]
  }

  private take(choice: Choice): boolean {
    const { ledger } = this
    const placed: number[] = []
    const all = [
      ...choice.primaries.map((slot) => [slot, isPrimaryRole] as const),
      ...choice.secondaries.map((slot) => [slot, isSecondaryRole] as const),
    ]
    for (const [slot, role] of all) {
      if (!fits(ledger, slot, role)) {
        for (const each of placed) remove(ledger, each)
        return false
      }
      place(ledger, slot, role)
      placed.push(slot)
    }
    return true
  }

  private giveBack({ primaries, secondaries }: Choice): void {
    for (const slot of primaries) remove(this.ledger, slot)
    for (const slot of secondaries) remove(this.ledger, slot)
  }
}

/** All that might be done for one assignment, cheapest first; null: too much. */
function choicesOf(ledger: Ledger, layout: Layout, index: number): Choice[] | null {
  const { situations, of } = ledger
  const slots = Array.from(
    { length: of.slotsFrom[index + 1]! - of.slotsFrom[index]! },
    (_, at) => of.slotsFrom[index]! + at,
  )
  const wanted = wantedOf(situations, index)
  const may = {
    primary: slots.filter((slot) => situations.mayBePrimary[slot]),
    secondary: slots.filter((slot) => situations.mayBeSecondary[slot]),
  }
  const choices: Choice[] = []
  for (const primaries of subsets(may.primary, wanted.primaryPreferred)) {
    const others = may.secondary.filter((slot) => !primaries.includes(slot))
    const most = mayFollow(situations, index, primaries.length) ? wanted.secondaryPreferred : 0
    for (const secondaries of subsets(others, most)) {
      if (choices.length >= choiceCountMax) return null
      choices.push({ primaries, secondaries, cost: leastCost(ledger, layout, { index, primaries, secondaries }) })
    }
  }
  return choices.sort((a, b) => compareCosts(a.cost, b.cost))
}

/** Its own, and what it adds to the balance if nothing else is added before it. */
function leastCost(
  { situations, of, nodePrimaryCounts, nodeSecondaryCounts }: Ledger,
  layout: Layout,
  choice: { index: number; primaries: readonly number[]; secondaries: readonly number[] },
): Cost {
  const cost = zeroCost(layout)
  addOwnCost(cost, layout, { situations, ...choice })
  for (const slot of choice.primaries)
    cost[layout.balance] = cost[layout.balance]! + 2 * nodePrimaryCounts[of.slotNodes[slot]!]! + 1
  for (const slot of choice.secondaries)
    cost[layout.balance + 1] = cost[layout.balance + 1]! + 2 * nodeSecondaryCounts[of.slotNodes[slot]!]! + 1
  return cost
}

/** Those of up to so many, the larger first. */
function* subsets(slots: readonly number[], countMax: number): Generator<readonly number[]> {
  for (let count = Math.min(countMax, slots.length); count >= 0; count--) yield* combinations(slots, count, 0, [])
}

function* combinations(
  slots: readonly number[],
  count: number,
  from: number,
  taken: readonly number[],
): Generator<readonly number[]> {
  if (count === 0) {
    yield taken
    return
  }
  for (let at = from; at <= slots.length - count; at++)
    yield* combinations(slots, count - 1, at + 1, [...taken, slots[at]!])
}
