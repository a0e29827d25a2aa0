/** The configuration file that the nodes of a simulation begin with, and what an operator may change of it while they run. */
import type { ComponentType, Configuration, NodeConfiguration, Timing } from '../../machines/model/configuration.ts'
import { defined } from '../configuration/defined.ts'
import {
  type ConfigurationEntry,
  changedBy,
  entriesOf,
  type FileConfiguration,
  validateTree,
} from '../configuration/tree.ts'
import { assignmentFile, capabilitiesFile, clusterFile, mapped, recoveryFile } from './placementFile.ts'

/** A component and its assignment that come and go. */
export const extraName = 'extra'
const extraType = 'hot'

/** Throws when the result is not what it was made of: then this module is wrong. */
export function fileOf(configuration: Configuration): FileConfiguration {
  const { cluster, guard, nodes, timing, types, components, assignments, stateDirectory } = configuration
  const raw = {
    cluster,
    guard,
    stateDirectory,
    runtimeDirectory: stateDirectory,
    timing: timingOf(timing),
    nodes: mapped(nodes, nodeFile),
    types: mapped(types, typeFile),
    components: mapped(components, ({ type, nodes: of, proxy }) => ({ type, nodes: of, ...defined({ proxy }) })),
    assignments: mapped(assignments, assignmentFile),
    ...clusterFile(configuration),
  }
  const file = { raw, nodeOrder: Object.keys(nodes), directory: stateDirectory, secret: null }
  const { problems } = validateTree(entriesOf(file), file)
  if (problems) throw new Error(problems.map(({ key, message }) => `${key}: ${message}`).join('; '))
  return file
}

/** Changes that can be made meanwhile; `entriesOf` the file takes each back. */
export function changesOf(configuration: Configuration): readonly (readonly ConfigurationEntry[])[] {
  const { raw } = fileOf(configuration) as { raw: Record<string, Record<string, object>> }
  const { suspectAfterMs, confirmAfterMs, heartbeatIntervalMs } = configuration.timing
  const nodes = Object.keys(configuration.nodes)
  const timing = {
    suspectAfter: msText(suspectAfterMs + heartbeatIntervalMs),
    confirmAfter: msText(confirmAfterMs * 2),
  }
  return [
    [
      { key: `configuration/components/${extraName}`, value: { type: extraType, nodes } },
      { key: `configuration/assignments/${extraName}`, value: { component: extraName } },
    ],
    Object.entries(timing).map(([name, value]) => ({ key: `configuration/timing/${name}`, value })),
    ...(nodes.length < 3 ? [] : nodes).map((name) => [
      { key: `configuration/nodes/${name}`, value: { ...raw.nodes![name], eligible: false } },
    ]),
  ]
}

/** What removes a node from the cluster, and what adds it again; null: the others would be no cluster without it. */
export function removalOf(file: FileConfiguration, node: string) {
  const key = `configuration/nodes/${node}`
  const original = entriesOf(file).filter((entry) => entry.key === key || isNaming(entry, node))
  const without = original.map((entry) => ({
    key: entry.key,
    value: entry.key === key ? null : withoutNode(entry, node),
  }))
  const { problems } = validateTree(changedBy(entriesOf(file), without), file)
  return problems ? null : { key, without, original }
}

interface Placed {
  readonly nodes?: readonly string[]
  readonly wishes?: Readonly<Record<string, unknown>>
}

/** A component that runs there, or an assignment that would rather be there, or elsewhere. */
function isNaming({ value }: ConfigurationEntry, node: string): boolean {
  const { nodes = [], wishes = {} } = value as Placed
  return nodes.includes(node) || Object.hasOwn(wishes, node)
}

function withoutNode({ value }: ConfigurationEntry, node: string): Placed {
  const { nodes, wishes } = value as Placed
  const others = wishes && Object.entries(wishes).filter(([name]) => name !== node)
  return {
    ...(value as Placed),
    ...defined({ nodes: nodes?.filter((name) => name !== node), wishes: others && Object.fromEntries(others) }),
  }
}

/** Of what a component runs, also of the extra one. */
export function programTypeOf({ types, components }: Configuration, component: string): ComponentType {
  return types[component === extraName ? extraType : components[component]!.type]!
}

/** Of what serves an assignment: of a proxied component not the type of the program that speaks for it. */
export function servedTypeOf(configuration: Configuration, assignment: string): ComponentType {
  return programTypeOf(configuration, configuration.assignments[assignment]?.component ?? assignment)
}

function timingOf(timing: Timing): Record<string, string> {
  return Object.fromEntries(
    Object.entries(timing).map(([name, ms]) => [name.slice(0, -'Ms'.length), msText(ms as number)]),
  )
}

function nodeFile({ links, rank, capacity, containment, release }: NodeConfiguration) {
  const addresses = links.map(({ host, port }) => `${host}:${port}`)
  return { links: addresses, rank, ...defined({ capacity, containment, release }) }
}

function typeFile(type: ComponentType) {
  const { agent, aware, standby, exclusive, command, hooks, recovery } = type
  return {
    ...{ agent, aware, standby, exclusive, command, hooks },
    start: { timeout: msText(type.startTimeoutMs) },
    stop: { signal: type.stopSignal, timeout: msText(type.stopTimeoutMs) },
    role: { timeout: msText(type.roleTimeoutMs) },
    recovery: recoveryFile(recovery),
    ...capabilitiesFile(type),
  }
}

function msText(ms: number): string {
  return `${ms}ms`
}
