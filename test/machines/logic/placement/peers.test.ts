/** Whom each member of a protection group is told of (SPEC R4, R12). */
import { expect, test } from 'bun:test'
import { type PlanInput, peersOf } from '../../../../machines/logic/placement/index.ts'
import type { ComponentId } from '../../../../machines/model/ids.ts'
import type { Role } from '../../../../machines/model/roles.ts'
import { componentType, configuration } from '../../../support/configuration.ts'
import { StepsWorld } from '../../../support/stepsWorld.ts'

const nodes = ['n1', 'n2', 'n3', 'n4']

function group(roles: Readonly<Record<string, Role>>): PlanInput {
  const base = configuration({ nodes, type: { exclusive: false } })
  const release = (name: string) => (name === 'n4' ? { release: '2.0' } : {})
  const named = Object.entries(base.nodes).map(([name, node]) => [name, { ...node, ...release(name) }])
  const of = { ...base, nodes: Object.fromEntries(named), types: { service: componentType({ exclusive: false }) } }
  const places = Object.fromEntries(nodes.map((node) => [`${node}/service`, roles[node] ?? 'spare']))
  return new StepsWorld(of, { service: places }).input
}

const told = (input: PlanInput, component: ComponentId) =>
  peersOf(input, 'service', component).map(
    ({ node, role, rank, release }) => `${node} ${role} ${rank}${release ? ` of ${release}` : ''}`,
  )

test('primaries and secondaries know each other, spares know both', () => {
  const input = group({ n1: 'secondary', n2: 'primary', n4: 'secondary' })
  expect(told(input, 'n2/service')).toEqual(['n1 secondary 1', 'n4 secondary 2 of 2.0'])
  expect(told(input, 'n1/service')).toEqual(['n2 primary 0', 'n4 secondary 2 of 2.0'])
  expect(told(input, 'n4/service')).toEqual(['n1 secondary 1', 'n2 primary 0'])
  expect(told(input, 'n3/service')).toEqual(['n1 secondary 1', 'n2 primary 0', 'n4 secondary 2 of 2.0'])
})

test('however many primaries', () => {
  const input = group({ n1: 'primary', n2: 'primary', n3: 'primary' })
  expect(told(input, 'n2/service')).toEqual(['n1 primary 0', 'n3 primary 0'])
})

test('of very many it is told of the primaries, and of the first standbys', () => {
  const count = 120
  const names = Array.from({ length: count }, (_, index) => `m${String(index).padStart(3, '0')}`)
  const of = configuration({ nodes: names, type: { exclusive: false } })
  const roles = names.map((name, index) => [`${name}/service`, index < count - 1 ? 'secondary' : 'primary'])
  const peers = peersOf(new StepsWorld(of, { service: Object.fromEntries(roles) }).input, 'service', 'm000/service')
  expect(peers).toHaveLength(100)
  expect(peers.slice(0, 2).map(({ node, rank }) => `${node} ${rank}`)).toEqual(['m119 0', 'm001 2'])
})

test('a release that the program gave counts before that of its node', () => {
  const input = group({ n1: 'primary', n4: 'secondary' })
  const status = input.statuses['n4/service']!
  const said = { ...input, statuses: { ...input.statuses, 'n4/service': { ...status, release: '2.1' } } }
  expect(told(said, 'n1/service')).toEqual(['n4 secondary 1 of 2.1'])
})
