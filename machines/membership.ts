/**
 * CMM, the cluster membership monitor, as far as mastership goes (SPEC M1; DESIGN §3): when to campaign, when to act, when to give
 * up. How votes are counted and entries committed is the replicated log's (`logic/replicatedLog.ts`).
 *
 * - `offline`: not started, or on its way out.
 * - `spare`: follows nobody. `booting`: holds back, as an earlier life may have promised its vote; `waiting`: for its turn to campaign.
 * - `preCandidate`: asks whether it would be elected, which disturbs nobody; `candidate`: asks for votes.
 * - `forcing`: the other of two voters is fenced, and this one asks to go on alone.
 * - `secondary`: follows a leader; as its vice, it is the first to succeed it.
 * - `primary.claiming`: elected, not yet master: commits the no-op of its epoch and waits for its lease; `acting`: master.
 * - `quiescing`: has dropped its lease and is master no more; hands over to a successor if it has one.
 *
 * Invariants: never from primary to secondary directly; the lease is dropped before anything else about the end of a mastership
 * is said; `mastership.acquired` and `mastership.lost` alternate; the epoch never goes back.
 * Events: `leader.*` from heartbeats and the replica; `preVote.*`, `vote.*`, `candidacy.*`, `epoch.*`, `noop.*`, `lease.*`,
 * `vice.*`, `members.changed`, `mastership.offered` from the replica; `membership.*`, `mastership.resign`, `fence.confirmed`, `timing.changed` from the node.
 */
import { setup } from 'xstate'
import { atFirst, inSuccession, onceMore } from './membership/candidacy.ts'
import type {
  EventOf,
  MembershipContext,
  MembershipEffect,
  MembershipEvent,
  MembershipInput,
} from './membership/context.ts'
import { named } from './naming.ts'

export type {
  Mastership,
  MembershipContext,
  MembershipEffect,
  MembershipEvent,
  MembershipInput,
} from './membership/context.ts'

const machine = setup({
  types: {} as {
    context: MembershipContext
    input: MembershipInput
    events: MembershipEvent
    emitted: MembershipEffect
  },
  delays: {
    bootWait: ({ context }) => context.timing.leaderLeaseMs,
    candidacy: ({ context }) => context.candidacyDelayMs,
    candidacyTimeout: ({ context }) => context.candidacyTimeoutMs,
    /** For the successor to be elected; without one, quiescing is a state to have passed through. */
    handOver: ({ context }) => (context.successor === null ? 0 : context.timing.electionTimeoutMs),
  },
  guards: {
    isEligible: ({ context }) => context.isEligible,
    isAlone: ({ context }) => context.isEligible && context.voters.length === 1 && context.voters[0] === context.self,
    isUnseated: ({ event }) => !(event as EventOf<'members.changed'>).isEligible,
    /** Of two voters we are left, and follow nobody else. */
    isLeft: ({ context, event }) => {
      const { other } = event as EventOf<'fence.confirmed'>
      const isPair = context.voters.length === 2 && other !== context.self && context.voters.includes(other)
      return context.isEligible && isPair && (context.leader ?? other) === other
    },
    isStopping: ({ context }) => context.isStopping,
    hasLeader: ({ context }) => context.leader !== null && context.leader !== context.self,
    /** A claim to lead that can be true: of one epoch there is one leader. */
    isCredible: ({ context, event }) => isCredible(context, event as EventOf<'leader.heard'>),
    isLater: ({ context, event }) => epochOf(event) > context.epoch,
    /** Another leads in a later epoch. */
    isOvertaken: ({ context, event }) => {
      const heard = event as EventOf<'leader.heard'>
      return heard.epoch > context.epoch && isCredible(context, heard)
    },
    isNext: ({ context, event }) => epochOf(event) === context.epoch + 1,
    isCurrent: ({ context, event }) => epochOf(event) === context.epoch,
    isOfLeader: ({ context, event }) => 'leader' in event && event.leader === context.leader,
    isOffered: ({ context, event }) => {
      const { leader, epoch } = event as EventOf<'mastership.offered'>
      return isCredible(context, { leader, epoch }) && epoch === context.epoch && context.isEligible
    },
  },
})

function epochOf(event: MembershipEvent): number {
  return 'epoch' in event ? event.epoch : -1
}

