/**
 * What is known of one node's life (SPEC M1, E5): the failure of a node is the failure of all that runs on it, and how it
 * failed decides how long the CRIM waits before another node takes its exclusive roles.
 *
 *     unknown ──► alive ◄──► suspect ──► unreachable ──► isolated      silence: nothing is proven but by time
 *                   any of these ──► ended (ending ──► settled)        evidence: its processes have ended
 *       unreachable, isolated ──► ended.settled                          a fence confirmed that it is off
 *                   any of these ──► left                              it said good-bye, its components stopped
 *
 * - `unknown`: not heard of in this life of ours; `alive`: heard; `suspect`: silent for longer than it should be.
 * - `unreachable`: its silence is confirmed, and it may still act; `isolated`: it has been silent for so long that it has given up.
 * - `ended`: its processes are proven to have ended. `settled`: what died with its guard has gone, too.
 * - `left`: it said good-bye.
 *
 * Events: `peer.heard`, `peer.suspected`, `peer.confirmedSilent` from the heartbeats; `peer.ended` from the guards, which hold
 * connections to each other; `fence.confirmed` from the fencing of it; `peer.left` from the node itself; `mastership.acquired` from membership, when this node becomes
 * master; `timing.changed` from the node. The only effect is `node.changed`, for the CRIM and whoever else watches.
 *
 * The end of life k is the end of all that acts only if no later life can: this node may not have heard of one that a
 * predecessor commanded. Every life that was ever commanded is in the log (crim/lives.ts), and all of the log that a predecessor
 * acted on is in that of the master. So from `mastership.acquired` on, evidence about a life before `commandedLife`, and such as
 * was taken earlier, proves only that this life is over: the node is `unreachable`, and waited for. After the wait nothing that a
 * predecessor granted lasts (`logic/lease.ts`, I2), and a life that this master grants anything is one that it has heard.
 *
 * Invariants: the incarnation never goes back, and evidence about an older life changes nothing; a life that ended or left
 * never comes back, only a later one does; on the master `isolated` is said no sooner than `logic/lease.ts`
 * allows. A node may have such a machine for itself: once heard it stays alive, whatever is said of it.
 */
import { and, assign, enqueueActions, setup } from 'xstate'
import { isolationWaitMs, type LeaseTiming } from './logic/lease.ts'
import type { Timing } from './model/configuration.ts'
import type { Incarnation, NodeName } from './model/ids.ts'
import type { NodeAvailability } from './model/status.ts'

export interface NodeInput {
  readonly node: NodeName
  /** The node this runs on. */
  readonly self: NodeName
  readonly timing: LeaseTiming & Pick<Timing, 'endedGraceMs'>
}

export type NodeEvent =
  | { type: 'peer.heard'; incarnation: Incarnation }
  | { type: 'peer.suspected'; silentForMs: number }
  /** `waitedMs`: since it was last heard or, if that is later, since this node became master. */
  | { type: 'peer.confirmedSilent'; silentForMs: number; waitedMs: number }
  /** `incarnation` null: nothing of the node runs, whichever life was the last (a refused connection). */
  | { type: 'peer.ended'; incarnation: Incarnation | null; how: string }
  | { type: 'peer.left'; incarnation: Incarnation }
  /** It is off: nothing of that life runs, and no grace is needed. Counts only while it is silent. */
  | { type: 'fence.confirmed'; incarnation: Incarnation; how: string }
  /** From the next wait on: one that has begun is at least as long as what it waits for (`logic/lease.ts`, 5). */
  | { type: 'timing.changed'; timing: NodeInput['timing'] }
  /**
   * What earlier masters granted may have begun as late as now: a wait for isolation starts again. `commandedLife`: the latest that
   * any of them may have commanded, by the log; 0: none.
   */
  | { type: 'mastership.acquired'; commandedLife: Incarnation }

export interface NodeEffect {
  type: 'node.changed'
  node: NodeName
  availability: NodeAvailability
  incarnation: Incarnation
  /** Stable: `heard`, `silent`, `waited`, `mastership.acquired`, `laterLife`, `left`, or the evidence's own code. */
  how: string
}

