import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { componentId } from '../../machines/model/ids.ts'
import { compareTokens } from '../../machines/model/token.ts'
import { configuration } from '../support/configuration.ts'
import { RoleCluster } from '../support/roleCluster.ts'

const id = (node: string) => componentId({ node, component: 'service' })

function started(of: Parameters<typeof configuration>[0] = {}): RoleCluster {
  const cluster = new RoleCluster(configuration(of))
  cluster.settle()
  return cluster
}

describe('a 2N assignment on three nodes', () => {
  test('first start', () => {
    const cluster = started()
    expect(cluster.roles()).toEqual(['n1 primary.ready', 'n2 secondary.ready', 'n3 spare.ready'])
    expect(cluster.crimState).toBe('active.settled')
    expect([...cluster.acting]).toEqual([id('n1')])
  })

  test('the primary is killed: the secondary takes over, the spare follows, the fallen one is a spare again', () => {
    const cluster = started()
    cluster.killProcess(id('n1'))
    cluster.settle()
    expect(cluster.roles()).toEqual(['n1 spare.ready', 'n2 primary.ready', 'n3 secondary.ready'])
  })

  test('its node ends and comes back: nothing fails back', () => {
    const cluster = started()
    cluster.endNode('n1')
    cluster.settle()
    expect(cluster.roles()).toEqual(['n1 down', 'n2 primary.ready', 'n3 secondary.ready'])
    cluster.returnNode('n1')
    cluster.settle()
    expect(cluster.roles()).toEqual(['n1 spare.ready', 'n2 primary.ready', 'n3 secondary.ready'])
  })

  test('switch-over: primary and secondary change places, and the operator is told', () => {
    const cluster = started()
    cluster.request({ type: '', operation: 'switchover', assignment: 'service', to: null })
    cluster.settle()
    expect(cluster.roles()).toEqual(['n1 secondary.ready', 'n2 primary.ready', 'n3 spare.ready'])
    expect(cluster.answers.map(({ result }) => result)).toEqual([
      { ok: true, text: 'n2/service is primary of service' },
    ])
  })

  test('lock and unlock', () => {
    const cluster = started()
    cluster.request({ type: '', operation: 'lock', target: { kind: 'component', component: id('n1') } })
    cluster.settle()
    expect(cluster.roles()).toEqual(['n1 offline.stopped', 'n2 primary.ready', 'n3 secondary.ready'])
    cluster.request({ type: '', operation: 'unlock', target: { kind: 'component', component: id('n1') } })
    cluster.settle()
    expect(cluster.roles()).toEqual(['n1 spare.ready', 'n2 primary.ready', 'n3 secondary.ready'])
    expect(cluster.answers.map(({ result }) => (result as { ok: boolean }).ok)).toEqual([true, true])
  })

  test('what cannot be done is refused with a reason', () => {
    const cluster = started()
    cluster.request({ type: '', operation: 'switchover', assignment: 'nothing', to: null })
    cluster.request({ type: '', operation: 'switchover', assignment: 'service', to: 'n9' })
    cluster.request({ type: '', operation: 'lock', target: { kind: 'component', component: 'n1/other' } })
    expect(cluster.answers.map(({ result }) => (result as { code: string }).code)).toEqual([
      'no-such',
      'no-such',
      'no-such',
    ])
  })

  test('a component that fails too often is barred until it is unlocked', () => {
    const cluster = started()
    for (let count = 0; count < 4; count++) {
      cluster.killProcess(id('n3'))
      cluster.settle()
    }
    expect(cluster.roleOf('n3')).toBe('offline.stopped')
    cluster.request({ type: '', operation: 'unlock', target: { kind: 'component', component: id('n3') } })
    cluster.settle()
    expect(cluster.roleOf('n3')).toBe('spare.ready')
  })

  test('a new master disturbs nothing (SPEC R10)', () => {
    const cluster = started()
    const before = [...cluster.nodes.values()].map(({ components }) => components[0]!.run.snapshot.context.incarnation)
    cluster.changeMaster()
    cluster.settle()
    expect(cluster.roles()).toEqual(['n1 primary.ready', 'n2 secondary.ready', 'n3 spare.ready'])
    expect(
      [...cluster.nodes.values()].map(({ components }) => components[0]!.run.snapshot.context.incarnation),
    ).toEqual(before)
  })

  test('a node that is cut off and heals in time keeps its primary', () => {
    const cluster = started()
    cluster.cutOff('n1')
    cluster.settle()
    cluster.heal('n1')
    cluster.settle()
    expect(cluster.roles()).toEqual(['n1 primary.ready', 'n2 secondary.ready', 'n3 spare.ready'])
  })

  test('one that is cut off while it is to hand over quiesces when it heals, under no later token than its successor has', () => {
    const cluster = started()
    cluster.request({ type: '', operation: 'switchover', assignment: 'service', to: 'n2' })
    cluster.cutOff('n1')
    cluster.settle()
    const decided = cluster.crim.intents.service!.roles
    expect(compareTokens(decided[id('n1')]!.token, decided[id('n2')]!.token)).toBeGreaterThan(0)
    cluster.heal('n1')
    cluster.settle()
    expect(cluster.roles()).toEqual(['n1 spare.ready', 'n2 primary.ready', 'n3 secondary.ready'])
  })

  test('one that is cut off for good stops by itself, and only then another takes over', () => {
    const cluster = started()
    cluster.cutOff('n1')
    cluster.settle()
    expect([...cluster.acting]).toEqual([id('n1')])
    cluster.isolate('n1')
    cluster.settle()
    expect([...cluster.acting]).toEqual([id('n2')])
    cluster.heal('n1')
    cluster.settle()
    expect(cluster.roles()).toEqual(['n1 spare.ready', 'n2 primary.ready', 'n3 secondary.ready'])
  })
})

