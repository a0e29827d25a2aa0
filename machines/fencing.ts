/**
 * Fencing of one other node (DESIGN §3, SPEC E5): while it is silent and may still act, its fence agent is asked to cut its
 * power, beside the wait for its isolation. A confirmed fence is evidence: the node is known to have ended.
 *
 *     idle ──► delayed ──► fencing ──► confirmed        confirmed until the node is heard
 *               (race)      │    ▲
 *                           ▼    │
 *                        backingOff ──► failed          after so many attempts; an operator may order another
 *
 * - `idle`: nothing is to be fenced; `delayed`: for the other of a pair, or for it to come back; `fencing`: an attempt is under way.
 * - `backingOff`: an attempt failed, another follows; `failed`: the last one did; `confirmed`: it is off.
 *
 * Who fences: the master, a node on which an exclusive assignment may be active. In a cluster of two voters (`isPair`) each
 * fences the other, master or not, once it has been in touch with it in this life: a node that starts alone must not shoot
 * first. `delayMs` is how much later the better-ranked of a pair is shot, so that not both fall at once. Of a pair one that is known
 * to have ended is fenced too, if it does not come back within `comeBackMs`: evidence of an end gives nobody a majority, a fence does.
 * One that left in order is not: somebody works on it, and may say that it is off.
 *
 * Events: `node.changed` from the node's own machine, `need.changed` and `mastership.*` from the shell, `fence.succeeded` and
 * `fence.failed` from the runner, `fence.run` and `fence.confirm` from an operator. Effects: `fence.request`, and
 * `fence.abandon` when the node is heard again meanwhile; `fence.confirmed` for the node's machine and membership;
 * `fence.gaveUp`; `operation.answer`.
 *
 * Invariants: at most one attempt is under way; an answer to another attempt than that one changes nothing; `fence.confirmed`
 * is said only of a node that is silent or gone, and of the life that is; a node never fences itself (there is no machine for it).
 */
import { and, assign, enqueueActions, not, or, setup } from 'xstate'
import type { Incarnation, NodeName } from './model/ids.ts'
import type { OperationResult } from './model/operation.ts'
import type { NodeAvailability } from './model/status.ts'

export interface FencingInput {
  readonly node: NodeName
  readonly self: NodeName
  /** Whether there is an agent for it. Without one only an operator can confirm. */
  readonly hasAgent: boolean
  /** The cluster has two voters, these. */
  readonly isPair: boolean
  readonly delayMs: number
  /** For one of a pair that has ended to be started again, by its guard or its machine. */
  readonly comeBackMs: number
  readonly attemptCountMax: number
  /** Doubled after each failed attempt. */
  readonly retryDelayMs: number
}

export type FencingEvent =
  | { type: 'node.changed'; availability: NodeAvailability; incarnation: Incarnation }
  /** Whether an exclusive assignment may be active there. */
  | { type: 'need.changed'; isNeeded: boolean }
  | { type: 'mastership.acquired' }
  | { type: 'mastership.lost' }
  | { type: 'fence.succeeded'; attempt: number }
  | { type: 'fence.failed'; attempt: number; detail: string }
  /** An operator orders a fence, or says that the node is off. */
  | { type: 'fence.run'; id: string }
  | { type: 'fence.confirm'; id: string }

export type FencingEffect =
  | { type: 'fence.request'; node: NodeName; incarnation: Incarnation; attempt: number }
  | { type: 'fence.abandon'; node: NodeName; attempt: number }
  /** `how`: `fenced`, or `operator` when one said so. */
  | { type: 'fence.confirmed'; node: NodeName; incarnation: Incarnation; how: 'fenced' | 'operator' }
  | { type: 'fence.gaveUp'; node: NodeName; attemptCount: number; detail: string }
  | { type: 'operation.answer'; id: string; result: OperationResult }

export interface FencingContext extends FencingInput {
  availability: NodeAvailability
  incarnation: Incarnation
  isNeeded: boolean
  isMaster: boolean
  /** In this life of ours. */
  wasInTouch: boolean
  /** Number of the last attempt; never goes back. */
  attempt: number
  /** Of the present row of attempts. */
  attemptCount: number
  /** Why the last attempt failed; null when none has since the node was last heard. */
  failure: string | null
  /** The operator's order that waits for its answer. */
  orderId: string | null
}

