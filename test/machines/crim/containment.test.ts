/** A container that falls takes along what is in it, and comes back before it. */
import { expect, test } from 'bun:test'
import type { Configuration } from '../../../machines/model/configuration.ts'
import { componentType, configuration } from '../../support/configuration.ts'
import { OperatedCluster } from '../../support/operatedCluster.ts'

const nodes = ['n1', 'n2', 'n3']
const base = configuration({ nodes })

/** A shelf on each node, a card (2N, hot) in it, and a fan that only needs it. */
const cluster: Configuration = {
  ...base,
  types: { shelf: componentType({ exclusive: false }), hot: componentType() },
  components: {
    shelf: { type: 'shelf', nodes, instances: {} },
    card: { type: 'hot', nodes, instances: {} },
    fan: { type: 'hot', nodes, instances: {} },
  },
  assignments: {
    shelf: { component: 'shelf', redundancy: 'load-sharing', primaries: { required: 1, preferred: 3 } },
    card: { component: 'card', redundancy: '2N' },
    fan: { component: 'fan', redundancy: '2N' },
  },
  relationships: {
    card: { kind: 'containment', container: 'shelf', contained: 'card' },
    fan: { kind: 'component-dependency', dependent: 'fan', sponsor: 'shelf' },
  },
}

test('the container begins anew, then what is in it; the standby takes over', () => {
  const of = new OperatedCluster(cluster)
  of.settle()
  of.told()
  const before = of.lives()
  expect(of.actingFor('card')).toEqual(['n1/card'])
  of.killProcess('n1/shelf')
  of.settle()
  const told = of.told()
  expect(of.actingFor('card')).toEqual(['n2/card'])
  expect(told.indexOf('n1/shelf primary')).toBeGreaterThanOrEqual(0)
  const back = told.findIndex((line) => line.startsWith('n1/card ') && line !== 'n1/card offline')
  expect(back).toBeGreaterThan(told.indexOf('n1/shelf primary'))
  const after = of.lives()
  const renewed = Object.keys(after).filter((id) => after[id as never] !== before[id as never])
  expect(renewed.sort()).toEqual(['n1/card', 'n1/shelf'])
})

test('it is the container that has failed, and not what is in it', () => {
  const of = new OperatedCluster(cluster)
  of.settle()
  of.killProcess('n2/shelf')
  of.settle()
  expect(Object.keys(of.crim.failures)).toEqual(['n2/shelf'])
  const { 'n2/card': card, 'n2/fan': fan } = of.crim.statuses
  expect([card!.failure, card!.phase, fan!.failure]).toEqual([null, 'ready', null])
})

test('a master that takes over in between finishes it', () => {
  for (let count = 0; count < 12; count++) {
    const of = new OperatedCluster(cluster)
    of.settle()
    of.killProcess('n1/shelf')
    of.settleKilledAfter(count)
    expect(of.actingFor('card')).toHaveLength(1)
    expect(Object.values(of.crim.reasons).filter((reason) => reason !== null)).toEqual([])
    expect(of.crim.statuses['n1/card']!.failure).toBeNull()
  }
})
