/**
 * Room: what is observed to be in a role, or was told to be, takes its weight, its place among those that its component can serve, and
 * keeps others apart; until it has left, or is known to be gone. So does what stops, or failed to (trap 14). What is to start waits
 * until there is room, and takes it in the order in which it is asked.
 */
import { hostOf } from '../../model/ids.ts'
import { stoppedAvailabilities } from '../../model/status.ts'
import type { Candidate } from './candidate.ts'
import type { CompiledApart } from './compile/relationships.ts'
import type { Compiled } from './compile.ts'
import type { PlanInput } from './input.ts'
import { nodeNameOf, type Place, type Situation, type Wait } from './stepsPlace.ts'
import { standingAt } from './stepsYield.ts'

/** Bits of what a place holds; both, where it is on its way from the one to the other. */
const secondaryBit = 1
const primaryBit = 2

type Given = 'primary' | 'secondary'

const bitOf = (role: Given): number => (role === 'primary' ? primaryBit : secondaryBit)

/** Of what is no longer configured, but is still there: it has no slot, and it has its weight. */
interface Retired {
  readonly node: number
  readonly bits: number
}

export class Room {
  readonly #of: Compiled
  /** By slot. */
  readonly #held: Uint8Array
  /** By node and resource. */
  readonly #used: Float64Array
  readonly #hostPrimaries: Int32Array
  readonly #hostSecondaries: Int32Array
  /** By relationship, then by domain and class: how many places. */
  readonly #near: readonly Int32Array[]
  /** By assignment: what it was entered by. */
  readonly #entered: (readonly Candidate[] | undefined)[]
  readonly #retired = new Map<number, readonly Retired[]>()
  /** Slots that were given something, each followed by what it held before. */
  readonly #given: number[] = []
  #situation!: Situation
  #byNode: Map<number, number[]> | null = null

  constructor(of: Compiled) {
    this.#of = of
    this.#held = new Uint8Array(of.slotCount)
    this.#used = new Float64Array(of.nodes.length * of.resources.length)
    this.#hostPrimaries = new Int32Array(of.hostCount)
    this.#hostSecondaries = new Int32Array(of.hostCount)
    this.#near = of.aparts.map(({ classes }) => new Int32Array(of.nodes.length * classes.length))
    this.#entered = new Array(of.assignments.length)
  }

  /** Takes over what has changed since. */
  enter(situation: Situation): void {
    this.#situation = situation
    this.#byNode = null
    for (let index = 0; index < this.#entered.length; index++) {
      const candidates = situation.candidatesAt(index)
      if (candidates !== this.#entered[index]) this.#enterAnew(index, candidates)
    }
  }

  /** Null: there is room for the place in the role. */
  whyNot(place: Place, role: Given): Wait | null {
    if (place.of.slot < 0) return null
    return this.#whyTooHeavy(place, role) ?? this.#whyNotServed(place, role) ?? this.#whyTooNear(place)
  }

  take({ of: { slot } }: Place, role: Given): void {
    // A retired one is weighed as it is; nobody has to wait for what it takes up again.
    if (slot < 0) return
    const before = this.#held[slot]!
    this.#given.push(slot, before)
    this.#hold(slot, before | bitOf(role))
  }

  /** Undoes what was taken: what comes of it will be seen. */
  giveBack(): void {
    while (this.#given.length > 0) {
      const before = this.#given.pop()!
      this.#hold(this.#given.pop()!, before)
    }
  }

  #enterAnew(index: number, candidates: readonly Candidate[]): void {
    const { slotsFrom, nodeIndexes } = this.#of
    for (const { node, bits } of this.#retired.get(index) ?? []) this.#weigh(node, index, bits, -1)
    this.#retired.delete(index)
    // One that belongs to another for now is no candidate.
    for (let slot = slotsFrom[index]!; slot < slotsFrom[index + 1]!; slot++) this.#hold(slot, 0)
    const retired: Retired[] = []
    for (const candidate of candidates) {
      const bits = bitsOf(this.#situation.input, candidate)
      if (bits === 0) continue
      const node = candidate.slot < 0 ? nodeIndexes.get(nodeNameOf({ of: candidate })) : undefined
      if (candidate.slot >= 0) this.#hold(candidate.slot, bits)
      else if (node !== undefined) retired.push({ node, bits })
    }
    for (const { node, bits } of retired) this.#weigh(node, index, bits, 1)
    if (retired.length > 0) this.#retired.set(index, retired)
    this.#entered[index] = candidates
  }

  #hold(slot: number, bits: number): void {
    if (this.#held[slot] === bits) return
    this.#count(slot, this.#held[slot]!, -1)
    this.#held[slot] = bits
    this.#count(slot, bits, 1)
  }

  #count(slot: number, bits: number, by: 1 | -1): void {
    if (bits === 0) return
    const assignment = this.#of.slotAssignments[slot]!
    const host = this.#of.slotHosts[slot]!
    const node = this.#of.slotNodes[slot]!
    if (bits & primaryBit) this.#hostPrimaries[host]! += by
    if (bits & secondaryBit) this.#hostSecondaries[host]! += by
    this.#weigh(node, assignment, bits, by)
    for (const { index, domains, classes } of this.#of.apartsOf[assignment]!)
      classes.forEach((members, at) => {
        if (members.includes(assignment)) this.#near[index]![domains[node]! * classes.length + at]! += by
      })
  }

  #weigh(node: number, assignment: number, bits: number, by: 1 | -1): void {
    const count = this.#of.resources.length
    for (let resource = 0; resource < count; resource++)
      this.#used[node * count + resource]! += by * this.#weight(assignment, bits, resource)
  }

  #weight(assignment: number, bits: number, resource: number): number {
    const { resources, primaryWeights, secondaryWeights } = this.#of
    const at = assignment * resources.length + resource
    const primary = bits & primaryBit ? primaryWeights[at]! : 0
    return bits & secondaryBit ? Math.max(primary, secondaryWeights[at]!) : primary
  }

