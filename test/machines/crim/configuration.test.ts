/** The configuration changes while the cluster runs: the CRIM takes roles away and gives them, with all that holds otherwise. */
import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import type { Configuration, Redundancy } from '../../../machines/model/configuration.ts'
import { componentId } from '../../../machines/model/ids.ts'
import { componentType, configuration } from '../../support/configuration.ts'
import { RoleCluster } from '../../support/roleCluster.ts'

interface Shape {
  readonly nodes: readonly string[]
  /** Which nodes have the component `service` and which `desk`. */
  readonly service: readonly string[]
  readonly desk: readonly string[]
  /** Component of the assignment `service`, and of `extra`. */
  readonly assigned: { readonly service?: string; readonly extra?: string }
  readonly redundancy?: Redundancy
}

const threeNodes = ['n1', 'n2', 'n3']
const simple: Shape = {
  nodes: threeNodes,
  service: threeNodes,
  desk: threeNodes,
  assigned: { service: 'service' },
}

function shaped({ nodes, service, desk, assigned, redundancy = '2N' }: Shape, standby: 'hot' | 'cold' = 'hot') {
  const base = configuration({ nodes })
  const placed = { service, desk }
  return {
    ...base,
    types: { service: componentType({ standby, aware: standby === 'hot' }) },
    components: Object.fromEntries(
      Object.entries(placed).map(([name, on]) => [name, { type: 'service', nodes: on, instances: {} }]),
    ),
    assignments: Object.fromEntries(
      Object.entries(assigned).map(([name, component]) => [
        name,
        { component, redundancy: placed[component as keyof typeof placed].length > 1 ? redundancy : 'none' },
      ]),
    ),
  } satisfies Configuration
}

function started(shape: Shape = simple): RoleCluster {
  const cluster = new RoleCluster(shaped(shape))
  cluster.settle()
  return cluster
}

const states = (roles: readonly string[]) => roles.map((text) => text.split(' ')[1]!).sort()
const complete = ['primary.ready', 'secondary.ready', 'spare.ready']

