/**
 * Puts each step into the incident it belongs to: that of its cause, recorded or implied; or, of what could begin one itself, the one
 * under way about the same thing, however many nodes noticed it. So there is one incident for each cause.
 */
import type { TimelineEntry } from '../timeline.ts'
import { Busy } from './busy.ts'
import { Knowledge } from './knowledge.ts'
import { linksOf } from './links.ts'
import { actorKey, componentOf, effectOf, isChange, text } from './read.ts'
import { type IncidentCode, type Trigger, triggerOf } from './triggers.ts'

/** What is caused by an incident that has come to rest this long ago is no longer part of it. */
const quietUsMax = 10_000_000
/** What would begin one: so long. */
const aftermathUsMax = 1_000_000
/** Another observer notices the end of the same life as late as this. */
const noticedUsMax = 30_000_000
/** Steps an incident keeps; what is beyond still moves its end. */
export const memberCountMax = 10_000

interface Triggered {
  readonly trigger: Trigger
  readonly entry: TimelineEntry
}

export class Incident {
  code: IncidentCode
  subject: string
  /** The step it began with. */
  readonly first: TimelineEntry
  readonly members: TimelineEntry[] = []
  /** The first of each kind, whoever noticed it. */
  readonly triggers: Triggered[] = []
  /** The last of each kind. */
  readonly #latest = new Map<string, Triggered>()
  readonly assignments = new Set<string>()
  readonly busy = new Busy()
  /** Nodes that have come back meanwhile: what ends of them later is another story. */
  readonly returned = new Set<string>()
  /** When something last came of it. */
  lastUs: number
  /** null: something of it is still under way. */
  restedUs: number | null = null

  constructor(trigger: Trigger, first: TimelineEntry) {
    this.code = trigger.code
    this.subject = trigger.subject
    this.first = first
    this.lastUs = first.time.us
  }

  trigger(triggered: Triggered): void {
    const { trigger, entry } = triggered
    const kind = `${trigger.code} ${trigger.subject} ${trigger.life} ${entry.node}`
    if (!this.#latest.has(kind)) this.triggers.push(triggered)
    this.#latest.set(kind, triggered)
  }

  isAbout(triggered: Triggered): boolean {
    return this.#latest.values().some((known) => isSame(known, triggered, this))
  }

  /** Whether it is under way, or has come to rest no longer ago than that. */
  isRecent(us: number, sinceUsMax: number): boolean {
    return this.restedUs === null || us - Math.max(this.restedUs, this.lastUs) <= sinceUsMax
  }
}

export interface Collected {
  readonly incidents: readonly Incident[]
  /** By the id of each step that belongs to one. */
  readonly byStep: ReadonlyMap<string, Incident>
  /** What all entries say. */
  readonly known: Knowledge
}

export function collect(entries: readonly TimelineEntry[]): Collected {
  const collector = new Collector(entries)
  for (const entry of entries) collector.take(entry)
  return collector
}

class Collector implements Collected {
  readonly incidents: Incident[] = []
  readonly byStep = new Map<string, Incident>()
  readonly known: Knowledge
  readonly #links: ReadonlyMap<string, string>
  readonly #suspicions = new Map<string, TimelineEntry>()
  /** May still be what a trigger is about; looked through at each. */
  #recent: Incident[] = []
  /** Waits for something, which any step may end. */
  readonly #underWay = new Set<Incident>()
  /** Assignments that the entry made an incident's. */
  readonly #concerned = new Set<string>()

  constructor(entries: readonly TimelineEntry[]) {
    this.known = new Knowledge(entries)
    this.#links = linksOf(entries)
  }

  take(entry: TimelineEntry): void {
    const { us } = entry.time
    const trigger = triggerOf(entry, this.known)
    if (trigger) this.#recent = this.#recent.filter((incident) => incident.isRecent(us, noticedUsMax))
    if (this.#concerned.size > 0) this.#concerned.clear()
    const owner = this.#ownerOf(entry, trigger)
    if (owner && trigger) noteTrigger(owner, trigger, entry)
    if (trigger?.code === 'node.returned') for (const incident of this.#recent) incident.returned.add(trigger.subject)
    if (owner) this.#add(owner, entry)
    this.known.note(entry)
    if (owner) {
      this.#underWay.add(owner)
      if (trigger) this.#concernNode(owner, trigger)
    }
    for (const incident of this.#underWay) this.#watch(incident, entry, incident === owner)
    if (entry.state === 'suspect' && isChange(entry)) this.#suspicions.set(actorKey(entry), entry)
  }

  #ownerOf(entry: TimelineEntry, trigger: Trigger | null): Incident | null {
    const link = this.#links.get(entry.id)
    const parent = link === undefined ? undefined : this.byStep.get(link)
    if (parent?.isRecent(entry.time.us, trigger === null ? quietUsMax : aftermathUsMax)) {
      return (trigger === null ? this.#relieved(parent, entry) : null) ?? parent
    }
    if (trigger === null) return null
    const found = this.#recent.findLast((incident) => incident.isAbout({ trigger, entry }))
    return found ?? this.#begin(trigger, entry)
  }

  /**
   * A new master decides also what its predecessor did not come to: what serves an assignment again belongs to what had ended its
   * service, not to the election.
   */
  #relieved(parent: Incident, entry: TimelineEntry): Incident | null {
    if (!ofMastership.includes(parent.code)) return null
    const concerned = this.#concernedBy(entry)
    const isRelieved = (incident: Incident) => concerned.some((assignment) => incident.busy.lacks(assignment))
    return this.#underWay.values().find((incident) => incident !== parent && isRelieved(incident)) ?? null
  }

  #begin(trigger: Trigger, entry: TimelineEntry): Incident {
    const suspicion = entry.fromState === 'suspect' ? this.#suspicions.get(actorKey(entry)) : undefined
    const incident = new Incident(trigger, suspicion ?? entry)
    this.incidents.push(incident)
    this.#recent.push(incident)
    return incident
  }

  #add(incident: Incident, entry: TimelineEntry): void {
    const suspicion = entry.fromState === 'suspect' ? this.#suspicions.get(actorKey(entry)) : undefined
    for (const one of suspicion ? [suspicion, entry] : [entry]) {
      if (this.byStep.has(one.id)) continue
      this.byStep.set(one.id, incident)
      if (incident.members.length < memberCountMax) incident.members.push(one)
    }
    if (isChange(entry) || entry.effects.length > 0) incident.lastUs = entry.time.us
    for (const assignment of this.#concernedBy(entry)) this.#concern(incident, assignment)
  }

  #concern(incident: Incident, assignment: string): void {
    if (!incident.assignments.has(assignment)) this.#concerned.add(assignment)
    incident.assignments.add(assignment)
  }

