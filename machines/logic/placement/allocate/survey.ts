/**
 * The situations of all assignments, those of an earlier plan taken over where nothing that they are made of has changed: compared by
 * reference, record by record, and within a record only if it is another one.
 */
import type { ComponentId } from '../../../model/ids.ts'
import { allCandidates, candidatesSince } from '../candidate.ts'
import { type Compiled, compiled, hostIndexOf } from '../compile.ts'
import type { Administrative, PlanInput } from '../input.ts'
import { retiredOwners } from '../retired.ts'
import { clear, copyOf, emptySituations, type Situations, situate } from './situation.ts'

export interface Survey {
  readonly input: PlanInput
  readonly situations: Situations
  /** By assignment: 1 where it was made anew. */
  readonly isAnew: Uint8Array
}

export function surveyed(input: PlanInput, before: Survey | null): Survey {
  const of = compiled(input.configuration)
  const isAnew = before && changesSince(of, input, before)
  if (!before || !isAnew) return surveyedAnew(input, of)
  const candidates = candidatesSince(input, { input: before.input, candidates: before.situations.candidates, isAnew })
  const situations = isAnew.includes(1) ? copyOf(before.situations, candidates) : before.situations
  for (let index = 0; index < isAnew.length; index++) {
    if (isAnew[index] === 0) continue
    clear(situations, index)
    situate(input, situations, index)
  }
  return { input, situations, isAnew }
}

function surveyedAnew(input: PlanInput, of: Compiled): Survey {
  const situations = emptySituations(of, allCandidates(input))
  for (let index = 0; index < of.assignments.length; index++) situate(input, situations, index)
  return { input, situations, isAnew: new Uint8Array(of.assignments.length).fill(1) }
}

/** By assignment: 1 where something it is made of is another now; null: it may be anything. */
function changesSince(of: Compiled, input: PlanInput, { input: before, situations }: Survey): Uint8Array | null {
  if (input.configuration !== before.configuration) return null
  if (hasChangedAtLarge(input.administrative, before.administrative)) return null
  if (retiredOwners(input).size > 0 || retiredOwners(before).size > 0) return null
  const marks = new Uint8Array(of.assignments.length)
  markNodes(of, marks, input, before)
  markHosts(of, marks, [
    [input.locked, before.locked],
    [input.barred, before.barred],
    [input.commanded, before.commanded],
    [input.withheld, before.withheld],
    [input.administrative?.components, before.administrative?.components],
  ])
  for (const [now, then] of [
    [input.intents, before.intents],
    [input.requests, before.requests],
    [input.lapsed, before.lapsed],
    [input.administrative?.assignments, before.administrative?.assignments],
  ] as const)
    markNamed(of, marks, now, then)
  if (input.statuses !== before.statuses) markStatuses(marks, input, situations)
  for (let index = 0; index < marks.length; index++) if (situations.isBusy[index] === 1) marks[index] = 1
  return marks
}

function hasChangedAtLarge(now: Administrative | undefined, then: Administrative | undefined): boolean {
  return (now === undefined) !== (then === undefined) || now?.isMaintained !== then?.isMaintained
}

function markNodes(of: Compiled, marks: Uint8Array, input: PlanInput, before: PlanInput): void {
  const states = [input.administrative?.nodes, before.administrative?.nodes]
  if (input.nodes === before.nodes && input.awaited === before.awaited && states[0] === states[1]) return
  const changed = new Uint8Array(of.nodes.length)
  let hasChanged = false
  const [awaited, awaitedBefore] = [new Set(input.awaited), new Set(before.awaited)]
  of.nodes.forEach((node, index) => {
    const isSame =
      input.nodes[node] === before.nodes[node] &&
      awaited.has(node) === awaitedBefore.has(node) &&
      states[0]?.[node] === states[1]?.[node]
    if (isSame) return
    changed[index] = 1
    hasChanged = true
  })
  if (!hasChanged) return
  for (let slot = 0; slot < of.slotCount; slot++)
    if (changed[of.slotNodes[slot]!] === 1) marks[of.slotAssignments[slot]!] = 1
}

type Lines = Readonly<Record<string, unknown>> | undefined

/** Lines that are kept by component or place. */
function markHosts(of: Compiled, marks: Uint8Array, records: readonly (readonly [Lines, Lines])[]): void {
  for (const [now, then] of records) {
    if (now === then) continue
    for (const id of changedKeys(now, then)) {
      const host = hostIndexOf(of, id as ComponentId)
      if (host < 0) continue
      for (const assignment of of.components[of.hostComponents[host]!]!.assignments) marks[assignment] = 1
    }
  }
}

function markNamed(of: Compiled, marks: Uint8Array, now: Lines, then: Lines): void {
  if (now === then) return
  for (let index = 0; index < marks.length; index++) {
    const { name } = of.assignments[index]!
    if (now?.[name] !== then?.[name]) marks[index] = 1
  }
}

function changedKeys(now: Lines, then: Lines): string[] {
  const changed: string[] = []
  for (const key in now) if (now[key] !== then?.[key]) changed.push(key)
  for (const key in then) if (now?.[key] === undefined) changed.push(key)
  return changed
}

function markStatuses(marks: Uint8Array, { statuses }: PlanInput, { candidates }: Situations): void {
  for (let index = 0; index < marks.length; index++)
    for (const { component, status } of candidates[index]!)
      if ((statuses[component] ?? null) !== status) marks[index] = 1
}