describe('changes, one at a time', () => {
  test('an assignment is added, and removed again', () => {
    const cluster = started()
    cluster.configure(shaped({ ...simple, assigned: { service: 'service', extra: 'desk' } }))
    cluster.settle()
    expect(states(cluster.rolesFor('extra'))).toEqual(complete)
    expect(cluster.rolesFor('service')[0]).toBe('n1/service primary.ready')
    cluster.configure(shaped(simple))
    cluster.settle()
    expect(cluster.rolesFor('extra')).toEqual([])
    expect(Object.keys(cluster.crim.intents)).toEqual(['service'])
    expect(Object.keys(cluster.crim.statuses).filter((id) => id.endsWith('/desk'))).toEqual([])
    expect(cluster.crimState).toBe('active.settled')
  })

  test("the primary's node is taken from a component: it hands over before it stops", () => {
    const cluster = started()
    cluster.configure(shaped({ ...simple, service: ['n2', 'n3'] }))
    cluster.settle()
    expect(cluster.rolesFor('service')).toEqual(['n2/service primary.ready', 'n3/service secondary.ready'])
    const quiesced = cluster.log.findIndex((line) => line.includes('n1/service > role.assign quiescing'))
    const promoted = cluster.log.findIndex((line) => line.includes('n2/service > role.assign primary'))
    expect(quiesced).toBeGreaterThan(0)
    expect(promoted).toBeGreaterThan(quiesced)
  })

  test('an assignment goes to another component', () => {
    const cluster = started()
    cluster.configure(shaped({ ...simple, assigned: { service: 'desk' } }))
    cluster.settle()
    expect(cluster.rolesFor('service')).toEqual(
      ['n1/desk secondary.ready', 'n2/desk spare.ready', 'n3/desk primary.ready'].map((text) =>
        expect.stringMatching(text.split(' ')[0]!),
      ),
    )
    expect(cluster.actingFor('service')).toHaveLength(1)
  })

  test('two assignments change their components with each other', () => {
    const cluster = started({ ...simple, assigned: { service: 'service', extra: 'desk' } })
    cluster.configure(shaped({ ...simple, assigned: { service: 'desk', extra: 'service' } }))
    cluster.settle()
    expect(
      cluster
        .rolesFor('service')
        .map((text) => text.split(' ')[1])
        .sort(),
    ).toEqual(['primary.ready', 'secondary.ready', 'spare.ready'])
    expect(cluster.rolesFor('extra').every((text) => text.includes('/service '))).toBe(true)
  })

  test('redundancy is no longer wanted: the secondary becomes a spare at once', () => {
    const cluster = started()
    cluster.configure(shaped({ ...simple, redundancy: 'none' }))
    cluster.settle()
    expect(cluster.roles()).toEqual(['n1 primary.ready', 'n2 spare.ready', 'n3 spare.ready'])
  })

  test('a node is added and used, then removed: it leaves, and is forgotten', () => {
    const cluster = started()
    const nodes = [...threeNodes, 'n4']
    cluster.configure(shaped({ ...simple, nodes, service: ['n4', ...threeNodes] }))
    cluster.settle()
    expect(cluster.rolesFor('service')).toContain('n4/service spare.ready')
    cluster.configure(shaped(simple))
    cluster.settle()
    expect(Object.keys(cluster.crim.nodes)).toEqual(threeNodes)
    expect(cluster.rolesFor('service')).toHaveLength(3)
    expect(cluster.crimState).toBe('active.settled')
  })

  test('the node of the primary is removed while nobody can reach it: its place is taken only when it has stopped', () => {
    const cluster = started()
    cluster.cutOff('n1')
    cluster.configure(shaped({ ...simple, nodes: ['n2', 'n3'], service: ['n2', 'n3'], desk: ['n2', 'n3'] }))
    cluster.settle()
    expect([...cluster.acting]).toEqual(['n1/service'])
    cluster.isolate('n1')
    cluster.settle()
    expect([...cluster.acting]).toEqual(['n2/service'])
    expect(Object.keys(cluster.crim.nodes)).toEqual(['n2', 'n3'])
  })

  test('a new master that has never heard of the removed node waits until its leases must be over', () => {
    const cluster = started()
    cluster.cutOff('n1')
    cluster.configure(shaped({ ...simple, nodes: ['n2', 'n3'], service: ['n2', 'n3'], desk: ['n2', 'n3'] }))
    cluster.changeMaster({ isForgetful: true })
    cluster.settle()
    expect([...cluster.acting]).toEqual(['n1/service'])
    cluster.endStrangersWait()
    cluster.settle()
    expect([...cluster.acting]).toEqual(['n2/service'])
    expect(Object.keys(cluster.crim.nodes)).toEqual(['n2', 'n3'])
  })

  test('the lock of a component goes with it', () => {
    const cluster = started()
    cluster.request({
      type: '',
      operation: 'lock',
      target: { kind: 'component', component: componentId({ node: 'n3', component: 'service' }) },
    })
    cluster.settle()
    cluster.configure(shaped({ ...simple, service: ['n1', 'n2'] }))
    cluster.settle()
    cluster.configure(shaped(simple))
    cluster.settle()
    expect(cluster.crim.locked).toEqual({})
    expect(cluster.roles()).toEqual(['n1 primary.ready', 'n2 secondary.ready', 'n3 spare.ready'])
  })
})

