/** What operators ask of the CRIM (SPEC R8, R9), as transcripts: what components are told, and what the operator hears. */
import { describe, expect, test } from 'bun:test'
import type { PlanDocument } from '../../../machines/logic/placement/rehearse.ts'
import { componentId } from '../../../machines/model/ids.ts'
import type { Target } from '../../../machines/model/operation.ts'
import { configuration } from '../../support/configuration.ts'
import { OperatedCluster } from '../../support/operatedCluster.ts'

const id = (node: string) => componentId({ node, component: 'service' })
const node = (name: string): Target => ({ kind: 'node', node: name })
const component = (name: string): Target => ({ kind: 'component', component: id(name) })

function started(of: Parameters<typeof configuration>[0] = {}): OperatedCluster {
  const cluster = new OperatedCluster(configuration(of))
  cluster.settle()
  cluster.told()
  return cluster
}

const asStarted = ['n1 primary.ready', 'n2 secondary.ready', 'n3 spare.ready']

describe('lock and unlock', () => {
  test('of the node of the primary: it hands over, and hosts nothing until it is unlocked', () => {
    const cluster = started()
    expect(cluster.operate({ operation: 'lock', target: node('n1') })).toEqual({ ok: true, text: 'n1 is locked' })
    expect(cluster.told()).toEqual([
      'n1/service quiescing',
      'n2/service primary',
      'n3/service secondary',
      'n1/service offline',
    ])
    expect(cluster.roles()).toEqual(['n1 offline.stopped', 'n2 primary.ready', 'n3 secondary.ready'])
    expect(cluster.operate({ operation: 'unlock', target: node('n1') })).toEqual({ ok: true, text: 'n1 is unlocked' })
    expect(cluster.roles()).toEqual(['n1 spare.ready', 'n2 primary.ready', 'n3 secondary.ready'])
  })

  test('of an assignment: only by force, since nobody serves it then', () => {
    const cluster = started()
    const target: Target = { kind: 'assignment', assignment: 'service' }
    expect(cluster.operate({ operation: 'lock', target })).toMatchObject({ ok: false, code: 'needs-force' })
    expect(cluster.told()).toEqual([])
    expect(cluster.operate({ operation: 'lock', target, isForced: true })).toEqual({
      ok: true,
      text: 'service is locked',
    })
    expect([...cluster.acting]).toEqual([])
    cluster.operate({ operation: 'unlock', target })
    expect([...cluster.acting]).toEqual([id('n1')])
  })

  test('of the whole cluster: every node is standby', () => {
    const cluster = started()
    const target: Target = { kind: 'cluster' }
    expect(cluster.operate({ operation: 'lock', target, isForced: true })).toMatchObject({ ok: true })
    expect(cluster.roles()).toEqual(['n1 offline.stopped', 'n2 offline.stopped', 'n3 offline.stopped'])
    cluster.operate({ operation: 'unlock', target })
    expect(
      cluster
        .roles()
        .map((role) => role.split(' ')[1]!)
        .sort(),
    ).toEqual(['primary.ready', 'secondary.ready', 'spare.ready'])
  })

  test('that would take the required redundancy away is refused, and says what would be missing', () => {
    const cluster = started({ nodes: ['n1', 'n2'] })
    const answer = cluster.operate({ operation: 'lock', target: component('n2') })
    expect(answer).toMatchObject({ ok: false, code: 'needs-force' })
    expect(answer?.text).toStartWith('locking n2/service would leave service without a secondary that it requires')
    expect(cluster.roles()).toEqual(['n1 primary.ready', 'n2 secondary.ready'])
    expect(cluster.operate({ operation: 'lock', target: component('n2'), isForced: true })).toMatchObject({ ok: true })
    expect(cluster.roles()).toEqual(['n1 primary.ready', 'n2 offline.stopped'])
  })

  test('of what has not got the redundancy anyway is not refused', () => {
    const cluster = started({ nodes: ['n1', 'n2'] })
    cluster.endNode('n2')
    cluster.settle()
    expect(cluster.operate({ operation: 'lock', target: node('n2') })).toEqual({ ok: true, text: 'n2 is locked' })
  })

  test('a dry run shows the plan, and changes nothing', () => {
    const cluster = started({ nodes: ['n1', 'n2'] })
    const answer = cluster.operate({ operation: 'lock', target: node('n1'), isDryRun: true })
    if (!answer?.ok) throw new Error(`refused: ${answer?.text}`)
    const { events, after, steps } = answer.plan as PlanDocument
    expect(answer.text).toEndWith('; it has to be forced')
    expect(events).toEqual(['locking n1'])
    expect(after.assignments).toMatchObject([{ name: 'service', health: 'degraded' }])
    expect(steps.map(({ place, to }) => `${place} ${to}`)).toEqual([
      'n1/service quiescing',
      'n2/service primary',
      'n1/service offline',
    ])
    expect(cluster.told()).toEqual([])
    expect(cluster.crim.administrative.nodes).toEqual({})
  })
})

