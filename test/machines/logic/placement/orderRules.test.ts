/** The rules of order between assignments and components, one by one: what goes in each turn when everything that can go goes at once. */
import { describe, expect, test } from 'bun:test'
import type { Dependency } from '../../../../machines/model/relationships.ts'
import { type Cluster, change, needs, turns, waits } from '../../../support/orderedCluster.ts'

describe('dependencies', () => {
  const chain = (of: Partial<Dependency> = {}): Cluster => ({
    assignments: { db: {}, app: {}, web: {} },
    relationships: { one: needs('app', 'db', of), two: needs('web', 'app', of) },
  })
  const all = { db: 'n1 primary, n2 secondary', app: 'n1 primary, n2 secondary', web: 'n1 primary, n2 secondary' }

  test('a cold start: sponsors first', () => {
    const world = change(chain(), all, {})
    world.stopAll()
    expect(waits(world)).toContain(
      'n1/app primary waits for db, which it depends on, to have 1 primary ready (it has 0)',
    )
    const primaries = turns(world).map((line) => line.split(', ').filter((step) => step.endsWith(' primary')))
    expect(primaries.flat()).toEqual(['n1/db primary', 'n1/app primary', 'n1/web primary'])
    expect(primaries.filter((turn) => turn.length > 0)).toHaveLength(3)
  })

  test('a sponsor moves: dependents stop in reverse, and come back in order', () => {
    const world = change(chain(), all, { db: 'n2 primary, n1 secondary' })
    expect(waits(world)).toContain('n1/db quiescing waits for n1/app, which depends on it, to stop')
    expect(turns(world)).toEqual([
      'n1/web quiescing',
      'n1/web offline',
      'n1/app quiescing',
      'n1/app offline',
      'n1/db quiescing',
      'n2/db primary',
      'n1/app primary, n1/db spare',
      'n1/db secondary, n1/web primary',
    ])
  })

  test('those that tolerate it are left alone', () => {
    const world = change(chain({ toleranceMs: 5000 }), all, { db: 'n2 primary, n1 secondary' })
    expect(turns(world)).toEqual(['n1/db quiescing', 'n2/db primary', 'n1/db spare', 'n1/db secondary'])
  })

  test('`start` orders nothing but starting', () => {
    const world = change(chain({ mode: 'start' }), all, { db: 'n2 primary, n1 secondary' })
    expect(turns(world)).toEqual(['n1/db quiescing', 'n2/db primary', 'n1/db spare', 'n1/db secondary'])
  })

  test('nor is one waited for there that does not start', () => {
    const world = change(chain({ mode: 'start' }), { ...all, db: 'n1 spare' }, {})
    world.stopAll()
    const primaries = turns(world).flatMap((line) => line.split(', ').filter((step) => step.endsWith(' primary')))
    expect(primaries).toEqual(['n1/app primary', 'n1/web primary'])
  })

  test('`restart`: a sponsor that was started anew restarts its dependents, once it is ready', () => {
    const world = change(chain({ mode: 'restart', toleranceMs: 5000 }), all, { db: 'n2 primary, n1 secondary' })
    expect(turns(world)).toEqual([
      'n1/db quiescing',
      'n2/db primary',
      'n1/app quiescing, n1/db spare',
      'n1/app offline, n1/db secondary',
      'n1/app primary',
      'n1/web quiescing',
      'n1/web offline',
      'n1/web primary',
    ])
  })

  test('all stop: the last first, whatever they tolerate', () => {
    const none = 'n1 spare, n2 spare'
    const world = change(chain({ toleranceMs: 5000 }), all, { db: none, app: none, web: none })
    const lines = turns(world).filter((line) => line.includes('quiescing'))
    expect(lines).toEqual([expect.stringContaining('n1/web'), expect.stringContaining('n1/app'), 'n1/db quiescing'])
  })

  test('one that would be left without for good stops first, too', () => {
    const world = change(chain({ toleranceMs: 5000 }), all, { db: 'n1 spare, n2 spare' })
    expect(turns(world).filter((line) => line.includes('quiescing'))).toEqual([
      'n1/app quiescing, n2/db spare',
      'n1/db quiescing',
    ])
  })

  test('so many as are needed must stay', () => {
    const cluster: Cluster = {
      assignments: {
        pool: { redundancy: 'load-sharing', primaries: { required: 1, preferred: 3 } },
        app: {},
      },
      types: { pool: { exclusive: false } },
      relationships: { one: needs('app', 'pool', { instanceCountMin: 2 }) },
    }
    const before = { pool: 'n1 primary, n2 primary, n3 primary', app: 'n1 primary, n2 secondary' }
    expect(turns(change(cluster, before, { pool: 'n1 primary, n2 primary' }))).toEqual([
      'n3/pool quiescing',
      'n3/pool spare',
    ])
    const world = change(cluster, before, { pool: 'n1 primary', app: 'n1 spare, n2 spare' })
    expect(waits(world)).toContain('n2/pool quiescing waits for n1/app, which depends on it, to stop')
  })

  test('a sponsor that is to restart: its dependent stops before, and starts after it', () => {
    const world = change(chain(), all, {})
    world.change({ withheld: { 'n1/db': true } })
    expect(turns(world)).toEqual([
      'n1/web quiescing',
      'n1/web offline',
      'n1/app quiescing',
      'n1/app offline',
      'n1/db quiescing',
      'n1/db offline',
    ])
    world.change({ withheld: {} })
    expect(turns(world)).toEqual(['n1/db primary', 'n1/app primary', 'n1/web primary'])
  })

  test('a lapsed one stops, whatever was decided', () => {
    const world = change(chain({ toleranceMs: 5000 }), all, {})
    world.change({ lapsed: { app: true } })
    expect(turns(world)).toEqual(['n1/app quiescing', 'n1/app offline'])
    expect(waits(world)).toEqual([
      'n1/app primary waits for its sponsors, which were gone for longer than it tolerates, to be served again',
    ])
    world.change({ lapsed: {} })
    expect(turns(world)).toEqual(['n1/app primary'])
  })

  test('nobody waits for a dependent in maintenance', () => {
    const world = change(chain(), all, { db: 'n2 primary, n1 secondary' })
    const nothing = { nodes: {}, components: {}, isMaintained: false }
    world.change({ administrative: { ...nothing, assignments: { app: 'maintenance', web: 'maintenance' } } })
    expect(turns(world)[0]).toBe('n1/db quiescing')
  })
})

