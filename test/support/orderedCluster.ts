/** Small clusters for the rules of order, written down in a few words; and what goes in each turn when everything that can go goes at once. */
import type { Step } from '../../machines/logic/placement/index.ts'
import type { AssignmentConfiguration, ComponentType, Configuration } from '../../machines/model/configuration.ts'
import type { ComponentId } from '../../machines/model/ids.ts'
import { isShared } from '../../machines/model/redundancy.ts'
import type { Dependency } from '../../machines/model/relationships.ts'
import type { Role } from '../../machines/model/roles.ts'
import { componentType, configuration } from './configuration.ts'
import { StepsWorld } from './stepsWorld.ts'

export interface Cluster extends Pick<Configuration, 'relationships' | 'groups'> {
  readonly memory?: Readonly<Record<string, number>>
  /** Each with a component of its own name, unless it names another. */
  readonly assignments: Readonly<Record<string, Partial<AssignmentConfiguration> & { readonly memory?: number }>>
  readonly types?: Readonly<Record<string, Partial<ComponentType>>>
}

/** Components have the type of their name, or are hot. */
export function clusterOf({ memory, assignments, types = {}, ...relationships }: Cluster): Configuration {
  const nodes = ['n1', 'n2', 'n3']
  const base = configuration({ nodes })
  const components = [...new Set(Object.entries(assignments).map(([name, { component }]) => component ?? name))]
  const withMemory = ([name, { memory: weight = 0, ...of }]: [string, Cluster['assignments'][string]]) => {
    const weights = { primary: { memory: weight }, secondary: { memory: 0 } }
    return [name, { component: name, redundancy: '2N' as const, weights, ...of }]
  }
  return {
    ...base,
    nodes: Object.fromEntries(
      Object.entries(base.nodes).map(([name, node]) => [
        name,
        { ...node, capacity: { memory: memory?.[name] ?? 100 } },
      ]),
    ),
    types: {
      hot: componentType(),
      ...Object.fromEntries(Object.entries(types).map(([n, of]) => [n, componentType(of)])),
    },
    components: Object.fromEntries(
      components.map((name) => [name, { type: types[name] ? name : 'hot', nodes, instances: {} }]),
    ),
    assignments: Object.fromEntries(Object.entries(assignments).map(withMemory)),
    ...relationships,
  }
}

/** `ledger: 'n1 primary, n2 secondary'`; the others are spare. */
export function rolesOf(of: Configuration, texts: Readonly<Record<string, string>>) {
  const roles = Object.entries(texts).map(([assignment, text]) => {
    const { component } = of.assignments[assignment]!
    const { nodes, type } = of.components[component]!
    const place = (node: string) =>
      (isShared(of.types[type]!) ? `${node}/${component}/${assignment}` : `${node}/${component}`) as ComponentId
    const given = Object.fromEntries(
      text.split(', ').map((part) => [place(part.split(' ')[0]!), part.split(' ')[1] as Role]),
    )
    return [assignment, { ...Object.fromEntries(nodes.map((node) => [place(node), 'spare' as const])), ...given }]
  })
  return Object.fromEntries(roles)
}

const told = ({ component, role }: Step) => `${component} ${role}`

/** All that can go goes, turn by turn. */
export function turns(world: StepsWorld): string[] {
  const lines: string[] = []
  for (let going = world.going(); going.length > 0; going = world.going()) {
    if (lines.length > 50) throw new Error('it does not come to an end')
    lines.push(going.map(told).join(', '))
    for (const step of going) world.tell(step)
    while (world.told.size > 0) world.obey([...world.told.keys()][0]!)
  }
  return lines
}

export const waits = (world: StepsWorld) =>
  world.steps().flatMap((step) => (step.waitsFor ? [`${told(step)} waits for ${step.waitsFor}`] : []))

export function change(cluster: Cluster, before: Record<string, string>, after: Record<string, string>): StepsWorld {
  const of = clusterOf(cluster)
  const world = new StepsWorld(of, rolesOf(of, before))
  world.decide(rolesOf(of, { ...before, ...after }))
  return world
}

export const needs = (dependent: string, sponsor: string, of: Partial<Dependency> = {}): Dependency => ({
  kind: 'dependency',
  dependent,
  sponsor,
  instanceCountMin: 1,
  toleranceMs: 0,
  mode: 'full',
  ...of,
})
