/** What a step means, in a plain sentence, and which part of an incident's course it is. Steps that need no telling have none. */
import { describeMessage, printable } from '../describe.ts'
import type { TimelineEntry } from '../timeline.ts'
import { isServing, type Knowledge, type RoleChange } from './knowledge.ts'
import { componentOf, effectOf, isChange, number, peerOf, record, reportedIn, text, timeOutOf, topOf } from './read.ts'
import { evidenceOf, failureIn, wordsOfOperation } from './title.ts'
import { isFailure } from './triggers.ts'

export type PhaseName = 'detect' | 'decide' | 'fence' | 'demote' | 'promote' | 'restart' | 'serve' | 'other'

export interface Phrase {
  readonly phase: PhaseName
  /** Without the node that it happened on, which is told beside it. */
  readonly text: string
}

/** `known` has seen all entries before this one, and not this one. */
export function phraseOf(entry: TimelineEntry, known: Knowledge): Phrase | null {
  const told = rawPhraseOf(entry, known)
  return told && { phase: told.phase, text: printable(told.text) }
}

/** Of a step that has no phrase of its own. */
export function plainPhraseOf(entry: TimelineEntry): Phrase {
  const told = entry.actor === 'crim' ? reasonIn(entry).slice(0, -2) : ''
  return { phase: 'other', text: told === '' ? describeMessage(entry.event) : printable(told) }
}

function rawPhraseOf(entry: TimelineEntry, known: Knowledge): Phrase | null {
  if (entry.kind === 'note' || entry.kind === 'application') return ofNote(entry)
  const component = componentOf(entry.actor)
  if (component !== null) return ofComponent(entry, component, known)
  const peer = peerOf('node', entry.actor)
  if (peer !== null) return ofPeer(entry, peer)
  const fenced = peerOf('fencing', entry.actor)
  if (fenced !== null) return ofFencing(entry, fenced)
  if (entry.actor === 'crim') return ofCrim(entry, known)
  return entry.actor === 'membership' ? ofMembership(entry) : null
}

function ofComponent(entry: TimelineEntry, component: string, known: Knowledge): Phrase | null {
  const { event, fromState, state } = entry
  const of = known.assignmentOf.get(component)
  const was = fromState === null ? 'offline' : topOf(fromState)
  const ofAssignment = of === undefined ? '' : ` of ${of}`
  if (isFailure(entry)) {
    if (state === 'offline.stopFailed')
      return { phase: 'detect', text: `${component} does not stop (${failureIn(entry)})` }
    const serving = was === 'primary' ? `, primary${ofAssignment},` : was === 'offline' ? '' : ` (${was})`
    return { phase: 'detect', text: `${component}${serving} failed: ${failureIn(entry)}` }
  }
  if (!isChange(entry)) return null
  if (event.type === 'lease.lost')
    return { phase: 'demote', text: `${component} ends: its node lost the lease of the quorum` }
  if (event.type === 'node.leave') return { phase: 'demote', text: `${component} ends: its node leaves` }
  if (event.type === 'role.assign') return ofAssign(entry, component, { was, ofAssignment })
  if (event.type === 'process.exited')
    return { phase: 'demote', text: `${component} has ended (${text(event.detail) ?? ''})` }
  if (isServing(state)) return { phase: 'serve', text: `${component} is primary${ofAssignment} and serves` }
  if (state === 'quiescing.ready') return { phase: 'demote', text: `${component} has handed over, and serves no more` }
  if (event.type === 'process.ready') return { phase: 'restart', text: `the process of ${component} runs` }
  return state.endsWith('.ready') ? { phase: 'other', text: `${component} is ${topOf(state)}${ofAssignment}` } : null
}

function ofAssign(
  { event, effects }: TimelineEntry,
  component: string,
  { was, ofAssignment }: { was: string; ofAssignment: string },
): Phrase {
  const to = text(event.role) ?? '?'
  const isStarted = effects.some(({ type }) => type === 'process.start')
  const isLess = was === 'primary' || was === 'quiescing' || to === 'offline'
  const phase = to === 'primary' ? 'promote' : isLess ? 'demote' : isStarted ? 'restart' : 'other'
  const start = isStarted ? ', and its process started' : ''
  return {
    phase,
    text: `${component} is told to become ${to}${to === 'primary' ? ofAssignment : ''} (it is ${was})${start}`,
  }
}

