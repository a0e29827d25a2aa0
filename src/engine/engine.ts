/**
 * Runs machines: one mailbox for all, one event at a time. Each step is recorded before its effects are performed
 * (DESIGN §2), so the black box knows at least what the world has seen. No machine ever sees a clock; delays come back
 * as events.
 */
import type { AnyMachineSnapshot, AnyStateMachine } from 'xstate'
import type { Clock } from './clock.ts'
import { type HybridTime, nextHybridTime } from './hybridClock.ts'
import type {
  Cause,
  EndRecord,
  NoteRecord,
  PendingTimer,
  Recorder,
  SnapshotRecord,
  StartRecord,
  StepRecord,
} from './record.ts'
import {
  hashOf,
  initialStep,
  type Message,
  type PersistedSnapshot,
  persist,
  restore,
  type StepResult,
  stateName,
  step,
} from './step.ts'

/** A machine and the version of its behaviour: raised whenever an old recording would no longer replay. */
export interface CatalogueEntry {
  readonly machine: AnyStateMachine
  readonly version: number
}

export interface EngineOptions {
  readonly node: string
  /** The node's life: goes up with each start of its process. */
  readonly incarnation: number
  readonly clock: Clock
  readonly catalogue: Readonly<Record<string, CatalogueEntry>>
  readonly recorder: Recorder
  /** Carries out one effect. `cause` names the step that asked for it. */
  readonly perform: (effect: Message, origin: { actor: string; cause: Cause }) => void
  /** Called after each step, its effects performed. */
  readonly onStep?: () => void
}

interface Actor {
  readonly machineName: string
  readonly entry: CatalogueEntry
  snapshot: AnyMachineSnapshot
  readonly timers: Map<string, { event: Message; deadlineMs: number; cancel: () => void }>
  /** Number of its last step. */
  sequence: number
}

interface Delivery {
  readonly actor: string
  readonly event: Message
  readonly cause: Cause | null
  /** What it became. */
  step: Cause | null
}

/** More undelivered events than this is a programming error: machines that talk in a circle. */
const mailboxLengthMax = 100_000

export class Engine {
  readonly #options: EngineOptions
  readonly #actors = new Map<string, Actor>()
  readonly #mailbox: Delivery[] = []
  #draining = false
  #sequence = 0
  #time: HybridTime = { us: 0, count: 0 }

  constructor(options: EngineOptions) {
    this.#options = options
  }