function isCredible(context: MembershipContext, of: { leader: string | null; epoch: number }): boolean {
  if (of.leader === null || of.leader === context.self || of.epoch < context.epoch) return false
  return of.epoch > context.epoch || (context.leader ?? of.leader) === of.leader
}

/** Says who leads, if that is news. */
const announce = machine.enqueueActions(({ context, enqueue }) => {
  const { leader, epoch, vice, announced } = context
  if (announced && announced.leader === leader && announced.epoch === epoch && announced.vice === vice) return
  enqueue.assign({ announced: { leader, epoch, vice } })
  enqueue.emit({ type: 'leader.changed', leader, epoch, vice })
})

const actions = named({
  announce,
  noteStart: machine.assign(({ context, event }) => ({
    epoch: Math.max(context.epoch, epochOf(event)),
    isStopping: false,
    announced: null,
  })),
  noteStop: machine.assign({ isStopping: true }),
  noteEpoch: machine.assign(({ event }) => ({ epoch: epochOf(event), leader: null, vice: null })),
  /** Whoever follows may know less than its leader of who belongs to the log. */
  noteMembers: machine.assign(({ event }) => {
    const { voters, isEligible } = event as EventOf<'members.changed'>
    return { voters, isEligible }
  }),
  noteTiming: machine.assign(({ event }) => ({ timing: (event as EventOf<'timing.changed'>).timing })),
  noteFenced: machine.assign(({ event }) => ({
    fenced: (event as EventOf<'fence.confirmed'>).other,
    leader: null,
    vice: null,
  })),
  force: machine.emit(({ context }) => ({
    type: 'election.force',
    epoch: context.epoch + 1,
    other: context.fenced!,
  })),
  forgetFenced: machine.assign({ fenced: null }),
  noteVice: machine.assign(({ event }) => ({ vice: (event as EventOf<'vice.chosen'>).vice })),
  noteOffer: machine.assign(({ event }) => {
    const { leader, epoch } = event as EventOf<'mastership.offered'>
    return { transfer: { leader, epoch } }
  }),
  /** Takes the leader over and has the replica do so, unless nothing is new. */
  follow: machine.enqueueActions(({ context, event, enqueue }) => {
    const { leader, epoch, vice } = event as EventOf<'leader.heard'>
    if (context.leader === leader && context.epoch === epoch && context.vice === vice) return
    enqueue.assign({ leader, epoch, vice })
    enqueue.emit({ type: 'leader.follow', leader, epoch, vice })
  }),
  unfollow: machine.emit({ type: 'leader.forget' }),
  waitInSuccession: machine.assign(({ context }) => ({ ...inSuccession(context), leader: null, vice: null })),
  waitAtFirst: machine.assign(({ context }) => atFirst(context)),
  waitOnceMore: machine.assign(({ context }) => onceMore(context)),
  askPreVote: machine.emit(({ context }) => ({ type: 'election.preVote', epoch: context.epoch + 1 })),
  /** The new epoch is ours from here on, won or not. */
  askVote: machine.enqueueActions(({ context, enqueue }) => {
    const epoch = context.epoch + 1
    enqueue.assign({ epoch, leader: null, vice: null })
    enqueue.emit({ type: 'election.vote', epoch, transfer: context.transfer })
  }),
  forgetOffer: machine.assign({ transfer: null }),
  abandon: machine.emit({ type: 'election.abandon' }),
  claim: machine.enqueueActions(({ context, enqueue }) => {
    enqueue.assign({ leader: context.self })
    enqueue.emit({ type: 'log.claim', epoch: context.epoch })
  }),
  acquire: machine.enqueueActions(({ context, enqueue }) => {
    enqueue.assign({ masterEpoch: context.epoch })
    enqueue.emit({ type: 'mastership.acquired', epoch: context.epoch })
  }),
  /** First of all that is done about the end of a mastership, whatever ends it. */
  release: machine.enqueueActions(({ context, enqueue }) => {
    enqueue.emit({ type: 'lease.drop' })
    if (context.masterEpoch !== null) enqueue.emit({ type: 'mastership.lost', epoch: context.masterEpoch })
    enqueue.assign({ masterEpoch: null })
  }),
  chooseSuccessor: machine.assign(({ context, event }) => {
    const wanted = (event.type === 'mastership.resign' ? event.successor : null) ?? context.vice
    return { successor: wanted !== null && wanted !== context.self && context.voters.includes(wanted) ? wanted : null }
  }),
  forgetLeader: machine.assign({ leader: null, vice: null }),
  /** The replica leads on, for the successor's sake only, if there is one. */
  handOver: machine.enqueueActions(({ context: { successor, epoch }, enqueue }) => {
    if (successor === null) enqueue.emit({ type: 'log.resign' })
    else enqueue.emit({ type: 'mastership.transfer', to: successor, epoch })
  }),
  finish: machine.enqueueActions(({ context: { successor }, enqueue }) => {
    if (successor !== null) enqueue.emit({ type: 'log.resign' })
    enqueue.assign({ successor: null })
  }),
})