function ofPeer(entry: TimelineEntry, node: string): Phrase | null {
  const { event, fromState, state } = entry
  if (!isChange(entry)) return null
  const silentMs = Math.round(number(event.silentForMs) ?? 0)
  if (state === 'suspect')
    return { phase: 'detect', text: `heartbeats of ${node} are missing for ${silentMs} ms: suspect` }
  if (state === 'unreachable') {
    return {
      phase: 'detect',
      text: `${node} is silent on every link for ${silentMs} ms: unreachable, but it may still act`,
    }
  }
  if (state === 'isolated')
    return { phase: 'fence', text: `waited until ${node} must have stopped its primaries by itself` }
  if (event.type === 'fence.confirmed')
    return { phase: 'fence', text: `${node} is known to be off: ${evidenceOf(event.how)}` }
  if (event.type === 'peer.ended' && topOf(fromState ?? '') !== 'ended') {
    return { phase: 'detect', text: `${node} has ended: ${evidenceOf(event.how)}` }
  }
  if (state === 'left') return { phase: 'detect', text: `${node} said good-bye: nothing of it runs` }
  if (state !== 'alive' || fromState === 'unknown') return null
  return { phase: 'detect', text: `${node} is heard again` }
}

function ofFencing(entry: TimelineEntry, node: string): Phrase | null {
  const { event } = entry
  const request = effectOf(entry, 'fence.request')
  if (request)
    return { phase: 'fence', text: `the fence agent is asked to cut ${node} off (attempt ${request.attempt})` }
  const gaveUp = effectOf(entry, 'fence.gaveUp')
  if (gaveUp) return { phase: 'fence', text: `fencing of ${node} is given up: ${text(gaveUp.detail) ?? ''}` }
  if (event.type === 'fence.succeeded') return { phase: 'fence', text: `${node} is cut off` }
  if (event.type === 'fence.failed')
    return { phase: 'fence', text: `the attempt to fence ${node} failed: ${text(event.detail) ?? ''}` }
  return effectOf(entry, 'fence.abandon') ? { phase: 'fence', text: `fencing of ${node} is called off` } : null
}

function ofCrim(entry: TimelineEntry, known: Knowledge): Phrase | null {
  const { event } = entry
  const decided = known.changesIn(effectOf(entry, 'repository.propose')?.changes)
  const what = [...decided.map(wordsOfChange), ...settingsIn(entry)]
  const answer = effectOf(entry, 'operation.answer')
  if (event.type === 'operation.requested') {
    const so = what.length > 0 ? `, and it is decided: ${short(what)}` : ''
    return { phase: 'decide', text: `an operator asks to ${wordsOfOperation(event.operation)}${so}` }
  }
  if (what.length > 0) return { phase: 'decide', text: `${reasonIn(entry)}it is decided: ${short(what)}` }
  if (answer) return { phase: 'other', text: `the operator is answered: ${text(record(answer.result).text) ?? ''}` }
  const commands = entry.effects.filter(({ type }) => type === 'role.command')
  const told = short(commands.map(({ component, role }) => `${component} → ${role}`))
  if (event.type === 'repository.applied') {
    return { phase: 'decide', text: `the decision is in the log of a majority${told === '' ? '' : `; told: ${told}`}` }
  }
  if (event.type === 'mastership.acquired')
    return { phase: 'decide', text: 'as master, it asks all nodes what runs there' }
  const fell = effectOf(entry, 'fence.order') ?? effectOf(entry, 'node.restart')
  if (fell)
    return {
      phase: 'fence',
      text: `${fell.node} is to be ${fell.type === 'fence.order' ? 'fenced' : 'restarted'}: ${fell.reason}`,
    }
  return told === '' ? null : { phase: 'decide', text: `${reasonIn(entry)}told: ${told}` }
}

function wordsOfChange({ component, from, to }: RoleChange): string {
  return `${component} ${from ?? 'new'} → ${to}`
}