describe('shut-down', () => {
  test('hands over first, and locks then', () => {
    const cluster = started()
    expect(cluster.operate({ operation: 'shutdown', target: node('n1') })).toEqual({
      ok: true,
      text: 'n1 is shut down and locked',
    })
    expect(cluster.told()).toEqual([
      'n1/service quiescing',
      'n2/service primary',
      'n3/service secondary',
      'n1/service offline',
    ])
    expect(cluster.roles()).toEqual(['n1 offline.stopped', 'n2 primary.ready', 'n3 secondary.ready'])
  })

  test('with nobody to hand over to is refused; forced, it is locked without', () => {
    const cluster = started({ nodes: ['n1'], redundancy: 'none' })
    expect(cluster.operate({ operation: 'shutdown', target: node('n1') })).toMatchObject({ code: 'needs-force' })
    expect(cluster.roles()).toEqual(['n1 primary.ready'])
    expect(cluster.operate({ operation: 'shutdown', target: node('n1'), isForced: true })).toMatchObject({ ok: true })
    expect(cluster.roles()).toEqual(['n1 offline.stopped'])
  })

  test('whose successor falls meanwhile is given up: the primary stays in use', () => {
    const cluster = started({ redundancy: 'none', type: { standby: 'warm' } })
    cluster.request({ type: '', operation: 'shutdown', target: node('n1') })
    cluster.endNode('n2')
    cluster.settle()
    expect(cluster.answers.map(({ result }) => (result as { code: string }).code)).toEqual(['refused'])
    expect(cluster.crim.administrative.nodes).toEqual({})
    expect([...cluster.acting]).toHaveLength(1)
  })
})

describe('restart', () => {
  test('of a spare: it stops and comes back as what it was', () => {
    const cluster = started()
    expect(cluster.operate({ operation: 'restart', target: component('n3') })).toEqual({
      ok: true,
      text: 'n3/service is restarted',
    })
    expect(cluster.told()).toEqual(['n3/service offline', 'n3/service spare'])
    expect(cluster.roles()).toEqual(asStarted)
  })

  test('of the primary interrupts the service: only by force, and nobody takes its place', () => {
    const cluster = started()
    expect(cluster.operate({ operation: 'restart', target: component('n1') })).toEqual({
      ok: false,
      code: 'needs-force',
      text: 'restarting n1/service would leave service without a primary that it requires; force it to go ahead',
    })
    expect(cluster.operate({ operation: 'restart', target: component('n1'), isForced: true })).toMatchObject({
      ok: true,
    })
    expect(cluster.told()).toEqual(['n1/service quiescing', 'n1/service offline', 'n1/service primary'])
    expect(cluster.roles()).toEqual(asStarted)
  })

  test('of what does not run is done already', () => {
    const cluster = started({ type: { standby: 'cold', aware: false } })
    cluster.operate({ operation: 'lock', target: node('n3') })
    expect(cluster.operate({ operation: 'restart', target: node('n3') })).toEqual({
      ok: true,
      text: 'nothing of n3 runs',
    })
  })
})

