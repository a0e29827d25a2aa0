/**
 * Makes room for required primaries that found none when assignments were placed one after the other. On the place where it does least
 * harm, whatever holds the room gives way: secondaries, and primaries beyond the required, of anybody; the required primaries of what
 * is less important; and those of others if there is another place for them at once. What gave way is placed again where it can be.
 */
import { mayFollow } from './cost.ts'
import { bestSlot, isNeeded, placeTheRest } from './greedy.ts'
import { fits, type GivenRole, hasHostRoom, type Ledger, lacking, obstacleOf, place, remove } from './ledger.ts'
import { reserveHolds } from './reserve.ts'
import { isPrimaryRole, isSecondaryRole } from './situation.ts'
import { hasPrimaryToFollow } from './wanted.ts'

/** Room is made for so many assignments at most in one plan, the more important first. */
export const repairCountMax = 256

export function repair(ledger: Ledger, members: readonly number[]): void {
  const short = members.filter((index) => isShort(ledger, index)).slice(0, repairCountMax)
  if (short.length === 0) return
  // One of its secondaries may be who follows: they are placed again in the end.
  for (const index of short) clearSecondaries(ledger, index)
  const slotsByNode = slotsByNodeOf(ledger)
  const displaced = new Set<number>(members)
  for (const index of short) for (const other of makeRoom(ledger, slotsByNode, index)) displaced.add(other)
  const { positions } = ledger.of
  placeTheRest(
    ledger,
    [...displaced].sort((a, b) => positions[a]! - positions[b]!),
  )
}

function isShort({ of, primaryCounts, situations }: Ledger, index: number): boolean {
  if (primaryCounts[index]! >= of.assignments[index]!.primaryRequired) return false
  for (let slot = of.slotsFrom[index]!; slot < of.slotsFrom[index + 1]!; slot++)
    if (situations.mayBePrimary[slot] === 1) return true
  return false
}

function clearSecondaries(ledger: Ledger, index: number): void {
  const { of, situations, roles } = ledger
  for (let slot = of.slotsFrom[index]!; slot < of.slotsFrom[index + 1]!; slot++)
    if (roles[slot] === isSecondaryRole && situations.fixed[slot] === 0) remove(ledger, slot)
}

/** By node, each in the order of the slots. */
type SlotsByNode = readonly Int32Array[]

const slotsByNodes = new WeakMap<Ledger['of'], SlotsByNode>()

function slotsByNodeOf({ of }: Ledger): SlotsByNode {
  const known = slotsByNodes.get(of)
  if (known) return known
  const counts = new Int32Array(of.nodes.length)
  for (let slot = 0; slot < of.slotCount; slot++) counts[of.slotNodes[slot]!]!++
  const slots = Array.from(counts, (count) => new Int32Array(count))
  for (let slot = of.slotCount - 1; slot >= 0; slot--) {
    const node = of.slotNodes[slot]!
    slots[node]![--counts[node]!] = slot
  }
  slotsByNodes.set(of, slots)
  return slots
}

/** What was done to the ledger, to be undone. */
type Journal = [slot: number, before: 0 | GivenRole][]

interface Attempt {
  readonly slot: number
  /** Required primaries lost by importance, as one number; then all other places lost. */
  readonly harm: readonly [number, number]
}

/** Those that gave way. */
function makeRoom(ledger: Ledger, slotsByNode: SlotsByNode, index: number): readonly number[] {
  const { of, situations, roles } = ledger
  // Room that was made for another may do for it as well.
  const free = bestSlot(ledger, index, { role: isPrimaryRole, isRequired: true })
  if (free >= 0) {
    place(ledger, free, isPrimaryRole)
    return []
  }
  let best: Attempt | null = null
  for (let slot = of.slotsFrom[index]!; slot < of.slotsFrom[index + 1]!; slot++) {
    if (situations.mayBePrimary[slot] === 0 || roles[slot] !== 0) continue
    const journal: Journal = []
    const harm = tryRoom(ledger, slotsByNode, { slot, journal })
    undo(ledger, journal)
    if (harm && (best === null || isLess(harm, best.harm))) best = { slot, harm }
  }
  if (best === null) return []
  const journal: Journal = []
  tryRoom(ledger, slotsByNode, { slot: best.slot, journal })
  return journal.map(([slot]) => of.slotAssignments[slot]!)
}

const isLess = (a: Attempt['harm'], b: Attempt['harm']) => a[0] < b[0] || (a[0] === b[0] && a[1] < b[1])

/** Places a primary there, with all that has to give way. Null: it cannot be done, or should not. */
function tryRoom(
  ledger: Ledger,
  slotsByNode: SlotsByNode,
  { slot, journal }: { slot: number; journal: Journal },
): Attempt['harm'] | null {
  if (obstacleOf(ledger, slot, isPrimaryRole) !== null) return null
  const removed: [number, GivenRole][] = []
  for (const victim of victimsOf(ledger, slotsByNode, slot)) {
    if (fits(ledger, slot, isPrimaryRole)) break
    // Gone with a primary that gave way.
    if (ledger.roles[victim] === 0) continue
    removed.push([victim, ledger.roles[victim] as GivenRole])
    take(ledger, journal, victim)
  }
  if (!fits(ledger, slot, isPrimaryRole)) return null
  give(ledger, journal, slot, isPrimaryRole)
  const harm = resettle(ledger, journal, { removed, level: levelOf(ledger, slot) })
  return harm !== null && reserveHolds(ledger) ? harm : null
}