/** Locks, and states of nodes and assignments. */
function settingsIn(entry: TimelineEntry): string[] {
  const changes = effectOf(entry, 'repository.propose')?.changes
  if (!Array.isArray(changes)) return []
  return changes.flatMap((change) => {
    const { key, value } = record(change)
    const name = text(key) ?? ''
    const lock = /^lock\/(.+)$/.exec(name)?.[1]
    if (lock !== undefined) return [`${lock} ${value === null ? 'unlocked' : 'locked'}`]
    const state = /^state\/(node|assignment|component)\/(.+)$/.exec(name)
    if (!state) return []
    const set = text(value) ?? text(record(value).state)
    const why = text(record(value).reason)
    return [`${state[2]} ${set ?? 'back to use'}${why === null ? '' : ` (${why})`}`]
  })
}

/** What the CRIM had just been told. */
function reasonIn({ event }: TimelineEntry): string {
  const [status] = event.type === 'status.reported' ? reportedIn({ event } as TimelineEntry) : []
  if (status?.failure) return `${status.component} is reported failed; `
  if (status) return `${status.component} is ${status.role}${status.phase === 'ready' ? '' : `, ${status.phase}`}; `
  if (event.type === 'node.changed') return `${text(event.node)} ${availabilityWords(event.availability)}; `
  if (event.type === 'survey.answered') return 'all that was asked for is known; '
  if (event.type === 'configuration.changed') return 'the configuration is another; '
  const elapsed = event.type === 'timer.elapsed' ? text(event.timer) : null
  return elapsed === null ? '' : `waited for ${elapsed}; `
}

function availabilityWords(availability: unknown): string {
  if (availability === 'ended' || availability === 'left') return `has ${availability}`
  return availability === 'isolated' ? 'must have stopped by itself' : `is ${text(availability)}`
}

const toldCountMax = 5

function short(parts: readonly string[]): string {
  const told = parts.slice(0, toldCountMax)
  return [...told, ...(parts.length > told.length ? [`${parts.length - told.length} more`] : [])].join(', ')
}

function ofMembership(entry: TimelineEntry): Phrase | null {
  const { event, fromState, state } = entry
  if (!isChange(entry)) return null
  const leader = text(event.leader)
  if (fromState === 'primary.acting') {
    const why = whyNoMaster(event)
    return { phase: 'detect', text: `master no more: ${why}` }
  }
  if (event.type === 'leader.ended' || event.type === 'leader.suspected') {
    return {
      phase: 'detect',
      text: `the master ${leader} is ${event.type === 'leader.ended' ? 'gone' : 'silent'}: waits for its turn to be elected`,
    }
  }
  if (state === 'primary.acting')
    return { phase: 'decide', text: `it is master, in epoch ${number(event.epoch) ?? '?'}` }
  if (state === 'candidate')
    return { phase: 'decide', text: `it would be elected, and asks for votes in epoch ${number(event.epoch) ?? '?'}` }
  if (state === 'forcing') return { phase: 'decide', text: 'the other of two voters is fenced: it asks to go on alone' }
  if (state === 'preCandidate' && timeOutOf(entry) !== null)
    return { phase: 'decide', text: 'its turn has come: it asks whether it would be elected' }
  if (state === 'secondary' && leader !== null) return { phase: 'other', text: `it follows ${leader}` }
  return null
}

function whyNoMaster({ type, leader }: TimelineEntry['event']): string {
  if (type === 'lease.lost') return 'it lost the lease of the quorum'
  if (type === 'membership.stop') return 'it leaves'
  if (type === 'mastership.resign') return 'it hands over'
  if (type === 'leader.heard') return `${text(leader) ?? 'another'} leads in a later epoch`
  return type === 'epoch.raised' ? 'a later epoch has begun' : type
}

/** What a component's program, or the node, wrote for the record. */
function ofNote({ kind, actor, event }: TimelineEntry): Phrase | null {
  const component = componentOf(actor)
  if (kind === 'note' && event.severity !== 'warning' && event.severity !== 'critical') return null
  const said = text(event.text) ?? describeMessage({ type: event.type, ...record(event.data) })
  return { phase: 'other', text: component === null ? said : `${component} notes: ${said}` }
}
