import type { AnyMachineSnapshot, AnyStateMachine } from 'xstate'
import { initialStep, type Message, type StepResult, stateName, step } from '../../../src/engine/step.ts'

const elapsedType = 'time.elapsed'

/** Stands for the end of a delay, by its name in the machine's `delays`: the event the armed timer carries is delivered. */
export function elapse(delay: string): Message {
  return { type: elapsedType, delay }
}

/** A step a machine took, as a check or a transcript sees it. */
export interface Step {
  /** As it was sent; an elapsed delay is shown as such. */
  readonly event: Message
  /** What the machine was given. */
  readonly delivered: Message
  readonly before: AnyMachineSnapshot
  readonly after: AnyMachineSnapshot
  readonly effects: readonly Message[]
  /** Delays that this step armed and that run after it. */
  readonly armed: readonly { readonly name: string; readonly delayMs: number }[]
}

interface Timer {
  readonly name: string
  readonly event: Message
}

/** One life of a machine, driven by hand. Time does not pass: armed timers stay until they are cancelled or fired. */
export class Run {
  readonly machine: AnyStateMachine
  readonly first: Step
  #snapshot: AnyMachineSnapshot
  readonly #timers = new Map<string, Timer>()

  constructor(machine: AnyStateMachine, input: unknown) {
    this.machine = machine
    const result = initialStep(machine, input)
    this.#snapshot = result.snapshot
    const start = { type: 'start' }
    this.first = this.#taken({ event: start, delivered: start, before: result.snapshot }, result)
  }

  get snapshot(): AnyMachineSnapshot {
    return this.#snapshot
  }

  /** `primary.ready` */
  get state(): string {
    return stateName(this.#snapshot.value)
  }

  /** Names of the delays that run, in the order they were armed. */
  get timers(): readonly string[] {
    return [...this.#timers.values()].map((timer) => timer.name)
  }

  send(event: Message): Step {
    const before = this.#snapshot
    const delivered = this.#delivered(event)
    const result = step(this.machine, before, delivered)
    this.#snapshot = result.snapshot
    return this.#taken({ event, delivered, before }, result)
  }

  /** What the machine is given: for an elapsed delay, the event its timer carries. The timer is spent. */
  #delivered(event: Message): Message {
    if (event.type !== elapsedType) return event
    const found = [...this.#timers].find(([, timer]) => timer.name === event.delay)
    if (!found) throw new Error(`no delay '${event.delay}' runs in ${this.state}; running: ${this.timers.join(', ')}`)
    this.#timers.delete(found[0])
    return found[1].event
  }

  #taken(
    from: { event: Message; delivered: Message; before: AnyMachineSnapshot },
    { snapshot, effects, timers }: StepResult,
  ): Step {
    const armed = new Map<string, { name: string; delayMs: number }>()
    for (const timer of timers) {
      this.#timers.delete(timer.id)
      armed.delete(timer.id)
      if (timer.op === 'cancel') continue
      if (typeof timer.id !== 'string' || !Number.isFinite(timer.delayMs))
        throw new Error(`'${timer.event.type}' is raised without a delay or a name: the engine could not keep it`)
      const name = delayName(timer.id)
      this.#timers.set(timer.id, { name, event: timer.event })
      armed.set(timer.id, { name, delayMs: timer.delayMs })
    }
    return { ...from, after: snapshot, effects, armed: [...armed.values()] }
  }
}

/** XState names a timer `xstate.after.<delay>.<state>`. */
function delayName(id: string): string {
  return id.split('.')[2] ?? id
}
