/** A rehearsal as people and programs get it: plain, versioned, described in docs/plan.md and checked by `src/plan/planSchema.ts`. */
import { type AssignmentName, type ComponentId, type NodeName, nodeOf } from '../../../model/ids.ts'
import type { Role } from '../../../model/roles.ts'
import { type NodeAvailability, type Phase, upAvailabilities } from '../../../model/status.ts'
import { formatToken } from '../../../model/token.ts'
import type { Plan } from '../index.ts'
import type { NodeState, PlanInput } from '../input.ts'
import { type Explanation, explain } from './explain.ts'
import { arrived } from './ideal.ts'
import { type QuorumForecast, quorumOf, withoutQuorum } from './quorum.ts'
import { type Rehearsal, rehearse } from './run.ts'
import { shortageOf } from './service.ts'

/** Fields are added within a version; a meaning that changes, or a field that goes, is a new one. */
export const planVersion = 1

export interface PlanDocument {
  readonly version: typeof planVersion
  readonly cluster: string
  /** What was asked about, in words; none: what is to be done as things are. */
  readonly events: readonly string[]
  /** `whole`: as configured; `degraded`: served, with less redundancy or fewer than preferred; `lost`: something required is not served. */
  readonly verdict: 'whole' | 'degraded' | 'lost'
  readonly quorum: QuorumForecast
  readonly before: Placement
  readonly after: Placement
  readonly steps: readonly PlannedStep[]
  /** What happens by itself between the steps. */
  readonly passages: readonly { readonly beforeStep: number; readonly atMs: number; readonly text: string }[]
  /** What still waits at the end, and would wait for ever. */
  readonly waits: readonly string[]
  readonly shortages: readonly PlannedShortage[]
  /** Why here, and why not there: of the assignments that have steps or shortages, `explainedCountMax` of them at most. */
  readonly explanations: readonly Explanation[]
  /** Names of the assignments that have not their required primaries in the end. */
  readonly lost: readonly AssignmentName[]
  /** Without their required primaries meanwhile, at most so long; not those that are lost. */
  readonly interruptions: readonly { readonly assignment: AssignmentName; readonly limitMs: number }[]
  readonly moveCount: number
  /** All of it takes so long at most. */
  readonly limitMs: number
  /** False: there was no end to it within the bound, and the rest is what had happened until then. */
  readonly isSettled: boolean
}

export interface Placement {
  readonly nodes: readonly {
    readonly name: NodeName
    readonly availability: NodeAvailability
    readonly state: NodeState | null
  }[]
  readonly assignments: readonly PlacedAssignment[]
}

export interface PlacedAssignment {
  readonly name: AssignmentName
  /** `gone`: no longer configured. */
  readonly health: 'served' | 'degraded' | 'unserved' | 'gone'
  /** Those that have a role, or should have one. */
  readonly places: readonly {
    readonly place: ComponentId
    readonly node: NodeName
    readonly role: Role | 'unknown'
    readonly phase: Phase | 'unknown'
    readonly intendedRole: Role
  }[]
}

export interface PlannedStep {
  /** From 1. */
  readonly number: number
  /** From 1: the steps of one turn are carried out at the same time. */
  readonly turn: number
  readonly assignment: AssignmentName
  readonly place: ComponentId
  readonly node: NodeName
  readonly from: Role
  readonly to: Role
  /** `epoch.index`, as programs see it. Later decisions have later ones. */
  readonly token: string
  readonly waitedFor: string | null
  readonly reason: string
  readonly limitMs: number
}

export interface PlannedShortage {
  readonly assignment: AssignmentName
  /** Required and missing. */
  readonly primaries: number
  readonly secondaries: number
  /** Preferred beyond that, and missing. */
  readonly preferredPrimaries: number
  readonly preferredSecondaries: number
  readonly reason: string | null
}

/** What follows if the planner's input becomes `after`. Without a quorum nobody decides anything, and leases end. */
export function forecast(of: {
  before: PlanInput
  after: PlanInput
  events: readonly string[]
  /** Of a like input: it saves work. */
  previous?: Plan
}): PlanDocument {
  const quorum = quorumOf(of.after)
  const options = of.previous ? { previous: of.previous } : {}
  const rehearsal = quorum.isQuorate ? rehearse(of.after, options) : stranded(of.after)
  return documentOf({ ...of, before: arrived(of.before) }, { rehearsal, quorum })
}

