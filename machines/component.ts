/**
 * A component on its own node (SPEC C1, C3): the process it stands for, and the role it has. The states are the roles of
 * SPEC R1, and only the changes that R1 allows have transitions. Driven by the CRIM's commands; what fails here is stopped
 * and reported at once, and what to do about it is the CRIM's decision.
 *
 * - `offline`: out of every role. `stopping`: its process is being ended; `stopped`: it has ended; `stopFailed`: it counts as active until
 *   its process is seen to exit.
 * - `spare`: may be given a role, and does nothing for its assignment meanwhile.
 * - `secondary`: stands by for a primary, and follows it.
 * - `primary`: serves.
 * - `quiescing`: a primary that finishes what it has begun, takes nothing new, and hands over.
 * - In each of these roles, `preparing`: its process is started or stopped as the role needs; `assuming`: the role is being taken;
 *   `ready`: it has the role.
 *
 * Invariants: at most one process, and none started before the last one has exited; tokens never go back; what belongs to an
 * older life of the process, or answers an older command, is ignored; after a failure only a newer token gives a role again,
 * so that a command under way cannot bring back what has been replaced meanwhile. Every wait ends: the agent keeps the time
 * limits, and the machine's own, a little longer, are there for an agent that does not.
 *
 * Without the quorum nobody commands it; what it does then is in `component/alone.ts`.
 *
 * Events: `role.assign` and `peers.change` from the CRIM; `process.*`, `role.*`, `health.*`, `load.changed` and
 * `role.announced` from the agent; `lease.lost`, `lease.gained`, `node.leave`, `container.ended` and `type.changed` from the node.
 */
import { and, setup } from 'xstate'
import { goesOnAlone, mayStandDown, mustLeave, restartAlone, standDown } from './component/alone.ts'
import type {
  ComponentContext,
  ComponentEffect,
  ComponentEvent,
  ComponentEventOf,
  ComponentInput,
  Decided,
  RefusalCode,
} from './component/context.ts'
import {
  arrive,
  depart,
  fail,
  introduce,
  invoke,
  isPrepared,
  type Place,
  prepare,
  refuse,
  report,
  stop,
  take,
} from './component/decide.ts'
import {
  failureAs,
  failureReported,
  noteAnnounced,
  noteLoad,
  noteReport,
  noteRestored,
  staysInRole,
} from './component/reports.ts'
import { activeRoles, isRoleChangeAllowed, type Role, roles } from './model/roles.ts'
import type { Failure } from './model/status.ts'
import { compareTokens, zeroToken } from './model/token.ts'
import { named } from './naming.ts'

export type { ComponentContext, ComponentEffect, ComponentEvent, ComponentInput } from './component/context.ts'

/** The machine's own limits end this long after those that the agent keeps. */
const outerMarginMs = 1000

/** Longer where something was to be killed: what comes of that is said only once the whole process group has gone, or will not. */
const killMarginMs = 3000

type Assign = ComponentEventOf<'role.assign'>
type OfProcess = Extract<ComponentEvent, { incarnation: number }>

const machine = setup({
  types: {} as {
    context: ComponentContext
    input: ComponentInput
    events: ComponentEvent
    emitted: ComponentEffect
  },
  delays: {
    prepareLimit: ({ context }) =>
      context.process === 'stopping' ? context.stopGivenMs + killMarginMs : context.startTimeoutMs + outerMarginMs,
    roleLimit: ({ context }) => context.timeLimitMs + outerMarginMs,
    stopLimit: ({ context }) => context.stopGivenMs + killMarginMs,
  },
  guards: {
    isFor: ({ event }, role: Role) => (event as Assign).role === role,
    isRepeated: ({ context, event }, role: Role) =>
      (event as Assign).role === role && compareTokens((event as Assign).token, context.token) === 0,
    isStale: ({ context, event }) => {
      const { token, role } = event as Assign
      const age = compareTokens(token, context.token)
      return age < 0 || (age === 0 && context.failure !== null && role !== 'offline')
    },
    isOfToken: ({ context, event }) =>
      compareTokens((event as ComponentEventOf<'peers.change'>).token, context.token) === 0,
    isAnswer: ({ context, event }, role: Role) => {
      const answer = event as ComponentEventOf<'role.done'>
      const isCurrent = answer.incarnation === context.incarnation && compareTokens(answer.token, context.token) === 0
      return answer.role === role && isCurrent
    },
    /** Of the process that is, and that nobody has told to stop. */
    isLive: ({ context, event }) =>
      (event as OfProcess).incarnation === context.incarnation &&
      (context.process === 'starting' || context.process === 'running'),
    staysInRole: ({ context, event }) => staysInRole(context, (event as ComponentEventOf<'health.failed'>).code),
    isStarting: ({ context, event }) =>
      (event as OfProcess).incarnation === context.incarnation && context.process === 'starting',
    isPresent: ({ context, event }) =>
      (event as OfProcess).incarnation === context.incarnation && context.process !== 'absent',
    isAwaitedEnd: ({ context, event }) =>
      (event as OfProcess).incarnation === context.incarnation && context.process === 'stopping',
    isNewEndpoint: ({ context, event }) => {
      const { incarnation, endpoint } = event as ComponentEventOf<'process.ready'>
      const isCurrent = incarnation === context.incarnation && context.process === 'running'
      return isCurrent && endpoint !== context.endpoint
    },
    isPrepared: ({ context }, role: Role) => isPrepared(context, role),
    /** The process is as the changed type needs it, too. */
    isAlikePrepared: ({ context, event }, role: Role) => {
      const { standby, standsDown } = event as ComponentEventOf<'type.changed'>
      const isAlike = standby === context.standby && standsDown === context.standsDown
      return isAlike || isPrepared({ ...context, standby, standsDown }, role)
    },
    isStopping: ({ context }) => context.process === 'stopping',
    isStopped: ({ context }) => context.process === 'absent',
    mustSelfStop: ({ context }, role: Role) => mustLeave(context, role),
    mayStandDown: ({ context }) => mayStandDown(context),
    mustStopSooner: ({ context }) => mustLeave(context, 'offline') && context.selfStopMs < context.stopGivenMs,
    goesOnAlone: ({ context }) => goesOnAlone(context),
  },
})