  #whyTooHeavy(place: Place, role: Given): Wait | null {
    const { resources, capacities, slotNodes } = this.#of
    const { standing } = place
    const { slot } = place.of
    for (let resource = 0; resource < resources.length; resource++) {
      const at = slotNodes[slot]! * resources.length + resource
      const before = this.#weight(standing.index, this.#held[slot]!, resource)
      const needed = this.#weight(standing.index, this.#held[slot]! | bitOf(role), resource)
      if (needed <= before || this.#used[at]! - before + needed <= capacities[at]!) continue
      const free = Math.max(0, capacities[at]! - this.#used[at]! + before)
      const text = `room: it needs ${needed} ${resources[resource]}, and ${nodeNameOf(place)} has ${free} of ${capacities[at]}`
      return waitFor(
        text,
        this.#others(place).filter(
          (other) => this.#held[other.of.slot]! & ~aimedBits(other) && this.#isLighter(other, resource),
        ),
      )
    }
    return null
  }

  #isLighter(place: Place, resource: number): boolean {
    const { standing } = place
    const { slot } = place.of
    const now = this.#weight(standing.index, this.#held[slot]!, resource)
    return now > this.#weight(standing.index, aimedBits(place), resource)
  }

  #whyNotServed(place: Place, role: Given): Wait | null {
    const { components, slotHosts, slotAssignments, assignments } = this.#of
    const { isShared, limits } = components[assignments[slotAssignments[place.of.slot]!]!.component]!
    if (!isShared) return null
    const host = slotHosts[place.of.slot]!
    const own = this.#held[place.of.slot]!
    const primaries = this.#hostPrimaries[host]! - (own & primaryBit ? 1 : 0)
    const secondaries = this.#hostSecondaries[host]! - (own & secondaryBit ? 1 : 0)
    const [alike, unlike] = role === 'primary' ? [primaries, secondaries] : [secondaries, primaries]
    const countMax = role === 'primary' ? limits.primaryCountMax : limits.secondaryCountMax
    if (alike >= countMax) {
      const text = `a place in ${hostOf(place.of.component)}, which is ${role} for ${alike} and can be for ${countMax},`
      return waitFor(text, this.#leaving(place, host, bitOf(role)))
    }
    if (unlike === 0 || limits.isMixed || (role === 'primary' && this.#areAllPromoted(place, host))) return null
    const other = role === 'primary' ? 'secondary' : 'primary'
    const text = `a place in ${hostOf(place.of.component)}, which can't be ${role} while it is ${other} for ${unlike},`
    return waitFor(text, this.#leaving(place, host, bitOf(other)))
  }

  /** Those that it is secondary for are to be primary there too: they go together. */
  #areAllPromoted(place: Place, host: number): boolean {
    return this.#secondariesOf(place, host).every(({ aim, next }) => aim === 'primary' && next === 'primary')
  }

  #secondariesOf(place: Place, host: number): Place[] {
    const isSecondaryHere = ({ of: { slot } }: Place) =>
      this.#of.slotHosts[slot] === host && (this.#held[slot]! & secondaryBit) !== 0
    return this.#others(place).filter(isSecondaryHere)
  }

  /**
   * Why the places of one component, which can't be primary and secondary at once, are not promoted together yet. Where that would
   * never be, one goes before the others: what they have as secondaries is not given up for it.
   */
  whyNotTogether(place: Place): Wait | null {
    if (place.of.slot < 0) return null
    const host = this.#of.slotHosts[place.of.slot]!
    const { isShared, limits } = this.#of.components[this.#of.hostComponents[host]!]!
    if (!isShared || limits.isMixed || this.#hostSecondaries[host] === 0) return null
    const awaited = this.#secondariesOf(place, host).filter(({ waits }) => waits.length > 0)
    if (awaited.length === 0) return null
    return { text: `${awaited[0]!.of.component}, to become primary together,`, on: awaited, kind: 'other' }
  }

  #leaving(place: Place, host: number, bit: number): Place[] {
    return this.#others(place).filter(
      (other) => this.#of.slotHosts[other.of.slot] === host && this.#held[other.of.slot]! & bit & ~aimedBits(other),
    )
  }

  /** One that stands there already comes no nearer. */
  #whyTooNear(place: Place): Wait | null {
    if (this.#held[place.of.slot] !== 0) return null
    for (const apart of this.#of.apartsOf[place.standing.index]!) {
      if (apart.weight !== null || !this.#isNear(place, apart)) continue
      const near = opposedTo(this.#of, place, apart)
        .filter((slot) => this.#held[slot] !== 0)
        .map((slot) => this.#placeOf(slot))
      if (near.length === 0) continue
      const text = `${near[0]!.of.component} to leave its ${apart.level}, as ${apart.name} has it,`
      return { text, on: near.filter((other) => aimedBits(other) === 0), kind: 'other' }
    }
    return null
  }

  /** Before they are looked for one by one. */
  #isNear({ of: { slot }, standing }: Place, { index, domains, classes }: CompiledApart): boolean {
    const from = domains[this.#of.slotNodes[slot]!]! * classes.length
    return classes.some(
      (members, at) =>
        (classes.length === 1 || !members.includes(standing.index)) && this.#near[index]![from + at]! > 0,
    )
  }

  /** On its node, and holding something. */
  #others({ of: { slot: own } }: Place): Place[] {
    this.#byNode ??= this.#slotsByNode()
    const slots = this.#byNode.get(this.#of.slotNodes[own]!) ?? []
    return slots.filter((slot) => slot !== own && this.#held[slot] !== 0).map((slot) => this.#placeOf(slot))
  }

  /** Of slots that hold something, or are to. */
  #slotsByNode(): Map<number, number[]> {
    const { slotNodes, slotCount } = this.#of
    const byNode = new Map<number, number[]>()
    for (let slot = 0; slot < slotCount; slot++) {
      if (this.#held[slot] === 0) continue
      const known = byNode.get(slotNodes[slot]!)
      if (known) known.push(slot)
      else byNode.set(slotNodes[slot]!, [slot])
    }
    return byNode
  }

  #placeOf(slot: number): Place {
    const standing = standingAt(this.#situation, this.#of.slotAssignments[slot]!)!
    return standing.places.find((place) => place.of.slot === slot)!
  }
}

/** Slots in its domain that it is to be apart from. */
function opposedTo(of: Compiled, { of: { slot }, standing }: Place, { domains, classes }: CompiledApart): number[] {
  const domain = domains[of.slotNodes[slot]!]
  const members =
    classes.length === 1 ? [standing.index] : classes.filter((members) => !members.includes(standing.index)).flat()
  const slots: number[] = []
  for (const member of new Set(members))
    for (let other = of.slotsFrom[member]!; other < of.slotsFrom[member + 1]!; other++)
      if (other !== slot && domains[of.slotNodes[other]!] === domain) slots.push(other)
  return slots
}

function waitFor(text: string, leaving: readonly Place[]): Wait {
  const names = leaving.slice(0, 3).map(({ of }) => of.component)
  const until = leaving.length === 0 ? '' : ` until ${names.join(', ')}${leaving.length > 3 ? ', …' : ''} left`
  return { text: `${text}${until}`, on: leaving, kind: 'other' }
}

/** What it will hold. One that is not to be touched keeps what it has. */
function aimedBits({ aim, of: { status } }: Place): number {
  const role = aim ?? status?.role
  return role === 'primary' || role === 'quiescing' ? primaryBit : role === 'secondary' ? secondaryBit : 0
}

/** What it holds: what is observed, and what it was told to be. Of one that is ending nobody knows what it was, and still has. */
function bitsOf({ commanded }: PlanInput, { component, node, status, intended, mayAct }: Candidate): number {
  if (node !== 'alive' && stoppedAvailabilities.includes(node)) return 0
  if (status?.role === 'offline' && status.phase !== 'stopped') return primaryBit | secondaryBit
  const role = status === null ? intended?.role : status.role
  const isPrimary = role === 'primary' || role === 'quiescing' || (mayAct && status !== null)
  // One that is to be a spare and is not yet may still have what it had.
  const isLeaving = status?.role === 'spare' && status.phase !== 'ready'
  const isSecondary = role === 'secondary' || isLeaving || commanded[component]?.role === 'secondary'
  return (isPrimary ? primaryBit : 0) | (isSecondary ? secondaryBit : 0)
}
