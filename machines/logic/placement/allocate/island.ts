/** What belongs together when roles are decided. */
import type { Compiled } from '../compile.ts'
import type { Ledger } from './ledger.ts'

/**
 * Marks an assignment, and those that can't be left as they are while it is decided: its dependents, those that must stand with it,
 * and those whose components need its own.
 */
export function withDependents(of: Compiled, index: number, marks: Uint8Array): void {
  if (marks[index] !== 0) return
  marks[index] = 1
  for (const { dependent, mode } of of.dependentsOf[index]!) if (mode !== 'start') withDependents(of, dependent, marks)
  for (const { members, weight } of of.togethersOf[index]!)
    if (weight === null) for (const member of members) withDependents(of, member, marks)
  for (const { dependent } of of.neededBy[of.assignments[index]!.component]!)
    for (const other of of.components[dependent]!.assignments) withDependents(of, other, marks)
}

/** All that share something with them, directly or through others: resources of a node, a component, a relationship. In order. */
export function neighboursOf({ of }: Ledger, members: readonly number[]): number[] {
  const marks = new Uint8Array(of.assignments.length)
  const open = [...members]
  for (const index of members) marks[index] = 1
  const mark = (index: number) => {
    if (marks[index] !== 0) return
    marks[index] = 1
    open.push(index)
  }
  for (let index = open.pop(); index !== undefined; index = open.pop())
    for (const other of sharing(of, index)) mark(other)
  return [...of.order].filter((index) => marks[index] !== 0)
}

function* sharing(of: Compiled, index: number): Generator<number> {
  const { component } = of.assignments[index]!
  yield* of.components[component]!.assignments
  for (const { dependent } of of.dependentsOf[index]!) yield dependent
  for (const { sponsor } of of.sponsorsOf[index]!) yield sponsor
  for (const { members } of of.togethersOf[index]!) yield* members
  for (const { classes } of of.apartsOf[index]!) yield* classes.flat()
  for (const { dependent } of of.neededBy[component]!) yield* of.components[dependent]!.assignments
  for (const { sponsor } of of.needsOf[component]!) yield* of.components[sponsor]!.assignments
  if (of.resources.length === 0 || !isHeavy(of, index)) return
  const nodes = nodesOf(of, index)
  for (let other = 0; other < of.assignments.length; other++)
    if (isHeavy(of, other) && [...nodesOf(of, other)].some((node) => nodes.has(node))) yield other
}

function isHeavy({ resources, primaryWeights, secondaryWeights }: Compiled, index: number): boolean {
  for (let at = index * resources.length; at < (index + 1) * resources.length; at++)
    if (primaryWeights[at]! > 0 || secondaryWeights[at]! > 0) return true
  return false
}

function nodesOf({ slotsFrom, slotNodes }: Compiled, index: number): Set<number> {
  return new Set(slotNodes.subarray(slotsFrom[index]!, slotsFrom[index + 1]!))
}