function act(decide: (context: ComponentContext, event: ComponentEvent) => Decided) {
  return machine.enqueueActions(({ context, event, enqueue }) => {
    const { change, effects } = decide(context, event)
    enqueue.assign(change)
    for (const effect of effects) enqueue.emit(effect)
  })
}

/** Notes why the component falls out of its role. */
function failing(why: (context: ComponentContext, event: ComponentEvent) => Failure) {
  return act((context, event) => fail(context, why(context, event)))
}

const actions = named({
  takeCommand: act((_, event) => take(event as Assign)),
  refuse: (code: RefusalCode) => act((context, event) => refuse(context, event as Assign, code)),
  /** The command it has already obeyed, or obeys: only what is said of the peers may be new. */
  repeat: (place: Place) =>
    act((context, event) => {
      const { change, effects } = introduce(context, place.role === 'offline' ? [] : (event as Assign).peers, place)
      return { change, effects: [...effects, report({ ...context, ...change }, place)] }
    }),
  introducePeers: (place: Place) =>
    act((context, event) => introduce(context, (event as ComponentEventOf<'peers.change'>).peers, place)),

  arrive: (place: Place) => act((context) => arrive(context, place)),
  /** Nothing is said of a stop that was over before it began. */
  arriveStopping: act((context) =>
    context.process === 'absent'
      ? { change: {}, effects: [] }
      : arrive(context, { role: 'offline', phase: 'stopping' }),
  ),
  prepare: (role: Role) => act((context) => prepare(context, role)),
  invoke: (role: Role) => act((context) => invoke(context, role)),
  noteType: act((_, event) => {
    const { type: _type, ...changed } = event as ComponentEventOf<'type.changed'>
    return { change: changed, effects: [] }
  }),
  noteReady: act((_, event) => {
    const { endpoint, release = null } = event as ComponentEventOf<'process.ready'>
    return { change: { process: 'running', endpoint, release }, effects: [] }
  }),
  reportEndpoint: (place: Place) =>
    act((context, event) => {
      const { endpoint } = event as ComponentEventOf<'process.ready'>
      return { change: { endpoint }, effects: [report({ ...context, endpoint }, place)] }
    }),

  noteReport: (place: Place) =>
    act((context, event) => noteReport(context, event as ComponentEventOf<'health.failed'>, place)),
  noteRestored: (place: Place) => act((context) => noteRestored(context, place)),
  noteLoad: (place: Place) =>
    act((context, event) => noteLoad(context, event as ComponentEventOf<'load.changed'>, place)),
  noteAnnounced: (place: Place) =>
    act((context, event) => noteAnnounced(context, event as ComponentEventOf<'role.announced'>, place)),

  noteGone: act((context) => depart(context)),
  /** It is as good as running: nothing is under way that would end it. */
  noteStopFailed: act(() => ({ change: { process: 'running' }, effects: [] })),
  stop: act((context) => stop(context, context.stopTimeoutMs)),
  /** What failed is not asked to end in order. */
  kill: act((context) => stop(context, 0)),
  stopSelf: act((context) => stop(context, Math.min(context.selfStopMs, context.stopTimeoutMs))),

  noteExited: failing(failureAs('process.exited')),
  noteFailed: failing(failureReported),
  noteStopRefused: failing(failureAs('stop.failed')),
  noteLeaseLost: failing(() => ({ code: 'lease.lost', detail: 'the node lost the lease of the quorum' })),
  standDown: act((context) => standDown(context)),
  noteLeaseOver: act(() => ({ change: { isLeaseLost: true }, effects: [] })),
  noteLeaseGained: act(() => ({ change: { isLeaseLost: false, aloneRestartCount: 0 }, effects: [] })),
  restartAlone: act((context) => restartAlone(context)),
  noteLeaving: failing(() => ({ code: 'node.left', detail: 'the node leaves the cluster' })),
  noteContainerEnded: failing((_, event) => ({
    code: 'container.ended',
    detail: `${(event as ComponentEventOf<'container.ended'>).container}, which it is part of, has ended`,
  })),
  noteStartTimedOut: failing(({ startTimeoutMs }) => ({
    code: 'start.timedOut',
    detail: `not ready ${startTimeoutMs} ms after its start`,
  })),
  noteRoleTimedOut: failing(({ timeLimitMs }) => ({
    code: 'role.timedOut',
    detail: `the role was not taken within ${timeLimitMs} ms`,
  })),
  noteStopTimedOut: failing(({ stopGivenMs }) => ({
    code: 'stop.timedOut',
    detail: `still there though it was to be killed after ${stopGivenMs} ms`,
  })),
})