/** Silent, and nothing proves that it has ended. */
const silentAvailabilities: readonly NodeAvailability[] = ['unreachable', 'isolated']

/** A fence of it would count for something. */
function isGone({ isPair, availability }: FencingContext): boolean {
  return silentAvailabilities.includes(availability) || (isPair && availability === 'ended')
}

const fencingSetup = setup({
  types: {
    input: {} as FencingInput,
    context: {} as FencingContext,
    events: {} as FencingEvent,
    emitted: {} as FencingEffect,
  },
  guards: {
    /** Of a pair an isolated peer is fenced too: that it has stopped its primaries does not make it lose its vote. */
    isWanted: ({ context }) => {
      const { hasAgent, isPair, isMaster, isNeeded, wasInTouch, availability } = context
      const isWantedOfPair = isPair && wasInTouch && isGone(context)
      return hasAgent && (isWantedOfPair || (isMaster && isNeeded && availability === 'unreachable'))
    },
    isGone: ({ context }) => isGone(context),
    isConfirmable: ({ context }) => isGone(context) || (context.isPair && context.availability === 'left'),
    hasAgent: ({ context }) => context.hasAgent,
    isOrdered: ({ context }) => context.orderId !== null,
    isHeardAgain: ({ event }) => event.type === 'node.changed' && event.availability === 'alive',
    isPresentAttempt: ({ context, event }) => 'attempt' in event && event.attempt === context.attempt,
    isLastAttempt: ({ context }) => context.attemptCount >= context.attemptCountMax,
  },
  actions: {
    noteNode: assign(({ context, event }) =>
      event.type === 'node.changed'
        ? {
            availability: event.availability,
            incarnation: Math.max(context.incarnation, event.incarnation),
            wasInTouch: context.wasInTouch || event.availability === 'alive',
          }
        : {},
    ),
    noteNeed: assign({
      isNeeded: ({ context, event }) => (event.type === 'need.changed' ? event.isNeeded : context.isNeeded),
    }),
    noteMastership: assign({ isMaster: ({ event }) => event.type === 'mastership.acquired' }),
    noteFailure: assign({ failure: ({ event }) => (event.type === 'fence.failed' ? event.detail : null) }),
    noteOrder: assign({ orderId: ({ event }) => ('id' in event ? event.id : null) }),
    startOver: assign({ attemptCount: 0, failure: null }),
    request: enqueueActions(({ context, enqueue }) => {
      const { node, incarnation } = context
      const attempt = context.attempt + 1
      enqueue.assign({ attempt, attemptCount: context.attemptCount + 1 })
      enqueue.emit({ type: 'fence.request', node, incarnation, attempt })
    }),
    abandon: enqueueActions(({ context: { node, attempt }, enqueue }) => {
      enqueue.emit({ type: 'fence.abandon', node, attempt })
    }),
    confirm: enqueueActions(({ context: { node, incarnation }, enqueue }, { how }: { how: 'fenced' | 'operator' }) => {
      enqueue.emit({ type: 'fence.confirmed', node, incarnation, how })
    }),
    giveUp: enqueueActions(({ context: { node, attemptCount, failure }, enqueue }) => {
      enqueue.emit({ type: 'fence.gaveUp', node, attemptCount, detail: failure ?? '' })
    }),
    /** To the order that waits. */
    answer: enqueueActions(({ context, enqueue }, { ok, text }: { ok: boolean; text: string }) => {
      const { orderId, node, failure } = context
      if (orderId === null) return
      const told = `${node} ${text}${ok || failure === null ? '' : `: ${failure}`}`
      enqueue.emit({ type: 'operation.answer', id: orderId, result: resultOf(ok, told) })
      enqueue.assign({ orderId: null })
    }),
    /** To an order that is not taken, or done at once. */
    reply: enqueueActions(({ context, event, enqueue }, { ok, text }: { ok: boolean; text: string }) => {
      if (!('id' in event)) return
      enqueue.emit({ type: 'operation.answer', id: event.id, result: resultOf(ok, `${context.node} ${text}`) })
    }),
  },
  delays: {
    race: ({ context: { isPair, delayMs, comeBackMs, availability } }) =>
      (isPair ? delayMs : 0) + (availability === 'ended' ? comeBackMs : 0),
    retry: ({ context }) => context.retryDelayMs * 2 ** Math.min(context.attemptCount - 1, 6),
  },
})

