/** What an assignment has of what it needs. */
import type { AssignmentName, ComponentId } from '../../../model/ids.ts'
import { nodeOf } from '../../../model/ids.ts'
import { modelOf } from '../../../model/redundancy.ts'
import type { Role } from '../../../model/roles.ts'
import { upAvailabilities } from '../../../model/status.ts'
import type { PlanInput } from '../input.ts'

/** Places that have a role, as far as their nodes can be talked to. */
export function readyCount(input: PlanInput, assignment: AssignmentName, role: Role): number {
  const places = Object.keys(input.intents[assignment]?.roles ?? {}) as ComponentId[]
  return places.filter((place) => {
    const status = input.statuses[place]
    const isHeard = upAvailabilities.includes(input.nodes[nodeOf(place)] ?? 'unknown')
    return isHeard && status?.role === role && status.phase === 'ready'
  }).length
}

export function readyPrimaryCount(input: PlanInput, assignment: AssignmentName): number {
  return readyCount(input, assignment, 'primary')
}

/** What is missing of what the configuration wants. All zero: as configured. */
export interface Shortage {
  readonly assignment: AssignmentName
  /** Of the required primaries: more than 0 is a loss of service. */
  readonly primaries: number
  readonly secondaries: number
  /** Beyond what is required. */
  readonly preferredPrimaries: number
  readonly preferredSecondaries: number
}

export function shortageOf(input: PlanInput, assignment: AssignmentName): Shortage {
  const configured = input.configuration.assignments[assignment]!
  const { primaries, secondaries } = modelOf(configured)
  // More than one on each of its nodes is wished for by nobody.
  const placeCount = input.configuration.components[configured.component]!.nodes.length
  const [served, standing] = [readyPrimaryCount(input, assignment), readyCount(input, assignment, 'secondary')]
  const missing = (wanted: number, have: number) => Math.max(0, wanted - have)
  return {
    assignment,
    primaries: missing(primaries.required, served),
    secondaries: missing(secondaries.required, standing),
    preferredPrimaries: missing(Math.min(primaries.preferred, placeCount), Math.max(served, primaries.required)),
    preferredSecondaries: missing(
      Math.min(secondaries.preferred, placeCount),
      Math.max(standing, secondaries.required),
    ),
  }
}

/** It has the primaries that it requires. */
export function isServed(input: PlanInput, assignment: AssignmentName): boolean {
  const { primaries } = modelOf(input.configuration.assignments[assignment]!)
  return readyPrimaryCount(input, assignment) >= primaries.required
}