const offline = '#component.offline'
const stopFailed = '#component.offline.stopFailed'

/** Commands for other roles: those that SPEC R1 allows from here, all others refused. */
function assignments(from: Role) {
  return [
    { guard: 'isStale' as const, actions: actions.refuse('stale-token') },
    ...roles
      .filter((to) => isRoleChangeAllowed({ from, to }))
      .map((to) => ({
        guard: { type: 'isFor' as const, params: to },
        target: `#component.${to}`,
        reenter: true,
        actions: to === 'offline' ? [actions.takeCommand, actions.stop] : actions.takeCommand,
      })),
    { actions: actions.refuse('not-allowed') },
  ]
}

/** What every phase of a role answers to in the same way. */
function whileIn(place: Place) {
  return {
    'role.assign': { guard: { type: 'isRepeated' as const, params: place.role }, actions: actions.repeat(place) },
    'peers.change': { guard: 'isOfToken' as const, actions: actions.introducePeers(place) },
    'process.ready': { guard: 'isNewEndpoint' as const, actions: actions.reportEndpoint(place) },
    'load.changed': { guard: 'isLive' as const, actions: actions.noteLoad(place) },
    'role.announced': { guard: 'isLive' as const, actions: actions.noteAnnounced(place) },
  }
}

/** Failed while nobody commands it: its process is killed, and started again in its role. */
function again<Target extends string>(target: Target) {
  return { target, reenter: true, actions: [actions.restartAlone, actions.kill] }
}

function preparing(role: Role) {
  const place: Place = { role, phase: 'preparing' }
  return machine.createStateConfig({
    entry: actions.prepare(role),
    always: { guard: { type: 'isPrepared', params: role }, target: 'assuming' },
    on: {
      ...whileIn(place),
      'process.ready': { guard: 'isStarting', actions: actions.noteReady },
      'process.exited': { guard: 'isAwaitedEnd', target: 'preparing', reenter: true, actions: actions.noteGone },
      'process.stopFailed': { guard: 'isAwaitedEnd', target: stopFailed, actions: actions.noteStopRefused },
    },
    after: {
      prepareLimit: [
        { guard: 'isStopping', target: stopFailed, actions: actions.noteStopTimedOut },
        { guard: 'goesOnAlone', ...again('preparing') },
        { target: offline, actions: [actions.noteStartTimedOut, actions.kill] },
      ],
    },
  })
}

function assuming(role: Role) {
  return machine.createStateConfig({
    entry: actions.invoke(role),
    on: {
      ...whileIn({ role, phase: 'assuming' }),
      'role.done': { guard: { type: 'isAnswer', params: role }, target: 'ready' },
      'role.failed': [
        { guard: and([{ type: 'isAnswer', params: role }, 'goesOnAlone']), ...again('preparing') },
        {
          guard: { type: 'isAnswer', params: role },
          target: offline,
          actions: [actions.noteFailed, actions.kill],
        },
      ],
    },
    after: {
      roleLimit: [
        { guard: 'goesOnAlone', ...again('preparing') },
        { target: offline, actions: [actions.noteRoleTimedOut, actions.kill] },
      ],
    },
  })
}

function ready(role: Role) {
  const place: Place = { role, phase: 'ready' }
  return machine.createStateConfig({
    entry: actions.arrive(place),
    on: {
      ...whileIn(place),
      'health.failed': { guard: and(['isLive', 'staysInRole']), actions: actions.noteReport(place) },
      'health.restored': { guard: 'isLive', actions: actions.noteRestored(place) },
    },
  })
}

