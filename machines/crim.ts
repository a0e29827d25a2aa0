/**
 * CRIM, the component role and instance manager (SPEC R): on every node, active on the master. It is the only one that
 * changes roles. It plans from what is observed, commits the intent, commands, and observes again.
 *
 * - `standby`: another node is master. It follows the nodes' availability only (R10).
 * - `surveying`: just became master; the decisions come from the repository, the nodes are asked what is.
 * - `active.settled`: everything is as intended. `committing`: a decision is on its way into the log.
 *   `converging`: commands are under way, or wait for something.
 *
 * Invariants: no command on the strength of a decision that is not committed, and none to a life of a node that is not written
 * down before (`crim/lives.ts`); no second primary of an exclusive assignment
 * while another may act; tokens never go back.
 * Events: `node.*` from the node machines; `mastership.*` from membership; `survey.*`, `status.*` from the nodes;
 * `repository.*`, `proposal.*`, `configuration.changed` from the replicated log; `operation.requested` from operators;
 * `errand.*`, the answers to soft resets and self-tests, from the nodes; `timer.elapsed` from itself.
 */
import { setup } from 'xstate'
import { nothingSet } from './crim/administrative.ts'
import { applied } from './crim/applied.ts'
import type { CrimChange, CrimContext, CrimEffect, CrimEvent, CrimInput } from './crim/context.ts'
import { resetEnded } from './crim/errands.ts'
import {
  askedAgain,
  forgotten,
  nodeChanged,
  reconfigured,
  statusReported,
  strangersIsolated,
  surveyAnswered,
  tookOver,
} from './crim/observe.ts'
import { selfTestEnded } from './crim/operations/selfTest.ts'
import { abandonOperations, expireOperations, requested, stillWithheld } from './crim/operations.ts'
import type { Reconciled } from './crim/propose.ts'
import { after, reconcile } from './crim/reconcile.ts'
import { forgiven, relieved } from './crim/recovery.ts'
import { isDue, timerOf } from './crim/timerNames.ts'
import { timed, wantedTimers } from './crim/timers.ts'
import { isEmpty, isKnown, kept } from './crim/unchanged.ts'
import { isolationWaitMs } from './logic/lease.ts'
import type { ComponentId } from './model/ids.ts'
import { compareTokens } from './model/token.ts'
import { named } from './naming.ts'

export type { CrimContext, CrimEffect, CrimEvent, CrimInput } from './crim/context.ts'

/** A command that nobody answered, or a proposal that was refused, is repeated after this long. */
const retryMs = 200

const machine = setup({
  types: {} as { context: CrimContext; input: CrimInput; events: CrimEvent; emitted: CrimEffect },
  delays: {
    surveyTimeout: ({ context }) => context.configuration.timing.surveyTimeoutMs,
    retry: () => retryMs,
    strangersWait: ({ context }) => Math.ceil(isolationWaitMs(context.configuration.timing)),
  },
  guards: {
    isSurveyed: ({ context }) => context.awaited.length === 0,
    isCommitting: ({ context }) => context.proposal !== null,
    isConverging: ({ context }) => context.proposal === null && isConverging(context),
    isSettled: ({ context }) => context.proposal === null && !isConverging(context),
    isRefused: ({ context }) => context.proposal?.isRefused === true,
    isDryRun: ({ event }) => event.type === 'operation.requested' && event.operation.isDryRun === true,
    isOwnProposal: ({ context, event }) => event.type === 'proposal.refused' && event.proposal === context.proposal?.id,
  },
})