export interface NodeContext extends NodeInput {
  /** As last said. */
  availability: NodeAvailability
  /** 0: none heard of yet. */
  incarnation: Incarnation
  /** The latest that earlier masters may have commanded; 0: none, or what they granted is over. */
  commandedLife: Incarnation
  /** What remains of the wait for isolation, at the event that began it. */
  isolationMs: number
  /** Code of the evidence that it ended. */
  endedHow: string
}

function incarnationOf(event: NodeEvent, context: NodeContext): Incarnation {
  return 'incarnation' in event ? (event.incarnation ?? context.incarnation) : context.incarnation
}

/** What `node.changed` says. `how` is that of the evidence if it is not given. */
interface Saying {
  readonly availability: NodeAvailability
  readonly how?: string
}

function isolationMsOf(event: NodeEvent, { timing }: NodeContext): number {
  return Math.max(0, Math.ceil(isolationWaitMs(timing) - ('waitedMs' in event ? event.waitedMs : 0)))
}

const nodeSetup = setup({
  types: {
    input: {} as NodeInput,
    context: {} as NodeContext,
    events: {} as NodeEvent,
    emitted: {} as NodeEffect,
  },
  guards: {
    isPeer: ({ context }) => context.node !== context.self,
    isLaterLife: ({ context, event }) => incarnationOf(event, context) > context.incarnation,
    /** Not about an older life. */
    isCurrent: ({ context, event }) => incarnationOf(event, context) >= context.incarnation,
    /** No later life may act for an earlier master. A refusal is about every life. */
    isOfLast: ({ context, event }) =>
      !('incarnation' in event) || (event.incarnation ?? Infinity) >= context.commandedLife,
    hasLaterLife: ({ context, event }) => 'commandedLife' in event && event.commandedLife > context.incarnation,
    /** A refusal does not say which life it is about, and may be older than what was heard since. */
    isNamed: ({ event }) => 'incarnation' in event && event.incarnation !== null,
  },
  actions: {
    say: enqueueActions(({ context: { node, incarnation, endedHow }, enqueue }, to: Saying) => {
      const { availability, how = endedHow } = to
      enqueue.assign({ availability })
      enqueue.emit({ type: 'node.changed', node, availability, incarnation, how })
    }),
    noteLife: assign({ incarnation: ({ context, event }) => incarnationOf(event, context) }),
    /** The life is over; of the later one nothing is known, not even its number. */
    noteOver: assign({ incarnation: ({ context, event }) => incarnationOf(event, context) + 1 }),
    noteCommanded: assign({
      commandedLife: ({ context, event }) => ('commandedLife' in event ? event.commandedLife : context.commandedLife),
    }),
    forgetCommanded: assign({ commandedLife: 0 }),
    noteEvidence: assign({ endedHow: ({ context, event }) => ('how' in event ? event.how : context.endedHow) }),
    noteTiming: assign({ timing: ({ context, event }) => ('timing' in event ? event.timing : context.timing) }),
    planIsolation: assign({ isolationMs: ({ context, event }) => isolationMsOf(event, context) }),
  },
  delays: {
    isolation: ({ context }) => context.isolationMs,
    endedGrace: ({ context }) => context.timing.endedGraceMs,
  },
})

const sayAlive = { type: 'say', params: { availability: 'alive', how: 'heard' } } as const
const saySuspect = { type: 'say', params: { availability: 'suspect', how: 'silent' } } as const
const sayUnreachable = { type: 'say', params: { availability: 'unreachable', how: 'silent' } } as const
const sayUnreachableAgain = {
  type: 'say',
  params: { availability: 'unreachable', how: 'mastership.acquired' },
} as const
const sayUnreachableLater = { type: 'say', params: { availability: 'unreachable', how: 'laterLife' } } as const
const sayEnded = { type: 'say', params: { availability: 'ended' } } as const
const sayIsolated = { type: 'say', params: { availability: 'isolated', how: 'waited' } } as const
const sayLeft = { type: 'say', params: { availability: 'left', how: 'left' } } as const

