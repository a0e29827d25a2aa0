/**
 * Incidents: what went wrong, or was ordered, with all that came of it across the nodes, until the cluster was whole again. Derived
 * from a timeline alone: of full black boxes, of the notable steps that the cluster log keeps, or of one node's part.
 */
import { type Incident as Collected, collect } from './incidents/collect.ts'
import type { Knowledge } from './incidents/knowledge.ts'
import { type Gap, gapsOf } from './incidents/service.ts'
import { titleOf } from './incidents/title.ts'
import type { IncidentCode } from './incidents/triggers.ts'
import type { Timeline } from './timeline.ts'

export type { IncidentCode } from './incidents/triggers.ts'

export type Severity = 'critical' | 'warning' | 'info'

/** One cause and all that came of it. */
export interface Incident {
  /** That of the step it began with. */
  readonly id: string
  readonly code: IncidentCode
  /** `critical`: a service was interrupted that nobody had asked for; `info`: it was ordered, or nothing failed. */
  readonly severity: Severity
  /** `n1/ledger`, `n2`, `cluster` */
  readonly subject: string
  /** One sentence for people. */
  readonly title: string
  readonly startUs: number
  /** null: something of it is still under way where the timeline ends. */
  readonly endUs: number | null
  /** Whose roles it changed or concerns, by name. */
  readonly assignments: string[]
  /** How long no primary served, longest of its assignments, to the timeline's end if none does yet; null: service went on, or it is not known. */
  readonly outageMs: number | null
  /** In the order of the timeline, 10 000 at most. */
  readonly recordIds: string[]
}

/** In the order in which they began. */
export function incidentsOf(timeline: Timeline): Incident[] {
  return incidentIndexOf(timeline).incidents
}

export interface IncidentIndex {
  readonly incidents: Incident[]
  /** By the id of each step that belongs to one. */
  readonly byStep: ReadonlyMap<string, Incident>
}

const indexes = new WeakMap<Timeline, IncidentIndex>()

/** Made once for each timeline. */
export function incidentIndexOf(timeline: Timeline): IncidentIndex {
  const made = indexes.get(timeline)
  if (made) return made
  const index = makeIndex(timeline)
  indexes.set(timeline, index)
  return index
}

function makeIndex({ entries }: Timeline): IncidentIndex {
  const { incidents, byStep, known } = collect(entries)
  const endUs = entries.at(-1)?.time.us ?? 0
  const outages = outagesOf(gapsOf(entries, known), { incidents, byStep, known, endUs })
  for (const incident of incidents) if (isQuorumLost(incident, endUs)) incident.code = 'quorum.lost'
  const finished = new Map(incidents.map((incident) => [incident, incidentOf(incident, outages.get(incident))]))
  return {
    incidents: [...finished.values()].sort((a, b) => a.startUs - b.startUs),
    byStep: new Map([...byStep].map(([id, incident]) => [id, finished.get(incident)!])),
  }
}

/** An election takes fractions of a second: after this there is no majority to elect anybody. */
const electionUsMax = 5_000_000

function isQuorumLost({ code, restedUs, members, lastUs }: Collected, endUs: number): boolean {
  if (code !== 'lease.lost') return false
  const isElected = members.some(({ state, fromState }) => state === 'primary.acting' && fromState !== state)
  const { us } = members[0]!.time
  return !isElected && Math.max(lastUs, restedUs ?? endUs) - us > electionUsMax
}

interface Found {
  readonly incidents: readonly Collected[]
  readonly byStep: ReadonlyMap<string, Collected>
  readonly known: Knowledge
  readonly endUs: number
}

/** In ms, by the incident that ended the service; by incident and assignment the sum, then the longest. */
function outagesOf(gaps: readonly Gap[], found: Found): ReadonlyMap<Collected, number> {
  const sums = new Map<Collected, Map<string, number>>()
  for (const gap of gaps) {
    const incident = found.byStep.get(gap.endedBy.id) ?? around(found.incidents, gap.fromUs)
    const isWanted = gap.toUs !== null || (found.known.wantsPrimary(gap.assignment) && !found.known.isStopping)
    if (!incident || !isWanted) continue
    const of = sums.get(incident) ?? new Map<string, number>()
    sums.set(incident, of)
    const ms = ((gap.toUs ?? found.endUs) - gap.fromUs) / 1000
    of.set(gap.assignment, (of.get(gap.assignment) ?? 0) + ms)
    incident.assignments.add(gap.assignment)
  }
  return new Map([...sums].map(([incident, of]) => [incident, Math.max(...of.values())]))
}

function around(incidents: readonly Collected[], us: number): Collected | undefined {
  return incidents.findLast((incident) => incident.first.time.us <= us && (incident.restedUs ?? us) >= us)
}

const planned: readonly IncidentCode[] = ['operation', 'node.left', 'node.returned', 'configuration.changed']

function incidentOf(incident: Collected, outageMs: number | undefined): Incident {
  const { first, members, subject, assignments } = incident
  const code = incident.code
  return {
    id: first.id,
    code,
    severity: severityOf(code, outageMs),
    subject,
    title: titleOf(incident),
    startUs: first.time.us,
    endUs: incident.restedUs === null ? null : Math.max(first.time.us, incident.lastUs),
    assignments: [...assignments].sort(),
    outageMs: outageMs ?? null,
    recordIds: members.map(({ id }) => id),
  }
}

function severityOf(code: IncidentCode, outageMs: number | undefined): Severity {
  if (planned.includes(code)) return 'info'
  return outageMs === undefined && code !== 'quorum.lost' ? 'warning' : 'critical'
}