/** More than that nobody reads. */
const explainedCountMax = 1000

/** Every node that is left loses its lease, and does with its primaries what their assignments say. */
function stranded(input: PlanInput): Rehearsal {
  const after = withoutQuorum(input)
  const { nodeLeaseMs, selfStopMs } = input.configuration.timing
  const shortages = Object.keys(input.configuration.assignments)
    .sort()
    .map((name) => ({ ...shortageOf(after, name), reason: 'there is no quorum' }))
    .filter(({ primaries, secondaries }) => primaries > 0 || secondaries > 0)
  const text = 'no quorum: no lease is granted any more, and what may not act without one has stopped by itself'
  return {
    before: input,
    after,
    steps: [],
    waits: [],
    passages: [{ beforeStep: 1, atMs: nodeLeaseMs + selfStopMs, text }],
    shortages,
    unservedMs: {},
    moveCount: 0,
    limitMs: nodeLeaseMs + selfStopMs,
    isSettled: true,
  }
}

function documentOf(
  { before, events }: { before: PlanInput; events: readonly string[] },
  { rehearsal, quorum }: { rehearsal: Rehearsal; quorum: QuorumForecast },
): PlanDocument {
  const { after, shortages, unservedMs, steps } = rehearsal
  const lost = shortages.filter(({ primaries }) => primaries > 0).map(({ assignment }) => assignment)
  return {
    version: planVersion,
    cluster: after.configuration.cluster,
    events,
    verdict: lost.length > 0 ? 'lost' : shortages.length > 0 ? 'degraded' : 'whole',
    quorum,
    before: placementOf(before),
    after: placementOf(after),
    steps: steps.map(({ token, ...step }) => ({ ...step, node: nodeOf(step.place), token: formatToken(token) })),
    passages: rehearsal.passages,
    waits: rehearsal.waits,
    shortages,
    explanations: explanationsOf(rehearsal),
    lost,
    interruptions: Object.keys(unservedMs)
      .filter((name) => !lost.includes(name) && unservedMs[name]! > 0)
      .sort()
      .map((assignment) => ({ assignment, limitMs: unservedMs[assignment]! })),
    moveCount: rehearsal.moveCount,
    limitMs: rehearsal.limitMs,
    isSettled: rehearsal.isSettled,
  }
}

function explanationsOf({ before, after, steps, shortages }: Rehearsal): Explanation[] {
  const reasons = new Map(steps.map(({ place, reason }) => [place, reason]))
  const names = [...new Set([...steps, ...shortages].map(({ assignment }) => assignment))].sort()
  return names.slice(0, explainedCountMax).flatMap((name) => explain({ before, after, reasons }, name))
}

export function placementOf(input: PlanInput): Placement {
  const { configuration, nodes, intents } = input
  const names = [...new Set([...Object.keys(configuration.nodes), ...Object.keys(nodes)])]
  const assignments = [...new Set([...Object.keys(configuration.assignments), ...Object.keys(intents)])].sort()
  return {
    nodes: names.map((name) => ({
      name,
      availability: nodes[name] ?? 'unknown',
      state: input.administrative?.nodes[name] ?? null,
    })),
    assignments: assignments.map((name) => ({ name, health: healthOf(input, name), places: placesOf(input, name) })),
  }
}

function healthOf(input: PlanInput, name: AssignmentName): PlacedAssignment['health'] {
  if (input.configuration.assignments[name] === undefined) return 'gone'
  const { primaries, secondaries } = shortageOf(input, name)
  if (primaries > 0) return 'unserved'
  return secondaries > 0 ? 'degraded' : 'served'
}

function placesOf(input: PlanInput, name: AssignmentName): PlacedAssignment['places'] {
  const roles = input.intents[name]?.roles ?? {}
  return (Object.keys(roles) as ComponentId[]).sort().flatMap((place) => {
    const node = nodeOf(place)
    const status = input.statuses[place]
    const isHeard = status !== undefined && upAvailabilities.includes(input.nodes[node] ?? 'unknown')
    const intendedRole = roles[place]!.role
    const role = isHeard ? status.role : 'unknown'
    const isStopped = role === 'unknown' || (role === 'offline' && status?.phase !== 'stopFailed')
    const isOut = intendedRole === 'offline' && isStopped
    return isOut ? [] : [{ place, node, role, phase: isHeard ? status.phase : ('unknown' as const), intendedRole }]
  })
}