const standingDown = {
  guard: 'mayStandDown' as const,
  target: '#component.spare',
  actions: [actions.noteLeaseLost, actions.standDown],
}

/** One role of SPEC R1: the ways out of it, and what ends it. */
function inRole(role: Role) {
  return machine.createStateConfig({
    initial: 'preparing',
    states: { preparing: preparing(role), assuming: assuming(role), ready: ready(role) },
    on: {
      'role.assign': assignments(role),
      'process.exited': [
        {
          guard: and(['isLive', 'goesOnAlone']),
          ...again('.preparing'),
          actions: [actions.restartAlone, actions.noteGone],
        },
        { guard: 'isLive', target: offline, actions: [actions.noteExited, actions.noteGone] },
      ],
      'process.startFailed': [
        { guard: and(['isStarting', 'goesOnAlone']), ...again('.preparing') },
        { guard: 'isStarting', target: offline, actions: [actions.noteFailed, actions.kill] },
      ],
      'health.failed': [
        { guard: and(['isLive', 'goesOnAlone']), ...again('.preparing') },
        { guard: 'isLive', target: offline, actions: [actions.noteFailed, actions.kill] },
      ],
      'lease.lost': [
        ...(activeRoles.includes(role) ? [standingDown] : []),
        {
          guard: { type: 'mustSelfStop', params: role },
          target: offline,
          actions: [actions.noteLeaseLost, actions.stopSelf],
        },
      ],
      'node.leave': { target: offline, actions: [actions.noteLeaving, actions.stop] },
      'container.ended': { target: offline, actions: [actions.noteContainerEnded, actions.kill] },
      'type.changed': [
        { guard: { type: 'isAlikePrepared', params: role }, actions: actions.noteType },
        { target: '.preparing', reenter: true, actions: actions.noteType },
      ],
    },
  })
}

/** Out of every role; whoever sends it here has ordered its process to stop. */
const outOfRole = machine.createStateConfig({
  initial: 'stopping',
  on: { 'role.assign': assignments('offline'), 'type.changed': { actions: actions.noteType } },
  states: {
    stopping: {
      entry: actions.arriveStopping,
      always: { guard: 'isStopped', target: 'stopped' },
      on: {
        'role.assign': [
          {
            guard: { type: 'isRepeated', params: 'offline' },
            actions: actions.repeat({ role: 'offline', phase: 'stopping' }),
          },
        ],
        'process.exited': { guard: 'isPresent', actions: actions.noteGone },
        'process.stopFailed': { guard: 'isAwaitedEnd', target: 'stopFailed', actions: actions.noteStopRefused },
        'lease.lost': { guard: 'mustStopSooner', target: 'stopping', reenter: true, actions: actions.stopSelf },
      },
      after: { stopLimit: { target: 'stopFailed', actions: actions.noteStopTimedOut } },
    },
    stopped: {
      entry: actions.arrive({ role: 'offline', phase: 'stopped' }),
      on: {
        'role.assign': {
          guard: { type: 'isRepeated', params: 'offline' },
          actions: actions.repeat({ role: 'offline', phase: 'stopped' }),
        },
      },
    },
    stopFailed: {
      entry: [actions.noteStopFailed, actions.arrive({ role: 'offline', phase: 'stopFailed' })],
      on: {
        'role.assign': [
          { guard: 'isStale', actions: actions.refuse('stale-token') },
          {
            guard: { type: 'isRepeated', params: 'offline' },
            actions: actions.repeat({ role: 'offline', phase: 'stopFailed' }),
          },
          {
            guard: { type: 'isFor', params: 'offline' },
            target: 'stopping',
            actions: [actions.takeCommand, actions.stop],
          },
          { actions: actions.refuse('stop-failed') },
        ],
        'process.exited': { guard: 'isPresent', target: 'stopped', actions: actions.noteGone },
      },
    },
  },
})

export const component = machine.createMachine({
  id: 'component',
  context: ({ input }) => ({
    ...input,
    token: zeroToken,
    level: 0,
    timeLimitMs: input.roleTimeoutMs,
    peers: [],
    incarnation: input.firstIncarnation - 1,
    process: 'absent',
    stopGivenMs: input.stopTimeoutMs,
    isActive: false,
    endpoint: null,
    failure: null,
    announced: null,
    loadPercent: null,
    release: null,
    isLeaseLost: false,
    aloneRestartCount: 0,
  }),
  initial: 'offline',
  on: {
    'lease.lost': { actions: actions.noteLeaseOver },
    'lease.gained': { actions: actions.noteLeaseGained },
  },
  states: {
    offline: outOfRole,
    spare: inRole('spare'),
    secondary: inRole('secondary'),
    primary: inRole('primary'),
    quiescing: inRole('quiescing'),
  },
})