const followed = { guard: 'isCredible', target: '#membership.secondary', actions: actions.follow } as const
const offered = {
  guard: 'isOffered',
  target: '#membership.candidate',
  actions: [actions.noteOffer, actions.waitOnceMore],
} as const
const left = {
  guard: 'isLeft',
  target: '#membership.forcing',
  actions: [actions.noteFenced, actions.waitOnceMore],
} as const
const stopped = { target: '#membership.offline', actions: actions.noteStop } as const
const overtaken = { guard: 'isLater', target: '#membership.spare.waiting' } as const
const leaderGone = {
  guard: 'isOfLeader',
  target: 'spare.waiting',
  actions: [actions.waitInSuccession, actions.unfollow],
} as const

/** Neither kind of candidacy outlasts the word of a leader, or its time. */
const givenUp = [actions.abandon, actions.waitOnceMore]
const unseated = {
  guard: 'isUnseated',
  target: 'spare.waiting',
  actions: [actions.abandon, actions.noteMembers, actions.waitOnceMore],
} as const

const spare = machine.createStateConfig({
  initial: 'booting',
  always: [
    { guard: 'isStopping', target: 'offline' },
    { guard: 'hasLeader', target: 'secondary' },
  ],
  on: {
    'leader.heard': followed,
    'mastership.offered': offered,
    'membership.stop': stopped,
  },
  states: {
    booting: {
      always: { guard: 'isAlone', target: 'waiting', actions: actions.waitAtFirst },
      after: { bootWait: { target: 'waiting', actions: actions.waitAtFirst } },
      on: { 'epoch.raised': { guard: 'isLater', actions: actions.noteEpoch } },
    },
    waiting: {
      entry: actions.announce,
      after: { candidacy: { guard: 'isEligible', target: '#membership.preCandidate' } },
      on: {
        'epoch.raised': { ...overtaken, reenter: true, actions: [actions.noteEpoch, actions.waitOnceMore] },
        'members.changed': { target: 'waiting', reenter: true, actions: [actions.noteMembers, actions.waitOnceMore] },
        'fence.confirmed': left,
      },
    },
  },
})

const primary = machine.createStateConfig({
  initial: 'claiming',
  exit: actions.release,
  on: {
    'members.changed': [
      {
        guard: 'isUnseated',
        target: 'quiescing',
        actions: [actions.noteMembers, actions.waitOnceMore, actions.chooseSuccessor, actions.forgetLeader],
      },
      { actions: actions.noteMembers },
    ],
    'lease.lost': { target: 'quiescing', actions: [actions.waitOnceMore, actions.forgetLeader] },
    'epoch.raised': { guard: 'isLater', target: 'quiescing', actions: [actions.waitOnceMore, actions.noteEpoch] },
    'leader.heard': { guard: 'isOvertaken', target: 'quiescing', actions: [actions.waitOnceMore, actions.follow] },
    'mastership.resign': {
      target: 'quiescing',
      actions: [actions.waitOnceMore, actions.chooseSuccessor, actions.forgetLeader],
    },
    'membership.stop': {
      target: 'quiescing',
      actions: [actions.noteStop, actions.waitOnceMore, actions.chooseSuccessor, actions.forgetLeader],
    },
  },
  states: {
    claiming: {
      entry: actions.claim,
      on: {
        'noop.committed': { guard: 'isCurrent', target: 'acting' },
        'vice.chosen': { actions: actions.noteVice },
      },
    },
    acting: {
      entry: [actions.acquire, actions.announce],
      on: { 'vice.chosen': { actions: [actions.noteVice, actions.announce] } },
    },
  },
})