  #concernedBy(entry: TimelineEntry): string[] {
    const commanded = entry.effects
      .filter(({ type }) => type === 'role.command')
      .map(({ assignment }) => text(assignment))
      .filter((assignment) => assignment !== null)
    const decided = this.known.changesIn(effectOf(entry, 'repository.propose')?.changes)
    const own = isChange(entry) ? this.known.assignmentOf.get(componentOf(entry.actor) ?? '') : undefined
    return [...commanded, ...decided.map(({ assignment }) => assignment), ...(own === undefined ? [] : [own])]
  }

  /** What the end of a node takes its primaries and secondaries from. */
  #concernNode(incident: Incident, { code, node }: Trigger): void {
    if (!code.startsWith('node.') || node === null) return
    for (const assignment of this.known.assignmentsOn(node)) this.#concern(incident, assignment)
  }

  #watch(incident: Incident, entry: TimelineEntry, isMember: boolean): void {
    const at = { isMember, known: this.known }
    incident.busy.note(entry, at)
    incident.busy.noteService(this.known.touched, incident.assignments, at)
    if (isMember) incident.busy.noteService(this.#concerned, incident.assignments, at)
    if (!incident.busy.isEmpty) {
      incident.restedUs = null
      return
    }
    incident.restedUs ??= entry.time.us
    this.#underWay.delete(incident)
  }
}

/** Whose end explains the loss of a master. */
const ofMastership: readonly IncidentCode[] = ['mastership.changed', 'lease.lost']
const ofNode: readonly IncidentCode[] = ['node.failed', 'node.unreachable', 'node.left', 'node.returned']

function isSame(known: Triggered, { trigger, entry }: Triggered, incident: Incident): boolean {
  const { us } = entry.time
  const { code, node, subject } = known.trigger
  const isUnderWay = incident.isRecent(us, aftermathUsMax)
  if (node !== null && node === trigger.node && isOfNode(known.trigger)) {
    if (code === 'node.returned' || trigger.code === 'node.returned') return isUnderWay
    if (!isLifeOf(incident, trigger)) return false
    if (trigger.code === 'component.failed') return incident.restedUs === null
    if (ofMastership.includes(code)) return us - known.entry.time.us <= aftermathUsMax
    return !incident.returned.has(node) ? incident.isRecent(us, noticedUsMax) : isUnderWay
  }
  if (isCut(known, { trigger, entry })) return isUnderWay
  if (ofMastership.includes(trigger.code) && ofMastership.includes(code)) return isUnderWay
  if (trigger.code === 'mastership.changed') return isUnderWay && ofNode.includes(code)
  return incident.restedUs === null && code === trigger.code && subject === trigger.subject
}

/** Two nodes, or a third and either of them, do not hear each other: what is between them failed, and not they. */
function isCut(a: Triggered, b: Triggered): boolean {
  const isSilence = a.trigger.code === 'node.unreachable' && b.trigger.code === 'node.unreachable'
  return isSilence && (a.trigger.node === b.entry.node || a.entry.node === b.trigger.node)
}

/** Each of two nodes says that the other is silent. */
function isMutual(a: Triggered, b: Triggered): boolean {
  return isCut(a, b) && a.trigger.node === b.entry.node && a.entry.node === b.trigger.node
}

function isOfNode({ code }: Trigger): boolean {
  return ofNode.includes(code) || ofMastership.includes(code)
}

/** Where the nodes agree on it, or only one says. */
function isLifeOf({ triggers }: Incident, { node, life }: Trigger): boolean {
  const known = triggers.find(({ trigger }) => trigger.node === node && trigger.life !== null)
  return !known || life === null || known.trigger.life === life
}

/** The loss of a mastership, or of a lease, is a sign of what happened to the node, once that is known. */
function noteTrigger(incident: Incident, trigger: Trigger, entry: TimelineEntry): void {
  const triggered = { trigger, entry }
  if (incident.code === 'node.unreachable' && incident.triggers.some((known) => isMutual(known, triggered))) {
    incident.code = 'network.split'
    incident.subject = 'cluster'
  }
  incident.trigger(triggered)
  const isDeeper =
    ofMastership.includes(incident.code) && ['node.failed', 'node.unreachable', 'node.left'].includes(trigger.code)
  const isOfSame = incident.triggers[0]!.trigger.node === null || incident.triggers[0]!.trigger.node === trigger.node
  if (!isDeeper || !isOfSame) return
  incident.code = trigger.code
  incident.subject = trigger.subject
}
