/** What an incident has not done with yet: components under way, a decision or an election that is not over, a service without primary. */
import type { TimelineEntry } from '../timeline.ts'
import { isOver, type Knowledge } from './knowledge.ts'
import { componentOf, nodeOfComponent, peerOf, reportedIn, text, topOf } from './read.ts'

const componentPrefix = 'component:'
const servicePrefix = 'service:'
const electionKey = 'election'
const restingPhases = ['ready', 'stopped', 'stopFailed']
const restingOfCrim = ['active.settled', 'standby']
const restingOfMembership = ['primary.acting', 'secondary', 'offline']
/** Of a node's machine: it may still act, or its end is being waited for. */
const restlessOfNode = ['unreachable', 'ended.ending']

export class Busy {
  readonly #keys = new Set<string>()

  get isEmpty(): boolean {
    return this.#keys.size === 0
  }

  /** It took the primary of the assignment, and nobody serves it since. */
  lacks(assignment: string): boolean {
    return this.#keys.has(`${servicePrefix}${assignment}`)
  }

  /** Begins what the incident's own steps begin; ends what any step ends. */
  note(entry: TimelineEntry, at: { isMember: boolean; known: Knowledge }): void {
    const { actor, node, state } = entry
    if (at.known.isStopping) this.#forgetCluster()
    if (entry.kind === 'start') this.#forgetNode(node, { isSelf: true })
    if (entry.kind === 'start' || (actor === 'crim' && state === 'standby')) this.#forgetCommands(at.known)
    const component = componentOf(actor)
    if (component !== null)
      this.#set(`${componentPrefix}${component}`, at.isMember && !isResting(state), isResting(state))
    else if (actor === 'crim') this.#noteCrim(entry, at)
    else if (actor === 'membership') {
      const isOverNow = restingOfMembership.includes(state)
      this.#set(electionKey, at.isMember && !isOverNow && entry.fromState !== state && !at.known.isStopping, isOverNow)
    } else this.#notePeer(entry, at.isMember)
  }

  #noteCrim(entry: TimelineEntry, { isMember, known }: { isMember: boolean; known: Knowledge }): void {
    const isSettled = restingOfCrim.includes(entry.state)
    this.#set(`crim:${entry.node}`, isMember && !isSettled, isSettled)
    for (const { component, role, phase } of reportedIn(entry)) {
      if (!known.hasOwnRecords(component) && isResting(`${role}.${phase}`))
        this.#keys.delete(`${componentPrefix}${component}`)
    }
    for (const { type, component } of entry.effects) {
      if (isMember && type === 'role.command') this.#keys.add(`${componentPrefix}${text(component)}`)
    }
  }

  #notePeer(entry: TimelineEntry, isMember: boolean): void {
    const peer = peerOf('node', entry.actor)
    if (peer === null) return
    const isRestless = restlessOfNode.includes(entry.state)
    this.#set(`node:${peer}@${entry.node}`, isMember && isRestless, !isRestless)
    if (isOver(entry.state)) this.#forgetNode(peer, { isSelf: false })
  }

  /** Of a cluster that stops, nobody is to be master or to serve. */
  #forgetCluster(): void {
    for (const key of this.#keys) if (key === electionKey || key.startsWith(servicePrefix)) this.#keys.delete(key)
  }

  /** Who is master no more is not told what came of its commands. */
  #forgetCommands(known: Knowledge): void {
    for (const key of this.#keys) {
      if (key.startsWith(componentPrefix) && !known.hasOwnRecords(key.slice(componentPrefix.length)))
        this.#keys.delete(key)
    }
  }

  /** What a node that has ended, or begins anew, will not go on with. */
  #forgetNode(node: string, { isSelf }: { isSelf: boolean }): void {
    for (const key of this.#keys) {
      const isOwn = key === `crim:${node}` || key.endsWith(`@${node}`)
      const isComponent = key.startsWith(componentPrefix) && nodeOfComponent(key.slice(componentPrefix.length)) === node
      if (isOwn || (isComponent && !isSelf)) this.#keys.delete(key)
    }
  }

  /** A service that is to have a primary, and had one. */
  noteService(
    looked: Iterable<string>,
    ours: ReadonlySet<string>,
    { isMember, known }: { isMember: boolean; known: Knowledge },
  ): void {
    for (const assignment of looked) {
      if (!ours.has(assignment)) continue
      const isWanted = known.everServed.has(assignment) && known.wantsPrimary(assignment)
      const isLacking = isWanted && known.servingCount(assignment) === 0 && !known.isStopping
      this.#set(`${servicePrefix}${assignment}`, isLacking && isMember, !isLacking)
    }
  }

  #set(key: string, isBegun: boolean, isEnded: boolean): void {
    if (isBegun) this.#keys.add(key)
    else if (isEnded) this.#keys.delete(key)
  }
}

function isResting(state: string): boolean {
  return restingPhases.includes(state.split('.').at(-1)!) || topOf(state) === state
}