const quiescing = machine.createStateConfig({
  entry: [actions.handOver, actions.announce],
  exit: actions.finish,
  after: { handOver: 'spare.waiting' },
  on: {
    'epoch.raised': { guard: 'isLater', target: 'spare.waiting', actions: actions.noteEpoch },
    'leader.heard': { guard: 'isOvertaken', target: 'spare.waiting', actions: actions.follow },
    'membership.stop': { actions: actions.noteStop },
  },
})

export const membership = machine.createMachine({
  id: 'membership',
  context: ({ input }) => ({
    ...input,
    isEligible: input.isEligible ?? input.voters.includes(input.self),
    epoch: 0,
    leader: null,
    vice: null,
    announced: null,
    candidacyDelayMs: 0,
    candidacyTimeoutMs: 0,
    transfer: null,
    fenced: null,
    successor: null,
    masterEpoch: null,
    isStopping: false,
  }),
  initial: 'offline',
  on: {
    'members.changed': { actions: actions.noteMembers },
    'timing.changed': { actions: actions.noteTiming },
  },
  states: {
    offline: {
      entry: actions.forgetLeader,
      on: { 'membership.start': { target: 'spare', actions: actions.noteStart } },
    },
    spare,
    preCandidate: {
      entry: actions.askPreVote,
      after: { candidacyTimeout: { target: 'spare.waiting', actions: givenUp } },
      on: {
        'preVote.won': { guard: 'isNext', target: 'candidate' },
        'members.changed': [unseated, { actions: actions.noteMembers }],
        'fence.confirmed': { ...left, actions: [actions.abandon, ...left.actions] },
        'candidacy.refused': { guard: 'isNext', target: 'spare.waiting', actions: actions.waitOnceMore },
        'epoch.raised': { ...overtaken, actions: [actions.abandon, actions.noteEpoch, actions.waitOnceMore] },
        'leader.heard': followed,
        'mastership.offered': offered,
        'membership.stop': { ...stopped, actions: [actions.abandon, actions.noteStop] },
      },
    },
    candidate: {
      entry: actions.askVote,
      exit: actions.forgetOffer,
      after: { candidacyTimeout: { target: 'spare.waiting', actions: givenUp } },
      on: {
        'vote.won': { guard: 'isCurrent', target: 'primary' },
        'members.changed': [unseated, { actions: actions.noteMembers }],
        'candidacy.refused': { guard: 'isCurrent', target: 'spare.waiting', actions: actions.waitOnceMore },
        'epoch.raised': { ...overtaken, actions: [actions.abandon, actions.noteEpoch, actions.waitOnceMore] },
        'leader.heard': followed,
        'membership.stop': { ...stopped, actions: [actions.abandon, actions.noteStop] },
      },
    },
    forcing: {
      entry: [actions.announce, actions.force],
      exit: actions.forgetFenced,
      after: { candidacyTimeout: { target: 'spare.waiting', actions: givenUp } },
      on: {
        'vote.won': { guard: 'isNext', target: 'primary', actions: actions.noteEpoch },
        'candidacy.refused': { guard: 'isNext', target: 'spare.waiting', actions: actions.waitOnceMore },
        'epoch.raised': { ...overtaken, actions: [actions.abandon, actions.noteEpoch, actions.waitOnceMore] },
        'leader.heard': followed,
        'members.changed': [unseated, { actions: actions.noteMembers }],
        'membership.stop': { ...stopped, actions: [actions.abandon, actions.noteStop] },
      },
    },
    secondary: {
      entry: actions.announce,
      on: {
        'leader.heard': { guard: 'isCredible', actions: [actions.follow, actions.announce] },
        'fence.confirmed': { ...left, actions: [...left.actions, actions.unfollow] },
        'leader.suspected': leaderGone,
        'leader.ended': leaderGone,
        'leader.resigned': leaderGone,
        'epoch.raised': { ...overtaken, actions: [actions.noteEpoch, actions.waitOnceMore] },
        'mastership.offered': offered,
        'membership.stop': stopped,
      },
    },
    primary,
    quiescing,
  },
})
