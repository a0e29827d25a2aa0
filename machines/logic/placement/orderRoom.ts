/**
 * Room: what is observed to be in a role, or was told to be, takes its weight, its place among those that its component can serve, and
 * keeps others apart; until it has left, or is known to be gone. So does what stops, or failed to (trap 14). What is to start waits
 * until there is room, and takes it in the order in which it is asked.
 */

import { hostOf } from '../../model/ids.ts'
import { stoppedAvailabilities } from '../../model/status.ts'
import type { CompiledApart } from './compile/relationships.ts'
import type { Compiled } from './compile.ts'
import { nodeNameOf, type Place, type Situation, type Wait } from './stepsPlace.ts'
import { standingOf } from './stepsYield.ts'

type Held = 'primary' | 'secondary' | null

export class Room {
  readonly #situation: Situation
  readonly #held = new Map<Place, Held>()
  readonly #byNode = new Map<string, Place[]>()

  /** What limits it is looked up for; where nothing does, nothing is counted. */
  constructor(situation: Situation) {
    this.#situation = situation
    if (!isLimited(situation.compiled)) return
    for (const assignment of Object.keys(situation.input.intents))
      for (const place of standingOf(situation, assignment).places) this.#enter(place)
  }

  /** Null: there is room for the place in the role. */
  whyNot(place: Place, role: 'primary' | 'secondary'): Wait | null {
    if (place.standing.index < 0) return null
    return this.#whyTooHeavy(place, role) ?? this.#whyNotServed(place, role) ?? this.#whyTooNear(place)
  }

  take(place: Place, role: 'primary' | 'secondary'): void {
    if (this.#held.get(place) !== 'primary') this.#held.set(place, role)
  }

  #enter(place: Place): void {
    const held = heldBy(this.#situation, place)
    const node = nodeNameOf(place)
    const there = this.#byNode.get(node) ?? []
    if (there.length === 0) this.#byNode.set(node, there)
    there.push(place)
    this.#held.set(place, held)
  }

  #others(place: Place): Place[] {
    const there = this.#byNode.get(nodeNameOf(place)) ?? []
    return there.filter((other) => other !== place && this.#held.get(other) !== null)
  }

  #whyTooHeavy(place: Place, role: 'primary' | 'secondary'): Wait | null {
    const { resources, capacities, nodeIndexes } = this.#situation.compiled
    const node = nodeIndexes.get(nodeNameOf(place))
    if (node === undefined) return null
    for (let resource = 0; resource < resources.length; resource++) {
      const needed = this.#weight(place, role, resource)
      const capacity = capacities[node * resources.length + resource]!
      if (needed === 0 || capacity === Number.POSITIVE_INFINITY) continue
      const others = this.#others(place)
      const taken = others.reduce((sum, other) => sum + this.#weight(other, this.#held.get(other)!, resource), 0)
      if (taken + needed <= capacity) continue
      const leaving = others.filter(
        (other) => this.#weight(other, this.#held.get(other)!, resource) > this.#weight(other, aimed(other), resource),
      )
      const text = `room: it needs ${needed} ${resources[resource]}, and ${nodeNameOf(place)} has ${Math.max(0, capacity - taken)} of ${capacity}`
      return waitFor(text, leaving)
    }
    return null
  }

  #weight({ standing: { index } }: Place, held: Held, resource: number): number {
    const { resources, primaryWeights, secondaryWeights } = this.#situation.compiled
    if (held === null || index < 0) return 0
    return (held === 'primary' ? primaryWeights : secondaryWeights)[index * resources.length + resource]!
  }

  #whyNotServed(place: Place, role: 'primary' | 'secondary'): Wait | null {
    const { assignments, components } = this.#situation.compiled
    const { isShared, limits } = components[assignments[place.standing.index]!.component]!
    if (!isShared) return null
    const host = hostOf(place.of.component)
    const served = this.#others(place).filter((other) => hostOf(other.of.component) === host)
    const alike = served.filter((other) => this.#held.get(other) === role)
    const unlike = served.filter((other) => this.#held.get(other) !== role)
    const countMax = role === 'primary' ? limits.primaryCountMax : limits.secondaryCountMax
    if (alike.length >= countMax)
      return waitFor(
        `a place in ${host}, which is ${role} for ${alike.length} and can be for ${countMax},`,
        alike.filter((other) => aimed(other) !== role),
      )
    if (unlike.length === 0 || limits.isMixed) return null
    const inTheWay = unlike[0]!
    return waitFor(
      `a place in ${host}, which can't be ${role} while it is ${this.#held.get(inTheWay)} for ${inTheWay.standing.assignment},`,
      unlike.filter((other) => aimed(other) === null || aimed(other) === role),
    )
  }

  /** One that stands there already comes no nearer. */
  #whyTooNear(place: Place): Wait | null {
    if (this.#held.get(place) != null) return null
    for (const apart of this.#situation.compiled.apartsOf[place.standing.index]!) {
      if (apart.weight !== null) continue
      const near = this.#near(place, apart)
      if (near.length === 0) continue
      const text = `${near[0]!.of.component} to leave its ${apart.level}, as ${apart.name} has it`
      return { text, on: near.filter((other) => aimed(other) === null), kind: 'other' }
    }
    return null
  }

  #near(place: Place, { domains, classes }: CompiledApart): Place[] {
    const { compiled, standingOf: standing } = this.#situation
    const domain = domainOf(compiled, domains, place)
    if (domain === undefined) return []
    const index = place.standing.index
    const opposed = new Set(
      classes.length === 1 ? [index] : classes.filter((members) => !members.includes(index)).flat(),
    )
    return [...opposed].flatMap((other) =>
      standing(compiled.assignments[other]!.name).places.filter(
        (near) => near !== place && this.#held.get(near) != null && domainOf(compiled, domains, near) === domain,
      ),
    )
  }
}

function domainOf({ nodeIndexes }: Compiled, domains: Int32Array, place: Place): number | undefined {
  const node = nodeIndexes.get(nodeNameOf(place))
  return node === undefined ? undefined : domains[node]
}

function waitFor(text: string, leaving: readonly Place[]): Wait {
  const names = leaving.slice(0, 3).map(({ of }) => of.component)
  const until = leaving.length === 0 ? '' : ` until ${names.join(', ')}${leaving.length > 3 ? ', …' : ''} left`
  return { text: `${text}${until}`, on: leaving, kind: 'other' }
}

function isLimited({ resources, aparts, components }: Compiled): boolean {
  return (
    resources.length > 0 || aparts.some(({ weight }) => weight === null) || components.some(({ isShared }) => isShared)
  )
}

/** What it will hold. One that is not to be touched keeps what it has. */
function aimed({ aim, of: { status } }: Place): Held {
  const role = aim ?? status?.role
  return role === 'primary' || role === 'quiescing' ? 'primary' : role === 'secondary' ? 'secondary' : null
}

/** What it holds: the more of what is observed, and what it was told to be. */
function heldBy({ input }: Situation, place: Place): Held {
  const { status, node, mayAct, component, intended } = place.of
  if (stoppedAvailabilities.includes(node)) return null
  const told = input.commanded[component]?.role
  const role = status === null ? intended?.role : status.role
  if (role === 'primary' || role === 'quiescing' || told === 'primary' || (mayAct && status !== null)) return 'primary'
  const isEnding = status !== null && status.role === 'offline' && status.phase !== 'stopped'
  return role === 'secondary' || told === 'secondary' || isEnding ? 'secondary' : null
}