/** Back where they were, if there is room all the same, or elsewhere. Null: one would be lost that is as important. */
function resettle(
  ledger: Ledger,
  journal: Journal,
  { removed, level }: { removed: readonly [number, GivenRole][]; level: number },
): Attempt['harm'] | null {
  const { of } = ledger
  let [lost, others] = [0, 0]
  for (const [victim, role] of [...removed].reverse()) {
    const isFollowing =
      role === isPrimaryRole ||
      mayFollow(ledger.situations, of.slotAssignments[victim]!, ledger.primaryCounts[of.slotAssignments[victim]!]!)
    if (isFollowing && ledger.roles[victim] === 0 && fits(ledger, victim, role)) {
      give(ledger, journal, victim, role)
      continue
    }
    const index = of.slotAssignments[victim]!
    const isRequired = role === isPrimaryRole && ledger.primaryCounts[index]! < of.assignments[index]!.primaryRequired
    const instead = role === isPrimaryRole ? bestSlot(ledger, index, { role, isRequired }) : -1
    if (instead >= 0) give(ledger, journal, instead, role)
    else if (isRequired && of.assignments[index]!.level <= level) return null
    else if (isRequired) lost += 2 ** (of.levelCount - of.assignments[index]!.level)
    others++
  }
  return [lost, others]
}

function give(ledger: Ledger, journal: Journal, slot: number, role: 0 | GivenRole): void {
  journal.push([slot, ledger.roles[slot] as 0 | GivenRole])
  if (ledger.roles[slot] !== 0) remove(ledger, slot)
  if (role !== 0) place(ledger, slot, role)
}

/** The secondaries of an assignment go with its last primary, and are placed anew with it. */
function take(ledger: Ledger, journal: Journal, slot: number): void {
  const { of, situations, primaryCounts, roles } = ledger
  const index = of.slotAssignments[slot]!
  give(ledger, journal, slot, 0)
  if (primaryCounts[index]! > 0 || hasPrimaryToFollow(situations, index)) return
  for (let other = of.slotsFrom[index]!; other < of.slotsFrom[index + 1]!; other++)
    if (roles[other] === isSecondaryRole && situations.fixed[other] === 0) give(ledger, journal, other, 0)
}

function undo(ledger: Ledger, journal: Journal): void {
  for (let entry = journal.pop(); entry; entry = journal.pop()) {
    const [slot, before] = entry
    if (ledger.roles[slot] !== 0) remove(ledger, slot)
    if (before !== 0) place(ledger, slot, before)
  }
}

/** Whose room it could be, those that are missed least first. */
function victimsOf(ledger: Ledger, slotsByNode: SlotsByNode, slot: number): number[] {
  const { of } = ledger
  const isHostFull = !hasHostRoom(ledger, slot, isPrimaryRole)
  const isNodeFull = lacking(ledger, slot, isPrimaryRole) >= 0
  const isInTheWay = (other: number) =>
    (isHostFull && of.slotHosts[other] === of.slotHosts[slot]) || (isNodeFull && isHeavy(ledger, other))
  const victims: number[] = []
  for (const other of slotsByNode[of.slotNodes[slot]!]!)
    if (mayGiveWay(ledger, slot, other) && isInTheWay(other)) victims.push(other)
  const rank = (other: number) => (ledger.roles[other] === isSecondaryRole ? 0 : isExtra(ledger, other) ? 1 : 2)
  return victims.sort((a, b) => rank(a) - rank(b) || levelOf(ledger, b) - levelOf(ledger, a) || b - a)
}

/** Nothing else stands or falls with it. */
function mayGiveWay(ledger: Ledger, slot: number, other: number): boolean {
  const { of, situations, roles } = ledger
  const index = of.slotAssignments[other]!
  if (roles[other] === 0 || situations.fixed[other] !== 0 || index === of.slotAssignments[slot]) return false
  return !isNeeded(of, index) && !of.togethersOf[index]!.some(({ weight }) => weight === null)
}

function isExtra({ of, primaryCounts }: Ledger, slot: number): boolean {
  const index = of.slotAssignments[slot]!
  return primaryCounts[index]! > of.assignments[index]!.primaryRequired
}

function isHeavy({ of, roles }: Ledger, slot: number): boolean {
  const weights = roles[slot] === isPrimaryRole ? of.primaryWeights : of.secondaryWeights
  const from = of.slotAssignments[slot]! * of.resources.length
  for (let resource = 0; resource < of.resources.length; resource++) if (weights[from + resource]! > 0) return true
  return false
}

function levelOf({ of }: Ledger, slot: number): number {
  return of.assignments[of.slotAssignments[slot]!]!.level
}
