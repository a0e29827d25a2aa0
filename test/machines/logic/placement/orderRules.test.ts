/** The rules of order, one by one: what goes in each turn when everything that can go goes at once. */
import { describe, expect, test } from 'bun:test'
import type { Step } from '../../../../machines/logic/placement/index.ts'
import type { AssignmentConfiguration, ComponentType, Configuration } from '../../../../machines/model/configuration.ts'
import type { ComponentId } from '../../../../machines/model/ids.ts'
import { isShared } from '../../../../machines/model/redundancy.ts'
import type { Dependency } from '../../../../machines/model/relationships.ts'
import type { Role } from '../../../../machines/model/roles.ts'
import { componentType, configuration } from '../../../support/configuration.ts'
import { StepsWorld } from '../../../support/stepsWorld.ts'

interface Cluster extends Pick<Configuration, 'relationships' | 'groups'> {
  readonly memory?: Readonly<Record<string, number>>
  /** Each with a component of its own name, unless it names another. */
  readonly assignments: Readonly<Record<string, Partial<AssignmentConfiguration> & { readonly memory?: number }>>
  readonly types?: Readonly<Record<string, Partial<ComponentType>>>
}

/** Components have the type of their name, or are hot. */
function clusterOf({ memory, assignments, types = {}, ...relationships }: Cluster): Configuration {
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
function rolesOf(of: Configuration, texts: Readonly<Record<string, string>>) {
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
function turns(world: StepsWorld): string[] {
  const lines: string[] = []
  for (let going = world.going(); going.length > 0; going = world.going()) {
    if (lines.length > 50) throw new Error('it does not come to an end')
    lines.push(going.map(told).join(', '))
    for (const step of going) world.tell(step)
    while (world.told.size > 0) world.obey([...world.told.keys()][0]!)
  }
  return lines
}

const waits = (world: StepsWorld) =>
  world.steps().flatMap((step) => (step.waitsFor ? [`${told(step)} waits for ${step.waitsFor}`] : []))

function change(cluster: Cluster, before: Record<string, string>, after: Record<string, string>): StepsWorld {
  const of = clusterOf(cluster)
  const world = new StepsWorld(of, rolesOf(of, before))
  world.decide(rolesOf(of, { ...before, ...after }))
  return world
}

const needs = (dependent: string, sponsor: string, of: Partial<Dependency> = {}): Dependency => ({
  kind: 'dependency',
  dependent,
  sponsor,
  instanceCountMin: 1,
  toleranceMs: 0,
  mode: 'full',
  ...of,
})

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
