/**
 * How long things may take, at most: the limits that the configuration sets. A start that takes its whole `startTimeoutMs` is a rare
 * one; what is typical is far below, and known to nobody before it has been seen.
 */
import type { ComponentType } from '../../../model/configuration.ts'
import { type NodeName, nodeOf } from '../../../model/ids.ts'
import type { Role } from '../../../model/roles.ts'
import { isolationWaitMs } from '../../lease.ts'
import type { CompiledDependency } from '../compile/relationships.ts'
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

/** The next of them, or null: time changes nothing any more. `unmetSinceMs`: by dependency, since when its sponsor has too few primaries. */
export function nextPassage(input: PlanInput, unmetSinceMs: ReadonlyMap<number, number>): Passage | null {
  const passages = [isolation(input), ...lapses(input, unmetSinceMs)].filter((passage) => passage !== null)
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

/** Sponsors that have been without enough ready primaries for longer than a dependent tolerates. Those of groups are among them. */
function lapses(input: PlanInput, unmetSinceMs: ReadonlyMap<number, number>): Passage[] {
  const { dependencies, assignments } = compiled(input.configuration)
  return [...unmetSinceMs].flatMap(([index, sinceMs]) => {
    const { toleranceMs, instanceCountMin, ...of } = dependencies[index]!
    const [dependent, sponsor] = [assignments[of.dependent]!.name, assignments[of.sponsor]!.name]
    if (input.lapsed?.[dependent] || readyPrimaryCount(input, dependent) === 0) return []
    const what = instanceCountMin > 1 ? `has fewer than ${instanceCountMin} primaries` : 'is not served'
    return [
      {
        atMs: sinceMs + toleranceMs,
        text: `${sponsor} ${what} for ${toleranceMs} ms, longer than ${dependent} tolerates`,
        input: { ...input, lapsed: { ...input.lapsed, [dependent]: true as const } },
      },
    ]
  })
}

/** Whether the sponsor has fewer primaries than its dependent needs, where that matters beyond the start. */
export function isUnmet(input: PlanInput, { sponsor, instanceCountMin, mode }: CompiledDependency): boolean {
  const { assignments } = compiled(input.configuration)
  return mode !== 'start' && readyPrimaryCount(input, assignments[sponsor]!.name) < instanceCountMin
}

/** Dependents that tolerate nothing, and serve without what they need. Null: none. */
export function lapsedAtOnce(input: PlanInput, unmet: Iterable<number>): PlanInput['lapsed'] | null {
  const { dependencies, assignments } = compiled(input.configuration)
  const names = [...unmet]
    .filter((index) => dependencies[index]!.toleranceMs === 0)
    .map((index) => assignments[dependencies[index]!.dependent]!.name)
    .filter((name) => readyPrimaryCount(input, name) > 0)
  return names.length === 0 ? null : Object.fromEntries(names.map((name) => [name, true as const]))
}

/** Dependents that are still without what they need; others' tolerance begins anew. */
export function lapsedLeft(input: PlanInput, unmet: Iterable<number>): PlanInput['lapsed'] {
  const { dependencies, assignments } = compiled(input.configuration)
  const without = new Set([...unmet].map((index) => assignments[dependencies[index]!.dependent]!.name))
  const left = Object.keys(input.lapsed ?? {}).filter((name) => without.has(name))
  return Object.fromEntries(left.map((name) => [name, true as const]))
}
