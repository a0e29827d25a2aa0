/**
 * One step of a machine as a pure function: snapshot and event in, snapshot and effects out, all of them data. Both the
 * engine and replay run machines through this, so what was recorded can be run again exactly (DESIGN §2, §7).
 *
 * XState's own `transition()` builds an actor a call (21 µs); here one inert scope a machine is kept (5 µs).
 */
import { type AnyMachineSnapshot, type AnyStateMachine, createActor } from 'xstate'
import { hashOfState } from './hash.ts'

/** Every event and effect: a type in dot.case and plain data. */
export interface Message {
  readonly type: string
  readonly [key: string]: unknown
}

/** What a step asks of the engine about time; everything else it asks is an effect. */
export type TimerChange =
  | { readonly op: 'arm'; readonly id: string; readonly delayMs: number; readonly event: Message }
  | { readonly op: 'cancel'; readonly id: string }

export interface StepResult {
  readonly snapshot: AnyMachineSnapshot
  readonly effects: readonly Message[]
  readonly timers: readonly TimerChange[]
}

interface ExecutableAction {
  readonly type: string
  readonly params?: {
    readonly event?: Message
    readonly id?: string
    readonly delay?: number
    readonly sendId?: string
  }
}

type Scope = Parameters<AnyStateMachine['transition']>[2]

const scopes = new WeakMap<AnyStateMachine, { scope: Scope; collected: ExecutableAction[] }>()

/** A scope whose executor only collects. The actor in it is never started; it is there because XState asks for a `self`. */
function scopeOf(machine: AnyStateMachine): { scope: Scope; collected: ExecutableAction[] } {
  const known = scopes.get(machine)
  if (known) return known
  const self = createActor(machine, {
    snapshot: machine.resolveState({ value: machine.root.initial.target[0]!.key, context: {} }),
  })
  const collected: ExecutableAction[] = []
  const scope = {
    self,
    id: '',
    sessionId: '',
    logger: () => {},
    defer: () => {},
    system: self.system,
    stopChild: () => {},
    emit: () => {},
    actionExecutor: (action: ExecutableAction) => {
      collected.push(action)
    },
  } as unknown as Scope
  const made = { scope, collected }
  scopes.set(machine, made)
  return made
}

/** Starts a machine: its first snapshot and the effects of entering it. Throws what the machine throws: a programming error. */
export function initialStep(machine: AnyStateMachine, input: unknown): StepResult {
  const { scope, collected } = scopeOf(machine)
  collected.length = 0
  const created = machine.getInitialSnapshot(scope, input as never) as AnyMachineSnapshot
  return resultOf(created, collected)
}

/** Delivers one event. Throws what the machine throws: a programming error. */
export function step(machine: AnyStateMachine, snapshot: AnyMachineSnapshot, event: Message): StepResult {
  const { scope, collected } = scopeOf(machine)
  collected.length = 0
  return resultOf(machine.transition(snapshot, event, scope) as AnyMachineSnapshot, collected)
}

function resultOf(snapshot: AnyMachineSnapshot, actions: readonly ExecutableAction[]): StepResult {
  if (snapshot.status === 'error') throw snapshot.error
  const effects: Message[] = []
  const timers: TimerChange[] = []
  for (const { type, params } of actions) {
    if (type === 'xstate.emit') effects.push(params!.event!)
    else if (type === 'xstate.raise') {
      // Without a delay XState has taken it already, in this very step.
      if (params!.delay === undefined) continue
      if (params!.id === undefined) throw new Error(`a machine raised '${params!.event!.type}' later without a name`)
      timers.push({ op: 'arm', id: params!.id, delayMs: params!.delay, event: params!.event! })
    } else if (type === 'xstate.cancel') timers.push({ op: 'cancel', id: params!.sendId! })
    else throw new Error(`a machine asked for '${type}': only emitted effects and delays are allowed`)
  }
  return { snapshot, effects, timers }
}

/** The plain, lasting form of a snapshot: state value and context. */
export interface PersistedSnapshot {
  readonly value: unknown
  readonly context: unknown
}

export function persist(snapshot: AnyMachineSnapshot): PersistedSnapshot {
  return { value: snapshot.value, context: snapshot.context }
}

/** The snapshot again. Its delayed transitions are not armed by this (xstate #5331): the engine re-arms the timers kept beside it. */
export function restore(machine: AnyStateMachine, persisted: PersistedSnapshot): AnyMachineSnapshot {
  return machine.resolveState(persisted as never) as AnyMachineSnapshot
}

/** `primary.ready`, or `a.b|c.d` for parallel states. */
export function stateName(value: unknown): string {
  if (typeof value === 'string') return value
  return Object.entries(value as Record<string, unknown>)
    .map(([key, inner]) => {
      const below = stateName(inner)
      return below === '' ? key : `${key}.${below}`
    })
    .join('|')
}

/** Hash of a snapshot, as replay compares it. */
export function hashOf({ value, context }: AnyMachineSnapshot): number {
  return hashOfState(value, context)
}
