/**
 * Staged start: a node starts at most `startingCountMax` processes at a time, so that the cold start of a whole cluster, or the
 * failure of a node that had many components, does not take the processor away from all of them at once until none is ready in
 * time. Only what starts a process has to wait: a standby that runs is promoted at once, and stopping is never held back. Places of
 * one component have one process between them: what starts another of its places beside a first waits for nothing.
 *
 * A start holds its turn until the component is ready or has failed; `start.timeout` bounds that. Primaries come first.
 */
import { hostOf } from '../../model/ids.ts'
import type { Role } from '../../model/roles.ts'
import { needsProcess } from '../../model/standby.ts'
import type { Candidate } from './candidate.ts'
import { addWait, nodeNameOf, type Place, type Situation, type Wait } from './stepsPlace.ts'

export const startingCountMax = 4

/**
 * Lets those wait for their turn that would start one more process than a node may. `going` could be told now, those that come first
 * first; `there` is all that may be starting.
 */
export function stage(situation: Situation, going: readonly Place[], there: readonly Place[]): void {
  const turns = new Turns(situation)
  for (const place of there) if (turns.isStarting(place)) turns.take(place)
  for (const place of going) turns.ask(place)
}

class Turns {
  readonly #situation: Situation
  /** By node: hosts that start. */
  readonly #starting = new Map<string, Set<string>>()
  readonly #waits = new Map<string, Wait>()
  #running: ReadonlySet<string> | null = null

  constructor(situation: Situation) {
    this.#situation = situation
  }

  /** Its process is being started, or was commanded to be, and nothing was heard of that yet. */
  isStarting({ of, standing }: Place): boolean {
    const { status, component } = of
    if (status?.phase === 'preparing') return this.#hasProcess(standing.index, status.role)
    const commanded = this.#situation.input.commanded[component]
    return commanded !== undefined && this.#starts(of, standing.index, commanded.role)
  }

  take(place: Place): void {
    this.#startingOn(nodeNameOf(place)).add(hostOf(place.of.component))
  }

  ask(place: Place): void {
    if (!this.#starts(place.of, place.standing.index, place.next!) || this.isStarting(place)) return
    const host = hostOf(place.of.component)
    const node = nodeNameOf(place)
    const starting = this.#startingOn(node)
    if (starting.has(host) || this.#isRunning(place, host)) return
    if (starting.size < startingCountMax) starting.add(host)
    else addWait(place, this.#waitOf(node))
  }

  #startingOn(node: string): Set<string> {
    const known = this.#starting.get(node)
    if (known) return known
    const made = new Set<string>()
    this.#starting.set(node, made)
    return made
  }

  #waitOf(node: string): Wait {
    const known = this.#waits.get(node)
    if (known) return known
    const text = `its turn, as ${node} starts ${startingCountMax} already,`
    const made: Wait = { text, on: [], kind: 'other' }
    this.#waits.set(node, made)
    return made
  }

  #starts({ status }: Candidate, index: number, role: Role): boolean {
    return this.#hasProcess(index, role) && !this.#hasProcess(index, status?.role ?? 'offline')
  }

  /** One that is no longer configured is only stopped. */
  #hasProcess(index: number, role: Role): boolean {
    return index >= 0 && needsProcess(this.#situation.compiled.assignments[index]!.type.standby, role)
  }

  /** Another place of the component has the process already. */
  #isRunning({ standing }: Place, host: string): boolean {
    if (!this.#situation.compiled.assignments[standing.index]!.isShared) return false
    this.#running ??= this.#runningHosts()
    return this.#running.has(host)
  }

  #runningHosts(): ReadonlySet<string> {
    const { compiled, candidatesAt } = this.#situation
    const running = new Set<string>()
    for (const { isShared, assignments } of compiled.components)
      for (const index of isShared ? assignments : [])
        for (const { component, status } of candidatesAt(index))
          if (status?.phase === 'ready' && this.#hasProcess(index, status.role)) running.add(hostOf(component))
    return running
  }
}