describe('any order of changes, faults, deliveries and masters', () => {
  const node = fc.constantFrom('n1', 'n2', 'n3', 'n4')
  const places = (nodes: readonly string[]) => fc.subarray([...nodes], { minLength: 1 })
  const shape: fc.Arbitrary<Shape> = fc
    .constantFrom(threeNodes, [...threeNodes, 'n4'], ['n1', 'n2', 'n4'], ['n2', 'n3'])
    .chain((nodes) =>
      fc.record({
        nodes: fc.constant(nodes),
        service: places(nodes),
        desk: places(nodes),
        assigned: fc.constantFrom(
          { service: 'service' },
          { service: 'desk' },
          { extra: 'service' },
          { service: 'service', extra: 'desk' },
          { service: 'desk', extra: 'service' },
          {},
        ),
        redundancy: fc.constantFrom('2N' as const, 'none' as const),
      }),
    )
  const happening = fc.oneof(
    { weight: 14, arbitrary: fc.record({ do: fc.constant('deliver' as const), choice: fc.nat(50) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('configure' as const), shape }) },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constantFrom('killProcess', 'endNode', 'returnNode', 'cutOff', 'isolate', 'heal'),
        node,
        component: fc.constantFrom('service', 'desk'),
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('changeMaster' as const), isForgetful: fc.boolean() }) },
    { weight: 1, arbitrary: fc.constant({ do: 'endStrangersWait' as const }) },
  )

  function happen(cluster: RoleCluster, what: Record<string, unknown>, standby: 'hot' | 'cold'): void {
    const at = what.node as string
    if (what.do === 'deliver') cluster.deliver(what.choice as number)
    else if (what.do === 'configure') cluster.configure(shaped(what.shape as Shape, standby))
    else if (what.do === 'changeMaster') cluster.changeMaster({ isForgetful: what.isForgetful as boolean })
    else if (what.do === 'endStrangersWait') cluster.endStrangersWait()
    else if (!cluster.nodes.has(at)) return
    else if (what.do === 'killProcess')
      cluster.killProcess(componentId({ node: at, component: what.component as string }))
    else if (what.do === 'endNode') cluster.endNode(at)
    else if (what.do === 'returnNode') cluster.returnNode(at)
    else if (what.do === 'cutOff') cluster.cutOff(at)
    else if (what.do === 'isolate') cluster.isolate(at)
    else cluster.heal(at)
  }

  const roundCountMax = 150

  function isAnyMissing({ nodes, configuration }: RoleCluster): boolean {
    return [...nodes.values()].some(({ name, isUp }) => !isUp && configuration.nodes[name] !== undefined)
  }

  function mend(cluster: RoleCluster): void {
    // A node that was removed and added again meanwhile leaves first, at each configuration that is without it, and is started once more.
    for (let round = 0; round < 2 || (isAnyMissing(cluster) && round < roundCountMax); round++) {
      for (const name of cluster.nodes.keys()) {
        cluster.heal(name)
        cluster.returnNode(name)
      }
      cluster.settle()
    }
    cluster.endStrangersWait()
    cluster.settle()
    for (const { components } of cluster.nodes.values())
      for (const { id } of components) {
        cluster.request({ type: '', operation: 'unlock', target: { kind: 'component', component: id } })
        cluster.settle()
      }
  }

  /** One primary and, where wanted, one secondary of each assignment; nothing of what is not configured. */
  function expectConverged(cluster: RoleCluster): void {
    const { assignments, components, nodes } = cluster.configuration
    for (const [name, { component, redundancy }] of Object.entries(assignments)) {
      const here = cluster.rolesFor(name).filter((text) => nodes[text.slice(0, text.indexOf('/'))] !== undefined)
      const roles = here.map((text) => text.split(' ')[1]!)
      const spareCount = components[component]!.nodes.length - (redundancy === '2N' ? 2 : 1)
      const wanted = ['primary.ready', ...(redundancy === '2N' ? ['secondary.ready'] : [])]
      expect(roles.sort()).toEqual([...wanted, ...Array.from({ length: spareCount }, () => 'spare.ready')])
      expect(cluster.actingFor(name)).toHaveLength(1)
    }
    expect(cluster.acting.size).toBe(Object.keys(assignments).length)
    expect(Object.keys(cluster.crim.intents).sort()).toEqual(Object.keys(assignments).sort())
    expect(Object.keys(cluster.crim.nodes).sort()).toEqual(Object.keys(nodes).sort())
    expect(cluster.crimState).toBe('active.settled')
  }

  for (const standby of ['hot', 'cold'] as const) {
    test(`never two that act for one assignment, and in the end all is as configured: ${standby}`, () => {
      fc.assert(
        fc.property(fc.array(happening, { maxLength: 140 }), (happenings) => {
          const cluster = new RoleCluster(shaped(simple, standby))
          const check = () => {
            for (const name of ['service', 'extra']) {
              const acting = cluster.actingFor(name)
              if (acting.length > 1) throw new Error(`two act for ${name}: ${acting}\n${cluster.log.join('\n')}`)
            }
          }
          for (const what of happenings) {
            happen(cluster, what, standby)
            check()
          }
          for (let count = 0; cluster.deliver(count); count++) {
            check()
            if (count > 5000) throw new Error(`does not settle\n${cluster.log.slice(0, 300).join('\n')}`)
          }
          mend(cluster)
          check()
          try {
            expectConverged(cluster)
          } catch (error) {
            throw new Error(
              `${(error as Error).message} ${cluster.crimState} ${JSON.stringify([cluster.crim.nodes, cluster.crim.intents, cluster.crim.waits])}\n${cluster.log.join('\n')}`,
            )
          }
        }),
        { numRuns: 300, includeErrorInReport: true },
      )
    })
  }
})