function resultOf(ok: boolean, text: string): OperationResult {
  return ok ? { ok, text } : { ok, code: 'refused', text }
}

const succeed = { type: 'answer', params: { ok: true, text: 'is fenced' } } as const
const fail = { type: 'answer', params: { ok: false, text: 'could not be fenced' } } as const
const refuseBusy = { type: 'reply', params: { ok: false, text: 'is being fenced already' } } as const
const refuseAgentless = { type: 'reply', params: { ok: false, text: 'has no fence agent' } } as const
const refuseHeard = {
  type: 'reply',
  params: { ok: false, text: 'is not silent: only a node that is unreachable or isolated can be said to be off' },
} as const
const taken = { type: 'reply', params: { ok: true, text: 'is taken to be off' } } as const

/** An operator's order is carried out whatever the node's state: it may be a node that is heard, and misbehaves. */
const order = [
  { guard: 'hasAgent', target: 'fencing', actions: ['startOver', 'noteOrder'] },
  { actions: refuseAgentless },
] as const
const byOperator = [
  {
    guard: 'isConfirmable',
    target: 'confirmed',
    actions: [{ type: 'confirm', params: { how: 'operator' } }, taken, succeed],
  },
  { actions: refuseHeard },
] as const
const byOperatorMeanwhile = [
  { ...byOperator[0], actions: ['abandon', ...byOperator[0].actions] },
  { actions: refuseHeard },
] as const
const noted = {
  'node.changed': { actions: 'noteNode' },
  'need.changed': { actions: 'noteNeed' },
  'mastership.acquired': { actions: 'noteMastership' },
  'mastership.lost': { actions: 'noteMastership' },
} as const

/** What was wanted and no longer is, because the node was heard or proved ended, or another is master. */
const isUnwanted = not(or(['isWanted', 'isOrdered']))

export const fencing = fencingSetup.createMachine({
  id: 'fencing',
  context: ({ input }) => ({
    ...input,
    availability: 'unknown',
    incarnation: 0,
    isNeeded: false,
    isMaster: false,
    wasInTouch: false,
    attempt: 0,
    attemptCount: 0,
    failure: null,
    orderId: null,
  }),
  initial: 'idle',
  on: noted,
  states: {
    idle: {
      always: { guard: 'isWanted', target: 'delayed', actions: 'startOver' },
      on: { 'fence.run': order, 'fence.confirm': byOperator },
    },
    delayed: {
      always: { guard: not('isWanted'), target: 'idle' },
      after: { race: 'fencing' },
      on: { 'fence.run': order, 'fence.confirm': byOperator },
    },
    fencing: {
      entry: 'request',
      always: { guard: isUnwanted, target: 'idle', actions: 'abandon' },
      on: {
        'fence.succeeded': [
          {
            guard: and(['isPresentAttempt', 'isGone']),
            target: 'confirmed',
            actions: [{ type: 'confirm', params: { how: 'fenced' } }, succeed],
          },
          // Ordered against a node that is heard: its silence will be noticed now, and its end be proven anew.
          { guard: 'isPresentAttempt', target: 'idle', actions: succeed },
        ],
        'fence.failed': [
          {
            guard: and(['isPresentAttempt', 'isLastAttempt']),
            target: 'failed',
            actions: ['noteFailure', 'giveUp', fail],
          },
          { guard: 'isPresentAttempt', target: 'backingOff', actions: 'noteFailure' },
        ],
        'fence.run': { actions: refuseBusy },
        'fence.confirm': byOperatorMeanwhile,
      },
    },
    backingOff: {
      always: { guard: isUnwanted, target: 'idle' },
      after: { retry: 'fencing' },
      on: { 'fence.run': { actions: refuseBusy }, 'fence.confirm': byOperator },
    },
    failed: {
      always: { guard: not('isGone'), target: 'idle' },
      on: {
        'mastership.acquired': { target: 'idle', actions: 'noteMastership' },
        'fence.run': order,
        'fence.confirm': byOperator,
      },
    },
    confirmed: {
      on: {
        'node.changed': [{ guard: 'isHeardAgain', target: 'idle', actions: 'noteNode' }, { actions: 'noteNode' }],
        'fence.run': order,
        'fence.confirm': { actions: taken },
      },
    },
  },
})