function isConverging(context: CrimContext): boolean {
  return context.waits.length > 0 || context.awaited.length > 0 || !isEmpty(context.commanded)
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/** Notes what an event says. Commands that a status reflects, or that the decisions went past, are no longer under way. */
function note(change: (context: CrimContext, event: CrimEvent) => CrimChange) {
  return machine.assign(({ context, event }) => {
    const known: Mutable<CrimContext> = { ...context, ...change(context, event) }
    known.commanded = stillCommanded(known, event)
    if (!isAsBefore(context, event)) Object.assign(known, forgotten(known))
    known.withheld = stillWithheld(known)
    return known
  })
}

/** What a component that is known says of itself makes nothing and nobody else unknown. */
function isAsBefore(context: CrimContext, event: CrimEvent): boolean {
  return event.type === 'status.reported' && context.statuses[event.status.component] !== undefined
}

function stillCommanded(context: CrimContext, event: CrimEvent): CrimContext['commanded'] {
  const { commanded } = context
  if (event.type !== 'status.reported') return kept(commanded, (component) => isUnderWay(context, component))
  const { component } = event.status
  if (commanded[component] === undefined || isUnderWay(context, component)) return commanded
  const { [component]: _, ...others } = commanded
  return others
}

function isUnderWay({ statuses, commanded }: CrimContext, component: ComponentId): boolean {
  const [status, command] = [statuses[component], commanded[component]!]
  if (!status) return true
  const age = compareTokens(status.token, command.token)
  // Only a primary quiesces: one that has another role by the same decision is past it.
  if (age === 0 && command.role === 'quiescing' && status.role !== 'primary') return false
  return age < 0 || (age === 0 && status.role !== command.role && status.failure === null)
}

function act(decide: (context: CrimContext, event: CrimEvent) => Reconciled) {
  return machine.enqueueActions(({ context, event, enqueue }) => {
    const { change, effects } = decide(context, event)
    if (!isKnown(context, change)) enqueue.assign(change)
    for (const effect of effects) enqueue.emit(effect)
  })
}

/** The same of the acting master, whose waits follow from what it knows (`crim/timers.ts`). */
function actInTime(decide: (context: CrimContext, event: CrimEvent) => Reconciled) {
  return machine.enqueueActions(({ context, event, enqueue }) => {
    const before = timed(context)
    const { change, effects } = decide(before, event)
    const now = isKnown(before, change) ? before : timed({ ...before, ...change })
    if (now !== context) enqueue.assign({ ...change, timers: now.timers })
    for (const effect of effects) enqueue.emit(effect)
    if (now.timers === context.timers) return
    for (const timer of Object.keys(context.timers)) if (now.timers[timer] === undefined) enqueue.cancel(timer)
    const wanted = wantedTimers(now)
    for (const timer of Object.keys(now.timers))
      if (now.timers[timer] === 'running' && context.timers[timer] === undefined)
        enqueue.raise({ type: 'timer.elapsed', timer }, { id: timer, delay: wanted.get(timer)! })
  })
}

type Ended = Extract<CrimEvent, { type: 'errand.done' | 'errand.failed' }>

function errandEnded(context: CrimContext, event: Ended): Reconciled {
  const tested = selfTestEnded(context, event)
  return { change: { ...resetEnded(context, event), ...tested.change }, effects: tested.effects }
}

/** What the end of a wait means by itself; the rest follows from its being due. */
function timeElapsed(context: CrimContext): Reconciled {
  const hosts = (Object.keys(context.barred) as ComponentId[]).filter((host) => isDue(context, timerOf.bar(host)))
  const late = (Object.keys(context.errands) as ComponentId[]).filter((of) => isDue(context, timerOf.errand(of)))
  const lost = late.map((component): Ended => {
    const { token } = context.errands[component]!
    return { type: 'errand.failed', component, token, code: 'errand.timedOut', detail: 'no answer' }
  })
  return lost.reduce(
    (done, event) => after(context, done, (known) => errandEnded(known, event)),
    after(context, { change: forgiven(context, hosts), effects: [] }, expireOperations),
  )
}

const actions = named({
  takeOver: note((context, event) => tookOver(context, event as Extract<CrimEvent, { type: 'mastership.acquired' }>)),
  noteNode: note((context, event) => nodeChanged(context, event as Extract<CrimEvent, { type: 'node.changed' }>)),
  noteSurvey: note((context, event) =>
    surveyAnswered(context, event as Extract<CrimEvent, { type: 'survey.answered' }>),
  ),
  noteStatus: note((context, event) =>
    statusReported(context, event as Extract<CrimEvent, { type: 'status.reported' }>),
  ),
  noteApplied: note((context, event) => {
    const { entries } = event as Extract<CrimEvent, { type: 'repository.applied' }>
    const isDecided = context.proposal?.changes.every(({ key }) => entries.some((entry) => entry.key === key))
    const decided = { ...context, ...applied(context, entries), ...(isDecided ? { proposal: null } : {}) }
    return { ...decided, recovering: relieved(decided) }
  }),
  noteConfiguration: note((context, event) =>
    reconfigured(context, event as Extract<CrimEvent, { type: 'configuration.changed' }>),
  ),
  noteStrangers: note((context) => strangersIsolated(context)),
  noteRefused: note(({ proposal }) => ({ proposal: proposal && { ...proposal, isRefused: true } })),
  forgetProposal: note(() => ({ proposal: null })),
  askAll: act((context) => ({
    change: {},
    effects: [{ type: 'survey.request', nodes: context.awaited, epoch: context.epoch }],
  })),
  /** Only a node that has just come is asked again. */
  askNewcomer: act((context, event) => {
    const { node } = event as Extract<CrimEvent, { type: 'node.changed' }>
    const isNew = context.awaited.includes(node)
    return { change: {}, effects: isNew ? [{ type: 'survey.request', nodes: [node], epoch: context.epoch }] : [] }
  }),
  reconcile: actInTime((context) => reconcile(context)),
  /**
   * Commands that no status reflects are sent again, and so are the introductions that may have been lost with them. Nodes that have
   * not said what is are asked again: question or answer was lost with a life or a connection, and without it all waits for them,
   * unless nothing needs to be known of them (`isMute`).
   */
  repeat: actInTime((context) => {
    const { awaited, epoch } = context
    const questions: CrimEffect[] = awaited.length > 0 ? [{ type: 'survey.request', nodes: awaited, epoch }] : []
    const isRepeating = !isEmpty(context.commanded)
    const asked = { ...askedAgain(context), ...(isRepeating && { introduced: {} }) }
    const { change, effects } = reconcile({ ...context, ...asked }, { isRepeating })
    return { change: { ...asked, ...change }, effects: [...questions, ...effects] }
  }),
  takeOperation: act((context, event) =>
    requested(context, event as Extract<CrimEvent, { type: 'operation.requested' }>),
  ),
  takeErrand: act((context, event) => errandEnded(context, event as Ended)),
  noteTimer: note(({ timers }, event) => {
    const { timer } = event as Extract<CrimEvent, { type: 'timer.elapsed' }>
    return timers[timer] === 'running' ? { timers: { ...timers, [timer]: 'due' } } : {}
  }),
  takeTime: act((context) => timeElapsed(context)),
  endTimers: machine.enqueueActions(({ context, enqueue }) => {
    for (const timer of Object.keys(context.timers)) enqueue.cancel(timer)
    enqueue.assign({ timers: {} })
  }),
  postponeOperation: act((_, event) => ({
    change: {},
    effects: [
      {
        type: 'operation.answer',
        id: (event as Extract<CrimEvent, { type: 'operation.requested' }>).id,
        result: { ok: false, code: 'unavailable', text: 'this node is not, or not yet, the acting master; try again' },
      },
    ],
  })),
  abandonOperations: act(abandonOperations),
})

const toCommitting = { guard: 'isCommitting', target: 'committing' } as const
const toConverging = { guard: 'isConverging', target: 'converging' } as const
const toSettled = { guard: 'isSettled', target: 'settled' } as const

export const crim = machine.createMachine({
  id: 'crim',
  context: ({ input }) => ({
    ...input,
    epoch: 0,
    nodes: Object.fromEntries(
      Object.keys(input.configuration.nodes).map((name) =>
        name === input.self
          ? [name, { availability: 'alive' as const, incarnation: input.incarnation }]
          : [name, { availability: 'unknown' as const, incarnation: 0 }],
      ),
    ),
    statuses: {},
    intents: {},
    locked: {},
    lives: {},
    administrative: nothingSet,
    failures: {},
    resets: {},
    barred: {},
    records: {},
    recovering: {},
    nodeFailures: {},
    nodeReturns: {},
    felled: {},
    withheld: {},
    errands: {},
    timers: {},
    commanded: {},
    introduced: {},
    requests: {},
    operations: [],
    awaited: [],
    unanswered: {},
    proposal: null,
    proposalCount: 0,
    reasons: {},
    waits: [],
  }),
  initial: 'standby',
  on: {
    'mastership.lost': { target: '.standby', actions: [actions.abandonOperations, actions.endTimers] },
  },
  states: {
    standby: {
      on: {
        'node.changed': { actions: actions.noteNode },
        'mastership.acquired': { target: 'surveying', actions: actions.takeOver },
        'configuration.changed': { actions: actions.noteConfiguration },
        'operation.requested': { actions: actions.postponeOperation },
      },
    },
    surveying: {
      entry: actions.askAll,
      always: { guard: 'isSurveyed', target: 'active' },
      after: { surveyTimeout: 'active' },
      on: {
        'node.changed': { actions: [actions.noteNode, actions.askNewcomer] },
        'survey.answered': { actions: actions.noteSurvey },
        'status.reported': { actions: actions.noteStatus },
        'repository.applied': { actions: actions.noteApplied },
        'configuration.changed': { actions: actions.noteConfiguration },
        // What is to be done waits until it is known what is; what would be done can only be said then.
        'operation.requested': [
          { guard: 'isDryRun', actions: actions.postponeOperation },
          { actions: actions.takeOperation },
        ],
      },
    },
    active: {
      entry: actions.reconcile,
      initial: 'settled',
      after: { strangersWait: { actions: [actions.noteStrangers, actions.reconcile] } },
      on: {
        'node.changed': { actions: [actions.noteNode, actions.askNewcomer, actions.reconcile] },
        'survey.answered': { actions: [actions.noteSurvey, actions.reconcile] },
        'status.reported': { actions: [actions.noteStatus, actions.reconcile] },
        'repository.applied': { actions: [actions.noteApplied, actions.reconcile] },
        'configuration.changed': { actions: [actions.noteConfiguration, actions.reconcile] },
        'operation.requested': { actions: [actions.takeOperation, actions.reconcile] },
        'errand.done': { actions: [actions.takeErrand, actions.reconcile] },
        'errand.failed': { actions: [actions.takeErrand, actions.reconcile] },
        'timer.elapsed': { actions: [actions.noteTimer, actions.takeTime, actions.reconcile] },
        'proposal.refused': { guard: 'isOwnProposal', actions: actions.noteRefused },
      },
      states: {
        settled: { always: [toCommitting, toConverging] },
        committing: {
          always: [toConverging, toSettled],
          after: {
            retry: [
              {
                guard: 'isRefused',
                target: 'committing',
                reenter: true,
                actions: [actions.forgetProposal, actions.reconcile],
              },
              { target: 'committing', reenter: true },
            ],
          },
        },
        converging: {
          always: [toCommitting, toSettled],
          after: {
            retry: { target: 'converging', reenter: true, actions: actions.repeat },
          },
        },
      },
    },
  },
})
