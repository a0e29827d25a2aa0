/**
 * How long things may take, at most: the limits that the configuration sets. A start that takes its whole `startTimeoutMs` is a rare
 * one; what is typical is far below, and known to nobody before it has been seen.
 */
import type { ComponentType } from '../../../model/configuration.ts'
import { type AssignmentName, type NodeName, nodeOf } from '../../../model/ids.ts'
import type { Role } from '../../../model/roles.ts'
import { isolationWaitMs } from '../../lease.ts'
import { compiled } from '../compile.ts'
import type { PlanInput } from '../input.ts'
import { hasProcess } from './ideal.ts'
import { readyPrimaryCount } from './service.ts'

/** Its process is started before the role command, or stopped after it, where the new role asks for that. */
export function limitOf(type: ComponentType | null, change: { from: Role; to: Role }): number {
  if (type === null) return 0
  const [had, has] = [hasProcess(type, change.from), hasProcess(type, change.to)]
  const started = !had && has ? type.startTimeoutMs : 0
  const stopped = had && !has ? type.stopTimeoutMs : 0
  return started + stopped + type.roleTimeoutMs
}

/** Something that happens though nobody does anything. */
export interface Passage {
  /** Since the beginning. */
  readonly atMs: number
  readonly text: string
  readonly input: PlanInput
}

/** The next of them, or null: time changes nothing any more. `sinceMs`: since when each sponsor is not ready. */
export function nextPassage(input: PlanInput, sinceMs: ReadonlyMap<AssignmentName, number>): Passage | null {
  const passages = [isolation(input), ...lapses(input, sinceMs)].filter((passage) => passage !== null)
  return passages.sort((a, b) => a.atMs - b.atMs)[0] ?? null
}

function isolation(input: PlanInput): Passage | null {
  const silent = Object.keys(input.nodes).filter((node) => input.nodes[node] === 'unreachable')
  if (silent.length === 0) return null
  const atMs = Math.ceil(isolationWaitMs(input.configuration.timing))
  const isSilent = (node: NodeName) => silent.includes(node)
  return {
    atMs,
    text: `${silent.join(', ')} silent for ${atMs} ms: what is exclusive there has stopped by itself`,
    input: {
      ...input,
      nodes: { ...input.nodes, ...Object.fromEntries(silent.map((node) => [node, 'isolated' as const])) },
      statuses: withoutNodes(input.statuses, isSilent),
      commanded: withoutNodes(input.commanded, isSilent),
    },
  }
}

function withoutNodes<T>(record: Readonly<Record<string, T>>, isOut: (node: NodeName) => boolean): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(([place]) => !isOut(nodeOf(place as `${string}/${string}`))))
}

/** Sponsors that have been without a ready primary for longer than a dependent tolerates. Those of groups are among them. */
function lapses(input: PlanInput, sinceMs: ReadonlyMap<AssignmentName, number>): Passage[] {
  const { dependencies, assignments } = compiled(input.configuration)
  return dependencies.flatMap((dependency) => {
    const { toleranceMs, instanceCountMin, mode } = dependency
    const dependent = assignments[dependency.dependent]!.name
    const sponsor = assignments[dependency.sponsor]!.name
    const since = sinceMs.get(sponsor)
    const isMet = mode === 'start' || readyPrimaryCount(input, sponsor) >= instanceCountMin
    if (isMet || since === undefined || input.lapsed?.[dependent] || readyPrimaryCount(input, dependent) === 0)
      return []
    return [
      {
        atMs: since + toleranceMs,
        text: `${sponsor} is not served for ${toleranceMs} ms, longer than ${dependent} tolerates`,
        input: { ...input, lapsed: { ...input.lapsed, [dependent]: true as const } },
      },
    ]
  })
}

/** Those that depend on one that is not served; others' tolerance begins anew. */
export function lapsedLeft(input: PlanInput, unserved: { has(name: AssignmentName): boolean }): PlanInput['lapsed'] {
  const { assignmentIndexes, sponsorsOf, assignments } = compiled(input.configuration)
  const isLeft = (name: AssignmentName) =>
    sponsorsOf[assignmentIndexes.get(name) ?? -1]?.some(({ sponsor }) => unserved.has(assignments[sponsor]!.name))
  const left = Object.keys(input.lapsed ?? {}).filter(isLeft)
  return Object.fromEntries(left.map((name) => [name, true as const]))
}
