/** What a component does in each situation, as pure functions of its context. */
import { activeRoles, type Role } from '../model/roles.ts'
import { needsProcess } from '../model/standby.ts'
import type { Failure, Peer, Phase } from '../model/status.ts'
import type { ComponentContext, ComponentEffect, ComponentEventOf, Decided, RefusalCode } from './context.ts'

export interface Place {
  readonly role: Role
  readonly phase: Phase
}

/** Whether the process is as the role needs it. */
export function isPrepared(context: ComponentContext, role: Role): boolean {
  return !mustEnd(context, role) && context.process === (isNeeded(context, role) ? 'running' : 'absent')
}

/** None is started for `quiescing`: without a process there is nothing to hand over. */
function isNeeded({ standby, process }: ComponentContext, role: Role): boolean {
  return needsProcess(standby, role) && !(role === 'quiescing' && process === 'absent')
}

/** It acts, or may, and nothing but its end changes that: an exclusive one out of its active role acts no more. */
function mustEnd({ exclusive, standsDown, isActive }: ComponentContext, role: Role): boolean {
  return exclusive && !standsDown && isActive && role !== 'primary'
}

/** Says where the component is now; before that, whether it may be acting, should that have changed. */
export function arrive(context: ComponentContext, place: Place): Decided {
  const isActive = mayAct(context, place)
  const { component, incarnation } = context
  const activity: ComponentEffect[] =
    isActive === context.isActive ? [] : [{ type: 'component.active', component, incarnation, isActive }]
  return { change: { isActive }, effects: [...activity, report({ ...context, isActive }, place)] }
}

/** The process has exited: it has no endpoint any more, and does not act. */
export function depart({ component, incarnation, isActive }: ComponentContext): Decided {
  return {
    change: {
      ...{ process: 'absent' as const, isActive: false },
      ...{ endpoint: null, announced: null, loadPercent: null, release: null },
    },
    effects: isActive ? [{ type: 'component.active', component, incarnation, isActive: false }] : [],
  }
}

/**
 * Pessimistic: a process counts as active from the moment it may be told to be primary, until it has taken another role or
 * has exited. One that has not yet obeyed, or that would not stop, is active (DESIGN §4).
 */
function mayAct({ process, isActive }: ComponentContext, { role, phase }: Place): boolean {
  if (process === 'absent') return false
  if (process === 'stopping') return isActive
  if (activeRoles.includes(role)) return true
  return phase === 'ready' ? false : isActive
}

export function report(context: ComponentContext, place: Place): ComponentEffect {
  const { component, incarnation, token, failure, isActive, endpoint } = context
  const { announced, loadPercent, release } = context
  const said = {
    ...(announced === null ? {} : { announced }),
    ...(loadPercent === null ? {} : { loadPercent }),
    ...(release === null ? {} : { release }),
  }
  const status = { component, ...place, incarnation, token, failure, isActive, endpoint, ...said }
  return { type: 'status.report', status }
}

/** Starts or stops the process as the role needs. A stop under way is waited for; a state only passed through is not reported. */
export function prepare(context: ComponentContext, role: Role): Decided {
  const place: Place = { role, phase: 'preparing' }
  if (isPrepared(context, role)) return { change: {}, effects: [] }
  const isKept = isNeeded(context, role) && !mustEnd(context, role)
  if (isKept && context.process === 'absent') {
    const started = { ...context, incarnation: context.incarnation + 1, process: 'starting' as const }
    const arrived = arrive(started, place)
    const start: ComponentEffect = { type: 'process.start', ...roleWords(started, role) }
    return {
      change: { incarnation: started.incarnation, process: 'starting', ...arrived.change },
      effects: [...arrived.effects, start],
    }
  }
  const stopped = isKept ? { change: {}, effects: [] } : stop(context, context.stopTimeoutMs)
  const arrived = arrive({ ...context, ...stopped.change }, place)
  return { change: { ...stopped.change, ...arrived.change }, effects: [...arrived.effects, ...stopped.effects] }
}

/** Orders the process to stop, unless there is none or it was told to stop as soon as that already. */
export function stop(context: ComponentContext, timeoutMs: number): Decided {
  const { component, incarnation, process } = context
  const isOrdered = process === 'stopping' && context.stopGivenMs <= timeoutMs
  if (process === 'absent' || isOrdered) return { change: {}, effects: [] }
  return {
    change: { process: 'stopping', stopGivenMs: timeoutMs },
    effects: [{ type: 'process.stop', component, incarnation, timeoutMs }],
  }
}

export function invoke(context: ComponentContext, role: Role): Decided {
  const arrived = arrive(context, { role, phase: 'assuming' })
  const { level, timeLimitMs } = context
  const invocation: ComponentEffect = { type: 'role.invoke', ...roleWords(context, role), level, timeLimitMs }
  return { change: arrived.change, effects: [...arrived.effects, invocation] }
}

/** Takes a command over; what it failed of before is of no account any more. */
export function take(event: ComponentEventOf<'role.assign'>): Decided {
  const { token, level, timeLimitMs, peers } = event
  return {
    change: {
      ...{ token, level, timeLimitMs },
      peers: event.role === 'offline' ? [] : peers,
      failure: null,
      aloneRestartCount: 0,
    },
    effects: [],
  }
}

export function refuse(
  { component }: ComponentContext,
  event: ComponentEventOf<'role.assign'>,
  code: RefusalCode,
): Decided {
  const { role, token } = event
  return { change: {}, effects: [{ type: 'command.refused', component, role, token, code }] }
}

/** Passes changed peers on to who has been told of the old ones. */
export function introduce(context: ComponentContext, peers: readonly Peer[], { role, phase }: Place): Decided {
  const isSame = JSON.stringify(peers) === JSON.stringify(context.peers)
  if (isSame) return { change: {}, effects: [] }
  const isTold = phase === 'assuming' || phase === 'ready'
  const changed = { ...context, peers }
  return { change: { peers }, effects: isTold ? [{ type: 'peers.introduce', ...roleWords(changed, role) }] : [] }
}

/** A failure that follows from another does not hide it. */
export function fail(context: ComponentContext, failure: Failure): Decided {
  return { change: { failure: context.failure ?? failure, peers: [] }, effects: [] }
}

function roleWords(context: ComponentContext, role: Role) {
  const { component, incarnation, assignment, token, peers } = context
  return { component, incarnation, assignment, role, token, peers }
}