describe('groups', () => {
  const cluster: Cluster = {
    assignments: { ip: {}, disk: {}, db: {} },
    groups: { g: { members: ['disk', 'db', 'ip'] } },
  }
  const here = { disk: 'n1 primary, n2 secondary', db: 'n1 primary, n2 secondary', ip: 'n1 primary, n2 secondary' }

  test('moves as a whole: stopped in reverse, started in order', () => {
    const there = { disk: 'n2 primary, n1 secondary', db: 'n2 primary, n1 secondary', ip: 'n2 primary, n1 secondary' }
    const lines = turns(change(cluster, here, there))
    const steps = lines.flatMap((line) => line.split(', ')).filter((step) => /quiescing|primary/.test(step))
    expect(steps).toEqual([
      'n1/ip quiescing',
      'n1/db quiescing',
      'n1/disk quiescing',
      'n2/disk primary',
      'n2/db primary',
      'n2/ip primary',
    ])
  })

  test('a member that failed starts again when those behind it have stopped, not those before it', () => {
    const world = change(cluster, here, {})
    world.fall('n1/db')
    world.change({ lapsed: { ip: true } })
    expect(turns(world)).toEqual(['n1/ip quiescing', 'n1/db primary, n1/ip offline'])
    world.change({ lapsed: {} })
    expect(turns(world)).toEqual(['n1/ip primary'])
  })
})

describe('components that need each other on their node', () => {
  const cluster: Cluster = {
    assignments: { box: { redundancy: 'none' }, part: { redundancy: 'none' } },
    relationships: { inside: { kind: 'containment', container: 'box', contained: 'part' } },
  }
  const here = { box: 'n1 primary, n2 offline, n3 offline', part: 'n1 primary, n2 offline, n3 offline' }

  test('what is contained starts after its container', () => {
    const world = change(cluster, here, {})
    world.stopAll()
    expect(waits(world)).toEqual(['n1/part primary waits for n1/box, which it needs, to have a role'])
    expect(turns(world)).toEqual(['n1/box primary', 'n1/part primary'])
  })

  test('and goes with it when it restarts', () => {
    const world = change(cluster, here, {})
    world.change({ withheld: { 'n1/box': true } })
    expect(turns(world)).toEqual(['n1/box quiescing, n1/part quiescing', 'n1/part offline', 'n1/box offline'])
    world.change({ withheld: {} })
    expect(turns(world)).toEqual(['n1/box primary', 'n1/part primary'])
  })
})