describe('self-test', () => {
  test('goes offline, tests itself, and is what it was', () => {
    const cluster = started()
    expect(cluster.operate({ operation: 'selfTest', component: id('n3') })).toMatchObject({ ok: true })
    expect(cluster.asked).toEqual(['selfTest.command n3/service'])
    expect(cluster.told()).toEqual(['n3/service offline', 'n3/service spare'])
    expect(cluster.roles()).toEqual(asStarted)
  })

  test('one that it does not pass bars it until it is unlocked', () => {
    const cluster = started()
    cluster.errands[id('n3')] = 'disk.bad'
    const answer = cluster.operate({ operation: 'selfTest', component: id('n3') })
    expect(answer).toMatchObject({ ok: false, code: 'refused' })
    expect(answer?.text).toContain('disk.bad')
    expect(cluster.roleOf('n3')).toBe('offline.stopped')
    cluster.operate({ operation: 'unlock', target: component('n3') })
    expect(cluster.roles()).toEqual(asStarted)
  })

  test('one that another asked for, too, is not given up with that one', () => {
    const cluster = started()
    cluster.request({ type: '', operation: 'restart', target: component('n3') })
    cluster.request({ type: '', operation: 'selfTest', component: id('n3') })
    cluster.elapse(cluster.waits.find((wait) => wait.startsWith('operation'))!)
    cluster.settle()
    expect(cluster.answers.map(({ result }) => (result as { ok: boolean }).ok)).toEqual([false, true])
    expect(cluster.roles()).toEqual(asStarted)
  })

  test('one that is not answered is over in time', () => {
    const cluster = started()
    cluster.errands[id('n3')] = 'silent'
    cluster.request({ type: '', operation: 'selfTest', component: id('n3') })
    cluster.settle()
    cluster.elapse('errand n3/service')
    cluster.settle()
    expect(cluster.answers.map(({ result }) => (result as { text: string }).text)).toEqual([
      expect.stringContaining('errand.timedOut'),
    ])
  })
})

describe('switch-over and migration', () => {
  test('a migration of the primary to a spare: brought in step first', () => {
    const cluster = started()
    expect(cluster.operate({ operation: 'migrate', assignment: 'service', from: 'n1', to: 'n3' })).toEqual({
      ok: true,
      text: 'n3/service is primary of service',
    })
    expect([...cluster.acting]).toEqual([id('n3')])
  })

  test('a migration of the secondary: the primary is not touched', () => {
    const cluster = started()
    expect(cluster.operate({ operation: 'migrate', assignment: 'service', from: 'n2', to: 'n3' })).toEqual({
      ok: true,
      text: 'n3/service is secondary of service',
    })
    expect(cluster.told().sort()).toEqual(['n2/service spare', 'n3/service secondary'])
    expect(cluster.roles()).toEqual(['n1 primary.ready', 'n2 spare.ready', 'n3 secondary.ready'])
  })

  test('what is not there, or has no role, is not moved', () => {
    const cluster = started()
    const migrate = (from: string, to: string) =>
      cluster.operate({ operation: 'migrate', assignment: 'service', from, to })
    expect(migrate('n3', 'n1')).toMatchObject({
      code: 'refused',
      text: 'n3/service is neither primary nor secondary of service',
    })
    expect(migrate('n1', 'n9')).toMatchObject({ code: 'no-such' })
    cluster.operate({ operation: 'lock', target: node('n3') })
    expect(migrate('n2', 'n3')).toMatchObject({ code: 'refused', text: 'n3/service is not sound' })
  })
})