  /** Starts an actor. Its first effects are performed before this returns, unless called from within a step's effects. */
  start(actor: string, machineName: string, input: unknown): void {
    if (this.#actors.has(actor)) throw new Error(`actor '${actor}' is there already`)
    const entry = this.#entry(machineName)
    const result = initialStep(entry.machine, input)
    const started: Actor = { machineName, entry, snapshot: result.snapshot, timers: new Map(), sequence: 0 }
    this.#actors.set(actor, started)
    const record: StartRecord = {
      kind: 'start',
      ...this.#stamp(actor, result),
      machine: machineName,
      version: entry.version,
      input,
      effects: result.effects,
      timers: result.timers,
    }
    const isWithin = this.#draining
    this.#draining = true
    try {
      this.#finish(actor, started, result, record)
    } finally {
      this.#draining = isWithin
    }
    this.#drain()
  }

  /** Puts an actor back as it was, its delayed transitions armed again for what remained of them. */
  restore(
    actor: string,
    from: { machine: string; snapshot: PersistedSnapshot; timers: readonly PendingTimer[] },
  ): void {
    const entry = this.#entry(from.machine)
    const restored: Actor = {
      machineName: from.machine,
      entry,
      snapshot: restore(entry.machine, from.snapshot),
      timers: new Map(),
      sequence: 0,
    }
    this.#actors.set(actor, restored)
    for (const timer of from.timers)
      this.#arm(actor, restored, { id: timer.id, delayMs: timer.remainingMs, event: timer.event })
  }

  /** Ends an actor. Events that wait for it are dropped; its state is the last that anyone will know of it. */
  end(actor: string): void {
    const found = this.#actors.get(actor)
    if (!found) throw new Error(`no actor '${actor}' to end`)
    for (const id of [...found.timers.keys()]) this.#disarm(found, id)
    this.#actors.delete(actor)
    this.#options.recorder.append({ kind: 'end', ...this.#stamp(actor, found) } satisfies EndRecord)
    this.#options.onStep?.()
  }

  /** Enters into the black box what is no step. It may concern an actor, or something else of the node under a name of its own. */
  note({ kind, actor: name, event, cause }: Pick<NoteRecord, 'kind' | 'actor' | 'event' | 'cause'>): void {
    const actor = this.#actors.get(name)
    const state = actor ? stateName(actor.snapshot.value) : ''
    this.#options.recorder.append({ kind, ...this.#number(), actor: name, state, hash: 0, event, cause })
    this.#options.onStep?.()
  }

  /** The last step of an actor in this life, for what follows from it; null: it has taken none, or is not there. */
  lastStepOf(name: string): Cause | null {
    const { node, incarnation } = this.#options
    const sequence = this.#actors.get(name)?.sequence ?? 0
    return sequence === 0 ? null : { node, incarnation, sequence }
  }

  /** Delivers an event after those already waiting. An event for an actor that is not there is refused loudly. */
  send(actor: string, event: Message, cause: Cause | null = null): void {
    this.tell(actor, event, cause)
  }

  /** As `send`; returns the step that the event became, the cause of what else follows from the same fact. null: it waits for others. */
  tell(actor: string, event: Message, cause: Cause | null = null): Cause | null {
    if (!this.#actors.has(actor)) throw new Error(`no actor '${actor}' to take '${event.type}'`)
    if (this.#mailbox.length >= mailboxLengthMax) throw new Error(`mailbox full: '${event.type}' to '${actor}'`)
    const delivery: Delivery = { actor, event, cause, step: null }
    this.#mailbox.push(delivery)
    this.#drain()
    return delivery.step
  }

  /** Moves the hybrid clock past a timestamp that came from another node. */
  observe(heard: HybridTime): void {
    this.#time = nextHybridTime(this.#time, this.#options.clock.wallUs(), heard)
  }

  get time(): HybridTime {
    return this.#time
  }

  has(actor: string): boolean {
    return this.#actors.has(actor)
  }

  snapshot(actor: string): AnyMachineSnapshot {
    const found = this.#actors.get(actor)
    if (!found) throw new Error(`no actor '${actor}'`)
    return found.snapshot
  }

  /** All actors as records, for the head of a black-box segment. Their sequence is that of the last step taken. */
  snapshots(): SnapshotRecord[] {
    const nowMs = this.#options.clock.nowMs()
    return [...this.#actors].map(([name, actor]) => ({
      kind: 'snapshot',
      sequence: this.#sequence,
      time: this.#time,
      actor: name,
      state: stateName(actor.snapshot.value),
      hash: hashOf(actor.snapshot),
      machine: actor.machineName,
      version: actor.entry.version,
      snapshot: persist(actor.snapshot),
      timers: [...actor.timers].map(([id, timer]) => ({
        id,
        event: timer.event,
        remainingMs: Math.max(0, timer.deadlineMs - nowMs),
      })),
    }))
  }

  /** Ends all timers; nothing is delivered afterwards. */
  stop(): void {
    for (const actor of this.#actors.values()) for (const timer of actor.timers.values()) timer.cancel()
    this.#actors.clear()
    this.#mailbox.length = 0
  }

  #entry(machineName: string): CatalogueEntry {
    const entry = this.#options.catalogue[machineName]
    if (!entry) throw new Error(`no machine '${machineName}' in the catalogue`)
    return entry
  }

  #drain(): void {
    if (this.#draining) return
    this.#draining = true
    try {
      for (let next = this.#mailbox.shift(); next; next = this.#mailbox.shift()) this.#deliver(next)
    } finally {
      this.#draining = false
    }
  }

  #deliver(delivery: Delivery): void {
    const { actor: name, event, cause } = delivery
    const actor = this.#actors.get(name)
    if (!actor) return
    const result = step(actor.entry.machine, actor.snapshot, event)
    actor.snapshot = result.snapshot
    const record: StepRecord = {
      kind: 'step',
      ...this.#stamp(name, result),
      event,
      cause,
      effects: result.effects,
      timers: result.timers,
    }
    delivery.step = this.#finish(name, actor, result, record)
  }

  #stamp(actor: string, result: Pick<StepResult, 'snapshot'>) {
    return {
      ...this.#number(),
      actor,
      state: stateName(result.snapshot.value),
      hash: hashOf(result.snapshot),
    }
  }

  #number() {
    this.#time = nextHybridTime(this.#time, this.#options.clock.wallUs())
    this.#sequence += 1
    return { sequence: this.#sequence, time: this.#time }
  }

  /** Record, then timers, then effects: in this order. */
  #finish(name: string, actor: Actor, result: StepResult, record: StartRecord | StepRecord): Cause {
    actor.sequence = record.sequence
    this.#options.recorder.append(record)
    for (const timer of result.timers) {
      this.#disarm(actor, timer.id)
      if (timer.op === 'arm') this.#arm(name, actor, timer)
    }
    const { node, incarnation } = this.#options
    const cause = { node, incarnation, sequence: record.sequence }
    for (const effect of result.effects) this.#options.perform(effect, { actor: name, cause })
    this.#options.onStep?.()
    return cause
  }

  #disarm(actor: Actor, id: string): void {
    actor.timers.get(id)?.cancel()
    actor.timers.delete(id)
  }

  #arm(name: string, actor: Actor, timer: { id: string; delayMs: number; event: Message }): void {
    const { clock } = this.#options
    const cancel = clock.setTimer(timer.delayMs, () => {
      actor.timers.delete(timer.id)
      if (this.#actors.get(name) === actor) this.send(name, timer.event)
    })
    actor.timers.set(timer.id, { event: timer.event, deadlineMs: clock.nowMs() + timer.delayMs, cancel })
  }
}