test('no redundancy: restarted in place up to the limit, then failed over', () => {
  const cluster = started({ redundancy: 'none', type: { aware: false, standby: 'cold' } })
  const seen: string[] = []
  for (let count = 0; count < 4; count++) {
    cluster.killProcess([...cluster.acting][0]!)
    cluster.settle()
    seen.push([...cluster.acting].join())
  }
  expect(seen).toEqual([id('n1'), id('n1'), id('n1'), id('n2')])
})

for (const standby of ['hot', 'warm'] as const)
  for (const operation of ['switchover', 'lock'] as const)
    test(`a ${standby} primary falls before it hears that it is to quiesce, for ${operation}: it refuses, and nobody waits for it`, () => {
      const cluster = started({ type: { standby } })
      cluster.killProcess(id('n1'))
      const target = { kind: 'component', component: id('n1') }
      cluster.request({ type: '', operation, assignment: 'service', to: 'n2', target })
      cluster.channels.deliver('repository')
      cluster.channels.deliver(`agent ${id('n1')}`)
      cluster.channels.deliver('to n1')
      expect(cluster.roles()).toEqual(['n1 offline.stopped', 'n2 secondary.ready', 'n3 spare.ready'])
      cluster.settle()
      const fallen = operation === 'lock' ? 'offline.stopped' : 'spare.ready'
      expect([...cluster.acting]).toEqual([id('n2')])
      expect(cluster.roleOf('n1')).toBe(fallen)
      expect(cluster.crimState).toBe('active.settled')
    })

describe('any order of faults, deliveries and masters', () => {
  const node = fc.constantFrom('n1', 'n2', 'n3')
  const happening = fc.oneof(
    { weight: 12, arbitrary: fc.record({ do: fc.constant('deliver'), choice: fc.nat(50) }) },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constantFrom('killProcess', 'endNode', 'returnNode', 'cutOff', 'isolate', 'heal'),
        node,
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('switchover', 'lock', 'unlock'), node }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('changeMaster') }) },
  )
  type Happening = { do: string; choice?: number; node?: string }

  function happen(cluster: RoleCluster, what: Happening): void {
    const at = what.node ?? 'n1'
    if (what.do === 'deliver') cluster.deliver(what.choice!)
    else if (what.do === 'killProcess') cluster.killProcess(id(at))
    else if (what.do === 'endNode') cluster.endNode(at)
    else if (what.do === 'returnNode') cluster.returnNode(at)
    else if (what.do === 'cutOff') cluster.cutOff(at)
    else if (what.do === 'isolate') cluster.isolate(at)
    else if (what.do === 'heal') cluster.heal(at)
    else if (what.do === 'changeMaster') cluster.changeMaster()
    else if (what.do === 'switchover')
      cluster.request({ type: '', operation: 'switchover', assignment: 'service', to: at })
    else cluster.request({ type: '', operation: what.do, target: { kind: 'component', component: id(at) } })
  }

  /** Everything is mended and unlocked; then the roles must be complete again. */
  function mend(cluster: RoleCluster): void {
    for (const name of cluster.nodes.keys()) {
      cluster.heal(name)
      cluster.returnNode(name)
    }
    cluster.settle()
    for (const name of cluster.nodes.keys()) {
      cluster.request({ type: '', operation: 'unlock', target: { kind: 'component', component: id(name) } })
      cluster.settle()
    }
  }

  const kinds = [
    {},
    { type: { standby: 'warm' as const } },
    { type: { standby: 'cold' as const, aware: false } },
    { redundancy: 'none' as const },
  ]

  for (const kind of kinds) {
    test(`never two that act, and in the end all is well: ${JSON.stringify(kind)}`, () => {
      fc.assert(
        fc.property(fc.array(happening, { maxLength: 120 }), (happenings) => {
          const cluster = new RoleCluster(configuration(kind))
          const check = () => {
            if (cluster.acting.size > 1) throw new Error(`two act: ${[...cluster.acting]}\n${cluster.log.join('\n')}`)
          }
          for (const what of happenings) {
            happen(cluster, what)
            check()
          }
          for (let count = 0; cluster.deliver(count); count++) check()
          mend(cluster)
          check()
          const roles = cluster
            .roles()
            .map((text) => text.split(' ')[1]!)
            .sort()
          const expected =
            kind.redundancy === 'none'
              ? ['primary.ready', 'spare.ready', 'spare.ready']
              : ['primary.ready', 'secondary.ready', 'spare.ready']
          if (roles.join() !== expected.join())
            throw new Error(`ends as ${cluster.roles()} (${cluster.crimState})\n${cluster.log.join('\n')}`)
          if (cluster.acting.size !== 1) throw new Error(`acting: ${[...cluster.acting]}\n${cluster.log.join('\n')}`)
        }),
        { numRuns: 300 },
      )
    })
  }
})
