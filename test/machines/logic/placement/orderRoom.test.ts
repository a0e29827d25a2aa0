/** Room, one rule at a time: who waits for whom to leave, and what goes in each turn when everything that can go goes at once. */
import { describe, expect, test } from 'bun:test'
import { type Cluster, change, clusterOf, needs, rolesOf, turns, waits } from '../../../support/orderedCluster.ts'
import { StepsWorld } from '../../../support/stepsWorld.ts'

describe('room', () => {
  test('what is displaced stops before the more important starts', () => {
    const cluster: Cluster = {
      memory: { n1: 4 },
      assignments: { big: { memory: 3, priority: 9 }, small: { memory: 2 } },
    }
    const world = change(cluster, { big: 'n2 spare', small: 'n1 primary' }, { big: 'n1 primary', small: 'n2 spare' })
    expect(waits(world)).toEqual([
      'n1/big primary waits for room: it needs 3 memory, and n1 has 2 of 4 until n1/small left',
    ])
    expect(turns(world)).toEqual(['n1/small quiescing', 'n1/small spare', 'n1/big primary'])
  })

  test('one that failed to stop keeps its room', () => {
    const cluster: Cluster = { memory: { n1: 4 }, assignments: { big: { memory: 3 }, small: { memory: 2 } } }
    const world = change(cluster, { big: 'n2 spare', small: 'n1 primary' }, { big: 'n1 primary', small: 'n1 offline' })
    for (const role of ['quiescing', 'offline']) {
      world.tell(world.going()[0]!)
      world.obey('n1/small', { isFailing: role === 'offline' })
    }
    expect(waits(world)).toEqual([
      'n1/big primary waits for room: it needs 3 memory, and n1 has 2 of 4 until n1/small left',
    ])
    expect(turns(world)).toEqual([])
  })

  test('a hand-over begins when there is room for its successor, which another leaves first', () => {
    const cluster: Cluster = { memory: { n2: 4 }, assignments: { a: { memory: 3 }, b: { memory: 3 } } }
    const world = change(cluster, { a: 'n1 primary', b: 'n2 primary' }, { a: 'n2 primary', b: 'n3 primary' })
    expect(waits(world)).toContain(
      'n1/a quiescing waits for its successor n2/a, which waits for room: it needs 3 memory, and n2 has 1 of 4 until n2/b left,',
    )
    expect(turns(world)).toEqual([
      'n2/b quiescing',
      'n3/b primary',
      'n2/b spare',
      'n1/a quiescing',
      'n2/a primary',
      'n1/a spare',
    ])
  })

  test('two that need each other’s room: the less important stops first, and is back last', () => {
    const cluster: Cluster = {
      memory: { n1: 4, n2: 4 },
      assignments: { a: { memory: 3 }, b: { memory: 3, priority: 1 } },
    }
    const world = change(cluster, { a: 'n1 primary', b: 'n2 primary' }, { a: 'n2 primary', b: 'n1 primary' })
    expect(turns(world)).toEqual([
      'n1/a quiescing',
      'n1/a spare',
      'n2/b quiescing',
      'n1/b primary',
      'n2/b spare',
      'n2/a primary',
    ])
  })

  test('what is not served does not wait for others to hand over at their ease', () => {
    const cluster: Cluster = {
      memory: { n1: 4, n2: 4 },
      assignments: { a: { memory: 3 }, b: { memory: 3 }, c: { memory: 3 } },
    }
    const before = { a: 'n1 primary', b: 'n2 primary', c: 'n3 spare' }
    const world = change(cluster, before, { a: 'n2 primary', b: 'n3 primary', c: 'n1 primary' })
    expect(turns(world)[0]).toBe('n1/a quiescing, n2/b quiescing')
  })
})

test('one that has handed over does not wait for a successor that is to be offline for now', () => {
  const world = change({ assignments: { db: {} } }, { db: 'n1 primary' }, { db: 'n2 primary' })
  world.tell(world.going()[0]!)
  world.obey('n1/db')
  expect(waits(world)).toEqual(['n1/db spare waits for n2/db to become primary'])
  world.change({ withheld: { 'n2/db': true } })
  expect(waits(world)).toEqual([])
})

