/**
 * Staged start: a node starts at most `startingCountMax` processes at a time, so that the cold start of a whole cluster, or the
 * failure of a node that had many components, does not take the processor away from all of them at once until none is ready in
 * time. Only what starts a process has to wait: a standby that runs is promoted at once, and stopping is never held back. Places of
 * one component have one process between them: what starts another of its places beside a first waits for nothing.
 *
 * A start holds its turn until the component is ready or has failed; `start.timeout` bounds that. Primaries come first.
 */
import { nodeOf } from '../../model/ids.ts'
import type { Role } from '../../model/roles.ts'
import { needsProcess } from '../../model/standby.ts'
import type { ComponentStatus } from '../../model/status.ts'
import { addWait, type Place, type Situation, type Standing, type Wait } from './stepsPlace.ts'

export const startingCountMax = 4

/**
 * Lets those wait for their turn that would start one more process than a node may. `going` could be told now, those that come first
 * first; `there` has all that may be starting.
 */
export function stage(situation: Situation, going: readonly Place[], there: readonly Standing[]): void {
  const turns = new Turns(situation)
  for (const { places } of there) for (const place of places) if (turns.isStarting(place)) turns.take(place)
  for (const place of going) turns.ask(place)
}

class Turns {
  readonly #situation: Situation
  readonly #isAnyCommanded: boolean
  /** By node: how many hosts start. */
  readonly #counts: Int32Array
  /** By host: 1 where it starts. */
  readonly #starting: Uint8Array
  /** By node. */
  readonly #waits: Wait[] = []
  /** By host: 1 where a process runs. */
  #running: Uint8Array | null = null

  constructor(situation: Situation) {
    this.#situation = situation
    this.#isAnyCommanded = Object.keys(situation.input.commanded).length > 0
    this.#counts = new Int32Array(situation.compiled.nodes.length)
    this.#starting = new Uint8Array(situation.compiled.hostCount)
  }

  /** Its process is being started, or was commanded to be, and nothing was heard of that yet. */
  isStarting({ of: { status, component }, standing: { index } }: Place): boolean {
    if (status?.phase === 'preparing') return this.#hasProcess(index, status.role)
    const commanded = this.#isAnyCommanded ? this.#situation.input.commanded[component] : undefined
    return commanded !== undefined && this.#starts(status, index, commanded.role)
  }

  /** One that is no longer configured has no slot; it counts all the same. */
  take({ of: { slot, component } }: Place): void {
    const { slotHosts, slotNodes, nodeIndexes } = this.#situation.compiled
    const node = slot < 0 ? nodeIndexes.get(nodeOf(component)) : slotNodes[slot]
    if (node === undefined || (slot >= 0 && this.#starting[slotHosts[slot]!] === 1)) return
    if (slot >= 0) this.#starting[slotHosts[slot]!] = 1
    this.#counts[node]! += 1
  }

  ask(place: Place): void {
    const { slot, status } = place.of
    if (slot < 0 || !this.#starts(status, place.standing.index, place.next!)) return
    const { slotHosts, slotNodes, assignments } = this.#situation.compiled
    const host = slotHosts[slot]!
    if (this.#starting[host] === 1) return
    if (assignments[place.standing.index]!.isShared && this.#isRunning(host)) return
    const node = slotNodes[slot]!
    if (this.#counts[node]! < startingCountMax) this.take(place)
    else addWait(place, this.#waitOn(node))
  }

  #waitOn(node: number): Wait {
    const known = this.#waits[node]
    if (known) return known
    const text = `its turn, as ${this.#situation.compiled.nodes[node]} starts ${startingCountMax} already,`
    const made: Wait = { text, on: [], kind: 'other' }
    this.#waits[node] = made
    return made
  }

  #starts(status: ComponentStatus | null, index: number, role: Role): boolean {
    return this.#hasProcess(index, role) && !this.#hasProcess(index, status?.role ?? 'offline')
  }

  /** One that is no longer configured is only stopped. */
  #hasProcess(index: number, role: Role): boolean {
    return index >= 0 && needsProcess(this.#situation.compiled.assignments[index]!.type.standby, role)
  }

  /** Another place of the component has the process already. */
  #isRunning(host: number): boolean {
    this.#running ??= this.#runningHosts()
    return this.#running[host] === 1
  }

  #runningHosts(): Uint8Array {
    const { compiled, candidatesAt } = this.#situation
    const running = new Uint8Array(compiled.hostCount)
    for (const { isShared, assignments } of compiled.components)
      for (const index of isShared ? assignments : [])
        for (const { slot, status } of candidatesAt(index))
          if (slot >= 0 && status?.phase === 'ready' && this.#hasProcess(index, status.role))
            running[compiled.slotHosts[slot]!] = 1
    return running
  }
}
