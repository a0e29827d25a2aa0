/**
 * What the entries so far say of the cluster: who is to be what, what is, and whom a component serves. Fed in the order of time;
 * of a thin log, or one node's part, it knows as much as those say.
 */
import type { Message } from '../../engine/step.ts'
import type { TimelineEntry } from '../timeline.ts'
import {
  actorKey,
  componentOf,
  isChange,
  list,
  nodeOfComponent,
  peerOf,
  record,
  reportedIn,
  text,
  topOf,
} from './read.ts'

/** Role by component. */
export type Roles = Readonly<Record<string, string>>

export interface RoleChange {
  readonly assignment: string
  readonly component: string
  readonly from: string | null
  readonly to: string
}

const intentPrefix = 'intent/'

export class Knowledge {
  /** As decided, by assignment. */
  readonly intents = new Map<string, Roles>()
  /** `primary.ready`, by component: as its machine says or, where that is not recorded, as its node reports. */
  readonly states = new Map<string, string>()
  readonly assignmentOf = new Map<string, string>()
  /** Assignments that had a primary at some time. */
  readonly everServed = new Set<string>()
  /** Assignments of which the last entry said something: who serves them, who is to. */
  readonly touched = new Set<string>()
  /** By observer: nodes that it heard at some time. */
  readonly everAlive = new Set<string>()
  readonly #serving = new Map<string, Set<string>>()
  /** By node that has recorded something or is to host something: whether it stays. */
  readonly #stays = new Map<string, boolean>()
  #stayingCount = 0
  /** Components whose own machines are recorded: what is reported of them is old news. */
  readonly #own: ReadonlySet<string>

  constructor(entries: readonly TimelineEntry[]) {
    this.#own = new Set(entries.map(({ actor }) => componentOf(actor)).filter((component) => component !== null))
  }

  hasOwnRecords(component: string): boolean {
    return this.#own.has(component)
  }

  /** Every node has ended or is leaving, so the cluster as a whole was stopped: what it lacks now nobody is to give it. */
  get isStopping(): boolean {
    return this.#stayingCount === 0
  }

  note(entry: TimelineEntry): void {
    if (this.touched.size > 0) this.touched.clear()
    if (entry.kind === 'start' || !this.#stays.has(entry.node)) this.#noteStay(entry.node, true)
    else if (isLeave(entry)) this.#noteStay(entry.node, false)
    if (entry.event.entries !== undefined)
      for (const [assignment, roles] of intentsIn(list(entry.event.entries))) this.#noteIntent(assignment, roles)
    for (const effect of entry.effects) this.#noteEffect(effect, entry)
    const own = componentOf(entry.actor)
    if (own !== null) this.#noteState(own, entry.state)
    for (const { component, role, phase } of reportedIn(entry)) {
      if (!this.hasOwnRecords(component)) this.#noteState(component, `${role}.${phase}`)
    }
    const peer = peerOf('node', entry.actor)
    if (peer === null) return
    if (entry.state === 'alive') this.#noteAlive(peer, entry)
    else if (isOver(entry.state)) this.#noteEnd(peer)
  }

  #noteStay(node: string, stays: boolean): void {
    if (this.#stays.get(node) === stays) return
    if (stays) this.#stayingCount += 1
    else if (this.#stays.get(node)) this.#stayingCount -= 1
    this.#stays.set(node, stays)
  }

  #noteAlive(node: string, entry: TimelineEntry): void {
    this.everAlive.add(actorKey(entry))
    if (isChange(entry)) this.#noteStay(node, true)
  }

  /** With a node all that ran there has ended. */
  #noteEnd(node: string): void {
    this.#noteStay(node, false)
    for (const [component, state] of this.states) {
      if (nodeOfComponent(component) === node && topOf(state) !== 'offline')
        this.#noteState(component, 'offline.stopped')
    }
  }