describe('shared components', () => {
  const cluster: Cluster = {
    assignments: {
      web1: { component: 'pool', redundancy: 'N+M' },
      web2: { component: 'pool', redundancy: 'N+M' },
    },
    types: { pool: { serves: { primaryCountMax: 1, secondaryCountMax: 2, isMixed: false } } },
  }
  const before = { web1: 'n1 primary, n3 secondary', web2: 'n2 primary, n3 secondary' }

  test('the common standby leaves the others before it is primary for one', () => {
    const world = change(cluster, before, { web1: 'n3 primary', web2: 'n2 primary' })
    world.fall('n1/pool/web1')
    expect(waits(world)).toContain(
      'n3/pool/web1 primary waits for a place in n3/pool, which can’t be primary while it is secondary for 1, until n3/pool/web2 left'.replace(
        '’',
        "'",
      ),
    )
    expect(turns(world).slice(0, 2)).toEqual(['n1/pool/web1 spare, n3/pool/web2 spare', 'n3/pool/web1 primary'])
  })

  test.each(['preparing', 'assuming'] as const)('one that is %s to be a spare has not left yet', (phase) => {
    const world = change(cluster, before, { web1: 'n3 primary, n2 spare' })
    world.setNode('n1', 'ended')
    const { 'n3/pool/web2': other } = world.input.statuses
    world.change({ statuses: { ...world.input.statuses, 'n3/pool/web2': { ...other!, role: 'spare', phase } } })
    expect(world.going().filter(({ role }) => role === 'primary')).toEqual([])
  })

  test('no more at once than it can serve', () => {
    const world = change(cluster, before, { web1: 'n2 primary', web2: 'n1 primary' })
    expect(turns(world)).toEqual([
      'n3/pool/web1 spare, n2/pool/web2 quiescing, n3/pool/web2 spare',
      'n2/pool/web2 spare',
      'n1/pool/web1 quiescing',
      'n2/pool/web1 primary',
      'n1/pool/web1 spare',
      'n1/pool/web2 primary',
    ])
  })

  test('secondaries of several that fall together are promoted together', () => {
    const two: Cluster = {
      assignments: cluster.assignments,
      types: { pool: { serves: { primaryCountMax: 2, secondaryCountMax: 2, isMixed: false } } },
    }
    const of = clusterOf(two)
    const there = { web1: 'n1 primary, n3 secondary', web2: 'n1 primary, n3 secondary' }
    const world = new StepsWorld(of, rolesOf(of, there))
    world.setNode('n1', 'ended')
    world.decide(rolesOf(of, { web1: 'n3 primary, n2 secondary', web2: 'n3 primary, n2 secondary' }))
    expect(turns(world)).toEqual([
      'n3/pool/web1 primary, n3/pool/web2 primary',
      'n2/pool/web1 secondary, n2/pool/web2 secondary',
    ])
  })
})

describe('a component that is promoted for several', () => {
  const duo = (of: Pick<Cluster, 'relationships'> = {}): Cluster => ({
    assignments: { web1: { component: 'duo', redundancy: 'N+M' }, web2: { component: 'duo', redundancy: 'N+M' } },
    types: { duo: { serves: { primaryCountMax: 2, secondaryCountMax: 2, isMixed: false } } },
    ...of,
  })
  const before = { web1: 'n1 primary, n2 secondary', web2: 'n1 primary, n2 secondary' }
  const after = { web1: 'n2 primary', web2: 'n2 primary' }

  test('is for all of them at once', () => {
    expect(turns(change(duo(), before, after))).toEqual([
      'n1/duo/web1 quiescing, n1/duo/web2 quiescing',
      'n2/duo/web1 primary, n2/duo/web2 primary',
      'n1/duo/web1 spare, n1/duo/web2 spare',
    ])
  })

  test('or for the sponsor first', () => {
    const lines = turns(change(duo({ relationships: { one: needs('web1', 'web2') } }), before, after))
    expect(lines.filter((line) => line.includes(' primary'))).toEqual([
      'n2/duo/web2 primary',
      expect.stringContaining('n2/duo/web1 primary'),
    ])
  })
})

describe('acting twice', () => {
  const twice = (activeTwice: 'stopAll' | 'stopExtra') => {
    const world = change({ assignments: { db: { activeTwice } } }, { db: 'n1 primary, n2 spare' }, {})
    world.actToo('n2/db')
    return world
  }

  test('the extra one stops', () => {
    expect(turns(twice('stopExtra'))).toEqual(['n2/db quiescing', 'n2/db spare'])
  })

  test('or all of them, then one starts', () => {
    expect(turns(twice('stopAll'))).toEqual(['n2/db spare, n1/db offline', 'n1/db primary'])
  })
})
