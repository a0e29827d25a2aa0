/** What is forecast is what the CRIM then does, with components as they are meant to be: on every topology, and on mixed ones. */
import { describe, expect, test } from 'bun:test'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { planInputOf } from '../../machines/crim/propose.ts'
import { forecast, freshInput, type Placement, placementOf, settle } from '../../machines/logic/placement/rehearse.ts'
import type { Configuration } from '../../machines/model/configuration.ts'
import { isShared } from '../../machines/model/redundancy.ts'
import { loadConfiguration } from '../../src/configuration/load.ts'
import { apply, type WhatIf } from '../../src/plan/whatIf.ts'
import { mixedConfiguration, randomFrom } from '../support/mixedModels.ts'
import { RoleCluster } from '../support/roleCluster.ts'

/** `web: n1/pool/web primary, …`; who is on a node that is gone has no say. */
function rolesIn({ assignments }: Placement): string[] {
  return assignments.map(({ name, places }) => {
    const roles = places.flatMap(({ place, role }) => (role === 'unknown' ? [] : [`${place} ${role}`]))
    return `${name}: ${roles.sort().join(', ')}`
  })
}

const happenings: readonly {
  readonly name: string
  readonly event: WhatIf
  readonly act: (cluster: RoleCluster) => void
}[] = [
  {
    name: 'a node ends',
    event: { what: 'end', target: { kind: 'node', node: 'n1' } },
    act: (cluster) => cluster.endNode('n1'),
  },
  {
    name: 'a node is isolated',
    event: { what: 'fail', target: { kind: 'node', node: 'n2' } },
    act(cluster) {
      cluster.cutOff('n2')
      cluster.settle()
      cluster.isolate('n2')
    },
  },
  {
    name: 'a node is locked',
    event: { what: 'lock', target: { kind: 'node', node: 'n1' } },
    act: (cluster) =>
      cluster.request({ operation: 'lock', target: { kind: 'node', node: 'n1' }, isForced: true } as never),
  },
]

function begun(configuration: Configuration): RoleCluster {
  const cluster = new RoleCluster(configuration)
  cluster.settle()
  return cluster
}

function expectForecasts(configuration: Configuration): void {
  const first = begun(configuration)
  expect(rolesIn(placementOf(planInputOf(first.crim)))).toEqual(rolesIn(placementOf(settle(freshInput(configuration)))))
  for (const { name, event, act } of happenings) {
    const cluster = begun(configuration)
    const before = planInputOf(cluster.crim)
    const foreseen = forecast({ before, after: apply(before, event), events: [] })
    act(cluster)
    cluster.settle()
    const came = placementOf(planInputOf(cluster.crim))
    if (foreseen.quorum.isQuorate) expect([name, ...rolesIn(came)]).toEqual([name, ...rolesIn(foreseen.after)])
  }
}

/** The cluster in miniature has a machine for each component, and none for places in it. */
function isPlain({ types, components }: Configuration, component: string): boolean {
  return !isShared(types[components[component]!.type]!)
}

/** What is left of a mixed one without them, without what may be doubled, of which it is strict, and without relationships to those. */
function plainPart(of: Configuration): Configuration {
  const left = Object.entries(of.assignments).filter(
    ([, { component }]) => isPlain(of, component) && of.types[of.components[component]!.type]!.exclusive,
  )
  const names = left.map(([name]) => name)
  const related = Object.entries(of.relationships ?? {}).filter(([, each]) => {
    if (each.kind === 'dependency') return names.includes(each.dependent) && names.includes(each.sponsor)
    return each.kind === 'apart' && each.members.every(({ assignment }) => names.includes(assignment ?? ''))
  })
  return { ...of, assignments: Object.fromEntries(left), relationships: Object.fromEntries(related) }
}

const folder = join(import.meta.dir, '../../examples/topologies')

describe('topologies', () => {
  test.each(readdirSync(folder).filter((name) => name.endsWith('.yaml')))('%s', (file) => {
    const configuration = loadConfiguration(join(folder, file), { isSecretNeeded: false })
    if (Object.keys(configuration.components).every((name) => isPlain(configuration, name)))
      expectForecasts(configuration)
  })
})

describe('mixed', () => {
  const first = Number(process.env.FORECAST_SEED ?? 1)
  const count = process.env.FORECAST_SEED === undefined ? 25 : 1
  test.each(Array.from({ length: count }, (_, index) => first + index))('seed %d', (seed) => {
    expectForecasts(plainPart(mixedConfiguration(randomFrom(seed), { nodeCount: 4, assignmentCount: 6 })))
  })
})