describe('maintenance', () => {
  test('of a node: what falls there is left alone until it is over', () => {
    const cluster = started()
    expect(cluster.operate({ operation: 'maintenance', target: node('n1'), isOn: true })).toEqual({
      ok: true,
      text: 'n1 is in maintenance',
    })
    cluster.killProcess(id('n1'))
    cluster.settle()
    expect(cluster.told()).toEqual([])
    expect(cluster.crim.failures).toEqual({})
    expect(cluster.operate({ operation: 'lock', target: node('n1') })).toMatchObject({
      code: 'refused',
      text: 'n1 is in maintenance: end that first',
    })
    cluster.operate({ operation: 'maintenance', target: node('n1'), isOn: false })
    expect([...cluster.acting]).toEqual([id('n2')])
    expect(cluster.crim.administrative.nodes).toEqual({})
  })

  for (const target of [
    component('n1'),
    { kind: 'assignment', assignment: 'service' } as const,
    { kind: 'cluster' } as const,
  ])
    test(`of ${target.kind}: the same`, () => {
      const cluster = started()
      cluster.operate({ operation: 'maintenance', target, isOn: true })
      cluster.killProcess(id('n1'))
      cluster.settle()
      expect([...cluster.acting]).toEqual([])
      expect(cluster.told()).toEqual([])
      cluster.operate({ operation: 'maintenance', target, isOn: false })
      expect([...cluster.acting]).toEqual([id('n2')])
    })

  test('of what is locked is refused', () => {
    const cluster = started()
    cluster.operate({ operation: 'lock', target: node('n3') })
    expect(cluster.operate({ operation: 'maintenance', target: node('n3'), isOn: true })).toMatchObject({
      code: 'refused',
      text: 'n3 is locked: unlock it first',
    })
  })
})

describe('whoever asks is answered', () => {
  test('what there is not', () => {
    const cluster = started()
    const targets: Target[] = [
      node('n9'),
      component('n9'),
      { kind: 'assignment', assignment: 'none' },
      { kind: 'group', group: 'none' },
    ]
    for (const target of targets)
      expect(cluster.operate({ operation: 'restart', target })).toMatchObject({ ok: false, code: 'no-such' })
  })

  test('in time, though it is not complete: what is decided goes on', () => {
    const cluster = started()
    cluster.cutOff('n3')
    cluster.settle()
    cluster.heal('n3')
    cluster.request({ type: '', operation: 'lock', target: component('n3') })
    for (const timer of cluster.waits.filter((name) => name.startsWith('operation'))) cluster.elapse(timer)
    expect(cluster.answers.map(({ result }) => (result as { code: string }).code)).toEqual(['timed-out'])
    cluster.settle()
    expect(cluster.roleOf('n3')).toBe('offline.stopped')
  })

  test('while a decision is being committed it waits for it', () => {
    const cluster = started()
    cluster.request({ type: '', operation: 'lock', target: node('n3') })
    cluster.request({ type: '', operation: 'switchover', assignment: 'service', to: 'n2' })
    expect(cluster.answers).toEqual([])
    cluster.settle()
    expect(cluster.answers.map(({ result }) => (result as { text: string }).text).sort()).toEqual([
      'n2/service is primary of service',
      'n3 is locked',
    ])
  })

  test('by a new master, once it knows what is', () => {
    const cluster = started()
    cluster.changeMaster()
    cluster.request({ type: '', operation: 'lock', target: node('n3') })
    cluster.request({ type: '', operation: 'lock', target: node('n3'), isDryRun: true })
    expect(cluster.answers.map(({ result }) => (result as { code: string }).code)).toEqual(['unavailable'])
    cluster.settle()
    expect(cluster.answers.map(({ result }) => (result as { ok: boolean }).ok)).toEqual([false, true])
    expect(cluster.roleOf('n3')).toBe('offline.stopped')
  })

  test('by the old master, when another takes over: what it has committed is carried on', () => {
    const cluster = started()
    cluster.request({ type: '', operation: 'lock', target: node('n1') })
    while (!cluster.crim.administrative.nodes.n1) cluster.deliver(0)
    cluster.toCrim({ type: 'mastership.lost' })
    expect(cluster.answers.map(({ result }) => (result as { code: string }).code)).toEqual(['unavailable'])
    cluster.changeMaster()
    cluster.settle()
    expect(cluster.roles()).toEqual(['n1 offline.stopped', 'n2 primary.ready', 'n3 secondary.ready'])
  })
})
