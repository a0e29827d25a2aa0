/** An incident in one sentence: what happened, and who serves now. */
import { printable } from '../describe.ts'
import type { TimelineEntry } from '../timeline.ts'
import type { Incident } from './collect.ts'
import { isOver, isServing } from './knowledge.ts'
import { componentOf, nodeOfComponent, number, peerOf, record, reportedIn, text, timeOutOf } from './read.ts'

/** How the end of a node was noticed; the codes are those of the evidence. */
const evidence: Readonly<Record<string, string>> = {
  closed: 'its guard’s connection was closed by its kernel',
  reset: 'its guard’s connection was reset by its kernel',
  refused: 'its kernel refuses connections to its guard',
  said: 'its guard said so',
  fenced: 'it was fenced',
  operator: 'an operator said so',
}

export function evidenceOf(how: unknown): string {
  return evidence[String(how)] ?? printable(String(how))
}

export function titleOf(incident: Incident): string {
  const outcome = [...incident.assignments].length > 3 ? null : outcomeOf(incident)
  return `${causeOf(incident)}${outcome === null ? '' : `; ${outcome}`}`
}

function causeOf(incident: Incident): string {
  const { code, subject } = incident
  const trigger = incident.triggers.find(({ trigger: known }) => known.code === code) ?? incident.triggers[0]!
  const { entry } = trigger
  const who = printable(subject)
  switch (code) {
    case 'component.failed':
      return `${who} failed (${failureIn(entry)})`
    case 'node.failed':
      return `${who} failed (${evidenceOf(entry.event.how)})`
    case 'node.unreachable':
      return `${who} fell silent: no heartbeat on any link for ${Math.round(number(entry.event.silentForMs) ?? 0)} ms`
    case 'node.left':
      return `${who} left the cluster in order`
    case 'node.returned':
      return `${who} came back`
    case 'network.split':
      return `the network split into ${printable(sidesOf(incident))}`
    case 'lease.lost':
      return `${who}${entry.actor === 'membership' ? ', the master,' : ''} lost the lease of the quorum`
    case 'quorum.lost':
      return `the quorum was lost: ${who} heard no majority any more, and none was heard since`
    case 'mastership.changed':
      return `the mastership changed: ${mastershipWords(entry)}`
    case 'operation':
      return `an operator asked to ${wordsOfOperation(entry.event.operation)}`
    case 'configuration.changed':
      return 'the configuration was changed'
    case 'fence':
      return `${who} was to be fenced`
  }
}

function mastershipWords({ event, node }: TimelineEntry): string {
  const leader = printable(text(event.leader) ?? 'the master')
  if (event.type === 'leader.suspected') return `${leader} fell silent`
  if (event.type === 'leader.ended') return `${leader} ended`
  if (event.type === 'mastership.resign') return `${printable(node)} handed it over`
  return event.type === 'epoch.raised' ? 'another node stood for election' : printable(event.type)
}

/** `n1, n2 / n3`: nodes that did not hear the same others are on one side. */
function sidesOf({ triggers }: Incident): string {
  const unheard = new Map<string, Set<string>>()
  for (const { trigger, entry } of triggers) {
    if (trigger.code !== 'node.unreachable') continue
    unheard.set(entry.node, (unheard.get(entry.node) ?? new Set()).add(trigger.subject))
  }
  const sides = Map.groupBy([...unheard.keys()].sort(), (node) => [...unheard.get(node)!].sort().join())
  return [...sides.values()].map((nodes) => nodes.join(', ')).join(' / ')
}

/** What an operator asked for, after "to". */
export function wordsOfOperation(operation: unknown): string {
  const { operation: name, assignment, component, to, from, target, isOn } = record(operation)
  const { kind, ...named } = record(target)
  const what = text(assignment) ?? text(component) ?? text(Object.values(named)[0]) ?? text(kind) ?? ''
  const where = [text(from) && ` from ${text(from)}`, text(to) && ` to ${text(to)}`].filter(Boolean).join('')
  if (name === 'switchover') return printable(`switch ${what} over${where}`)
  if (name === 'maintenance')
    return printable(isOn === false ? `end the maintenance of ${what}` : `put ${what} in maintenance`)
  return printable(`${name === 'selfTest' ? 'self-test' : String(name)} ${what}${where}`)
}

/** Why a component fell out of its role: `process.exited: signal SIGKILL`. */
export function failureIn(entry: TimelineEntry): string {
  const { event } = entry
  const reported = reportedIn(entry).find(({ failure }) => failure !== null)?.failure
  const limit = timeOutOf(entry)
  if (reported) return printable(`${reported.code}: ${reported.detail}`)
  if (limit !== null) return limit === 'roleLimit' ? 'it did not take its role in time' : 'it was not ready in time'
  const code = text(event.code) ?? event.type
  return printable(text(event.detail) ? `${code}: ${event.detail}` : code)
}

/** Components that began to serve, and did not end it again. */
function servingAfter(members: readonly TimelineEntry[]): string[] {
  const serving = new Set<string>()
  for (const { actor, fromState, state } of members) {
    const component = componentOf(actor)
    if (component !== null && fromState !== state) serving[isServing(state) ? 'add' : 'delete'](component)
    const ended = isOver(state) ? peerOf('node', actor) : null
    for (const one of ended === null ? [] : [...serving]) if (nodeOfComponent(one) === ended) serving.delete(one)
  }
  return [...serving]
}

/** `n2/ledger took over ledger`; or who leads, where that is all that changed. */
function outcomeOf({ members, assignments, code }: Incident): string | null {
  const names = servingAfter(members).map(printable)
  if (names.length > 0 && names.length <= 3) {
    const what = assignments.size === 1 ? ` of ${printable([...assignments][0]!)}` : ''
    return `${names.join(', ')} ${names.length === 1 ? 'is' : 'are'} primary${what} now`
  }
  const master = members.findLast(
    ({ actor, state, fromState }) => actor === 'membership' && state === 'primary.acting' && fromState !== state,
  )
  if (!master) return null
  return `${printable(master.node)} is master ${code === 'lease.lost' && master.node === members[0]?.node ? 'again' : 'now'}`
}