  #noteState(component: string, state: string): void {
    this.states.set(component, state)
    const assignment = this.assignmentOf.get(component)
    if (assignment === undefined) return
    this.touched.add(assignment)
    let serving = this.#serving.get(assignment)
    if (!serving) this.#serving.set(assignment, (serving = new Set()))
    if (!isServing(state)) serving.delete(component)
    else {
      serving.add(component)
      this.everServed.add(assignment)
    }
  }

  #noteIntent(assignment: string, roles: Roles | null): void {
    this.touched.add(assignment)
    if (roles === null) {
      this.intents.delete(assignment)
      return
    }
    this.intents.set(assignment, roles)
    for (const component of Object.keys(roles)) {
      this.#noteAssignment(component, assignment)
      const node = nodeOfComponent(component)
      if (!this.#stays.has(node)) this.#noteStay(node, true)
    }
  }

  #noteEffect({ component, assignment, type }: Message, { actor }: TimelineEntry): void {
    const isNamed = typeof component === 'string' && typeof assignment === 'string'
    const isTold = actor === 'crim' ? type === 'role.command' : actor.startsWith('component/')
    if (isNamed && isTold) this.#noteAssignment(component, assignment)
  }

  #noteAssignment(component: string, assignment: string): void {
    if (this.assignmentOf.get(component) === assignment) return
    this.assignmentOf.set(component, assignment)
    const state = this.states.get(component)
    if (state !== undefined) this.#noteState(component, state)
  }

  /** Whether a decision is that somebody should serve it. */
  wantsPrimary(assignment: string): boolean {
    return Object.values(this.intents.get(assignment) ?? {}).includes('primary')
  }

  servingCount(assignment: string): number {
    return this.#serving.get(assignment)?.size ?? 0
  }

  /** What a node's end takes a primary or secondary from. */
  assignmentsOn(node: string): string[] {
    const on = [...this.states].filter(
      ([component, state]) => nodeOfComponent(component) === node && ['primary', 'secondary'].includes(topOf(state)),
    )
    return on.map(([component]) => this.assignmentOf.get(component)).filter((name) => name !== undefined)
  }

  roleOf(component: string): string | null {
    const state = this.states.get(component)
    return state === undefined ? null : topOf(state)
  }

  /** What changes of the decided roles mean, against what was decided before. */
  changesIn(changes: unknown): RoleChange[] {
    return intentsIn(list(changes)).flatMap(([assignment, roles]) => {
      const before = this.intents.get(assignment) ?? {}
      const after = roles ?? {}
      return Object.entries(after)
        .filter(([component, to]) => before[component] !== to)
        .map(([component, to]) => ({ assignment, component, from: before[component] ?? null, to }))
    })
  }
}

export function isServing(state: string): boolean {
  return state === 'primary.ready'
}

/** The node that recorded it goes in order. */
function isLeave({ actor, node, event }: TimelineEntry): boolean {
  if (event.type === 'node.leave') return componentOf(actor) !== null
  if (event.type === 'membership.stop') return actor === 'membership'
  return event.type === 'node.changed' && actor === 'crim' && event.node === node && event.availability === 'leaving'
}

/** Nothing of the node acts any more. */
export function isOver(state: string): boolean {
  return ['ended', 'left', 'isolated'].includes(topOf(state))
}

function intentsIn(entries: readonly unknown[]): [assignment: string, roles: Roles | null][] {
  return entries.flatMap((one): [string, Roles | null][] => {
    const { key, value } = record(one)
    const name = text(key)
    if (!name?.startsWith(intentPrefix)) return []
    if (value === null) return [[name.slice(intentPrefix.length), null]]
    const roles = Object.entries(record(record(value).roles)).flatMap(([component, intended]): [string, string][] => {
      const role = text(record(intended).role)
      return role === null ? [] : [[component, role]]
    })
    return [[name.slice(intentPrefix.length), Object.fromEntries(roles)]]
  })
}