/** Heard again: the same life, as silence proves nothing, or a later one. */
const heard = { guard: 'isCurrent', target: 'alive', actions: ['noteLife', sayAlive] } as const
/** Heard after a life that is over for good. */
const heardAnew = { ...heard, guard: 'isLaterLife' } as const
const silent = { target: 'unreachable', actions: ['planIsolation', sayUnreachable] } as const
/** It ended or left in a life before the one that may act: that one is waited for. */
const supplanted = {
  guard: 'isCurrent',
  target: 'unreachable',
  actions: ['noteOver', 'planIsolation', sayUnreachableLater],
} as const
const end = {
  guard: and(['isCurrent', 'isOfLast']),
  target: 'ended',
  actions: ['noteLife', 'noteEvidence'],
} as const
const ended = [end, supplanted] as const
/** The wait for it is on its way already. */
const supplantedAgain = { guard: 'isCurrent', actions: ['noteOver', sayUnreachableLater] } as const
const fenced = { guard: 'isCurrent', target: 'ended.settled', actions: ['noteLife', 'noteEvidence', sayEnded] } as const
const leave = { guard: and(['isCurrent', 'isOfLast']), target: 'left', actions: ['noteLife', sayLeft] } as const
const left = [leave, supplanted] as const
/** Over, as far as this node knew. The log knows better. */
const acquiredAfterEnd = [
  {
    guard: 'hasLaterLife',
    target: '#node.unreachable',
    actions: ['noteCommanded', 'noteOver', 'planIsolation', sayUnreachableAgain],
  },
  { actions: 'noteCommanded' },
] as const

export const nodeMachine = nodeSetup.createMachine({
  id: 'node',
  context: ({ input }) => ({
    ...input,
    availability: 'unknown',
    incarnation: 0,
    commandedLife: 0,
    isolationMs: 0,
    endedHow: '',
  }),
  initial: 'unknown',
  on: { 'timing.changed': { actions: 'noteTiming' }, 'mastership.acquired': { actions: 'noteCommanded' } },
  states: {
    unknown: {
      on: { 'peer.heard': heard, 'peer.confirmedSilent': silent, 'peer.ended': ended, 'peer.left': left },
    },
    alive: {
      on: {
        'peer.heard': { guard: 'isLaterLife', actions: ['noteLife', sayAlive] },
        'peer.suspected': { guard: 'isPeer', target: 'suspect', actions: saySuspect },
        'peer.confirmedSilent': { ...silent, guard: 'isPeer' },
        'peer.ended': [
          { ...end, guard: and(['isPeer', 'isNamed', end.guard]) },
          { ...supplanted, guard: and(['isPeer', 'isNamed', 'isCurrent']) },
        ],
        'peer.left': [
          { ...leave, guard: and(['isPeer', leave.guard]) },
          { ...supplanted, guard: and(['isPeer', 'isCurrent']) },
        ],
      },
    },
    suspect: {
      on: { 'peer.heard': heard, 'peer.confirmedSilent': silent, 'peer.ended': ended, 'peer.left': left },
    },
    unreachable: {
      on: {
        'peer.heard': heard,
        'peer.ended': [end, supplantedAgain],
        'peer.left': [leave, supplantedAgain],
        'fence.confirmed': fenced,
        'mastership.acquired': { target: 'unreachable', reenter: true, actions: ['noteCommanded', 'planIsolation'] },
      },
      after: { isolation: { target: 'isolated', actions: ['forgetCommanded', sayIsolated] } },
    },
    isolated: {
      on: {
        'peer.heard': heard,
        'peer.ended': end,
        'peer.left': leave,
        'fence.confirmed': fenced,
        'mastership.acquired': {
          target: 'unreachable',
          actions: ['noteCommanded', 'planIsolation', sayUnreachableAgain],
        },
      },
    },
    ended: {
      initial: 'ending',
      on: {
        'peer.heard': heardAnew,
        'peer.ended': { ...end, guard: 'isLaterLife', reenter: true },
        'peer.left': { ...leave, guard: 'isLaterLife' },
        'mastership.acquired': acquiredAfterEnd,
      },
      states: {
        /** The guard is gone; its kernel is given a moment to end what died with it. */
        ending: {
          on: { 'peer.left': { ...leave, target: '#node.left' } },
          after: { endedGrace: { target: 'settled', actions: sayEnded } },
        },
        settled: {},
      },
    },
    left: {
      on: {
        'peer.heard': heardAnew,
        'peer.ended': { ...end, guard: 'isLaterLife' },
        'peer.left': { guard: 'isLaterLife', actions: ['noteLife', sayLeft] },
        'mastership.acquired': acquiredAfterEnd,
      },
    },
  },
})
