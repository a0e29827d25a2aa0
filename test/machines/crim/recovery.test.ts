/** Recovery (SPEC R7) as transcripts: what failed, and what components are told. */
import { describe, expect, test } from 'bun:test'
import type { Configuration, NodeRecoveryPolicy, RecoveryPolicy } from '../../../machines/model/configuration.ts'
import { componentId } from '../../../machines/model/ids.ts'
import { defaultNodeRecovery } from '../../../machines/model/recovery.ts'
import { configuration } from '../../support/configuration.ts'
import { OperatedCluster } from '../../support/operatedCluster.ts'

const id = (node: string) => componentId({ node, component: 'service' })

type Of = Parameters<typeof configuration>[0] & {
  readonly recovery?: Partial<RecoveryPolicy>
  readonly nodeRecovery?: Partial<NodeRecoveryPolicy>
  /** Nodes that have a fence agent. */
  readonly fenced?: readonly string[]
}

function shaped({ recovery, nodeRecovery, fenced = [], ...of }: Of): Configuration {
  const type = { ...of.type, recovery: { restartLimit: 3, restartWindowMs: 60_000, ...recovery } }
  const plain = configuration({ ...of, type })
  const fence = {
    kind: 'command',
    command: ['off'],
    options: {},
    timeoutMs: 1,
    retryCountMax: 0,
    delayMs: null,
  } as const
  const nodes = Object.entries(plain.nodes).map(([name, node]) => [
    name,
    fenced.includes(name) ? { ...node, fence } : node,
  ])
  return { ...plain, nodes: Object.fromEntries(nodes), recovery: { ...defaultNodeRecovery, ...nodeRecovery } }
}

function started(of: Of = {}): OperatedCluster {
  const cluster = new OperatedCluster(shaped(of))
  cluster.nowMs = 1_000
  cluster.settle()
  cluster.told()
  return cluster
}

const asStarted = ['n1 primary.ready', 'n2 secondary.ready', 'n3 spare.ready']

describe('soft reset', () => {
  const byReset = { recovery: { byCode: { 'probe.failed': 'reset' } } } as const

  test('the component begins anew in its role, and nobody else hears of it', () => {
    const cluster = started(byReset)
    cluster.trouble(id('n1'), 'probe.failed')
    cluster.settle()
    expect(cluster.asked).toEqual(['reset.command n1/service'])
    expect(cluster.told()).toEqual([])
    expect(cluster.crim.recovering).toEqual({})
    expect(cluster.crim.failures).toEqual({})
  })

  test('one that fails is followed by a restart in place', () => {
    const cluster = started(byReset)
    cluster.errands[id('n1')] = 'reset.failed'
    cluster.trouble(id('n1'), 'probe.failed')
    cluster.settle()
    expect(cluster.told()).toEqual(['n1/service quiescing', 'n1/service offline', 'n1/service primary'])
    expect(cluster.roles()).toEqual(asStarted)
  })

  test('one that is not answered is followed by it in time', () => {
    const cluster = started(byReset)
    cluster.errands[id('n1')] = 'silent'
    cluster.trouble(id('n1'), 'probe.failed')
    cluster.settle()
    expect(cluster.told()).toEqual([])
    cluster.elapse('errand n1/service')
    cluster.settle()
    expect(cluster.told()).toEqual(['n1/service quiescing', 'n1/service offline', 'n1/service primary'])
  })

  test('too many within the window are followed by it', () => {
    const cluster = started(byReset)
    for (const _ of [1, 2]) {
      cluster.trouble(id('n1'), 'probe.failed')
      cluster.settle()
    }
    expect(cluster.asked).toEqual(['reset.command n1/service'])
    expect(cluster.told()).toEqual(['n1/service quiescing', 'n1/service offline', 'n1/service primary'])
    expect(cluster.crim.failures).toEqual({ [id('n1')]: [1_000] })
  })

  test('after the window they count no more', () => {
    const cluster = started(byReset)
    cluster.trouble(id('n1'), 'probe.failed')
    cluster.settle()
    cluster.nowMs += 60_001
    cluster.trouble(id('n1'), 'probe.failed')
    cluster.settle()
    expect(cluster.asked).toEqual(['reset.command n1/service', 'reset.command n1/service'])
    expect(cluster.told()).toEqual([])
  })
})

describe('restart', () => {
  test('in place, though a hot standby is in step, where the type says so', () => {
    const cluster = started({ recovery: { first: 'restart' } })
    cluster.killProcess(id('n1'))
    cluster.settle()
    expect(cluster.told()).toEqual(['n1/service primary'])
    expect(cluster.roles()).toEqual(asStarted)
  })

  test('of a secondary: it stays the secondary', () => {
    const cluster = started({ recovery: { first: 'restart' } })
    cluster.killProcess(id('n2'))
    cluster.settle()
    expect(cluster.roles()).toEqual(asStarted)
  })

  test('a restart that fails is followed by a fail-over', () => {
    const cluster = started({ redundancy: 'none', type: { standby: 'cold' } })
    cluster.killProcess(id('n1'))
    while (cluster.roleOf('n1') !== 'primary.preparing') cluster.deliver(0)
    cluster.channels.delete('agent n1/service')
    cluster.killProcess(id('n1'))
    cluster.settle()
    expect([...cluster.acting]).toEqual([id('n2')])
    expect(cluster.crim.barred).toEqual({})
  })
})

describe('fail-over', () => {
  test('of what would be restarted otherwise', () => {
    const cluster = started({ redundancy: 'none', type: { standby: 'warm' }, recovery: { first: 'failover' } })
    cluster.killProcess(id('n1'))
    cluster.settle()
    expect([...cluster.acting]).toEqual([id('n2')])
    expect(cluster.crim.recovering).toEqual({})
  })

  test('with nobody to take over it is restarted', () => {
    const cluster = started({ nodes: ['n1'], redundancy: 'none', recovery: { first: 'failover' } })
    cluster.killProcess(id('n1'))
    cluster.settle()
    expect([...cluster.acting]).toEqual([id('n1')])
  })

  test('what a hot primary alone has is not given up for it (trap 16)', () => {
    const cluster = started({ nodes: ['n1', 'n2'], recovery: { first: 'failover' } })
    cluster.killProcess(id('n2'))
    while (cluster.crim.statuses[id('n2')]!.failure === null) cluster.deliver(0)
    cluster.killProcess(id('n1'))
    cluster.settle()
    expect([...cluster.acting]).toEqual([id('n1')])
  })

  test('the limit bars; the bar is in the repository, survives a change of master, and ends in time', () => {
    const cluster = started({ recovery: { restartLimit: 1, barredForMs: 5_000 } })
    for (const _ of [1, 2]) {
      cluster.killProcess(id('n3'))
      cluster.settle()
    }
    expect(cluster.roleOf('n3')).toBe('offline.stopped')
    cluster.changeMaster()
    cluster.settle()
    expect(cluster.crim.barred).toEqual({ [id('n3')]: true })
    expect(cluster.roleOf('n3')).toBe('offline.stopped')
    cluster.elapse('bar n3/service')
    cluster.settle()
    expect(cluster.roleOf('n3')).toBe('spare.ready')
    expect([cluster.crim.barred, cluster.crim.records]).toEqual([{}, {}])
  })

  test('failures before a change of master count after it', () => {
    const cluster = started({ recovery: { restartLimit: 1 } })
    cluster.killProcess(id('n3'))
    cluster.settle()
    cluster.changeMaster()
    cluster.settle()
    cluster.killProcess(id('n3'))
    cluster.settle()
    expect(cluster.crim.barred).toEqual({ [id('n3')]: true })
  })
})

test('switch-over: what still works hands over in good order', () => {
  const cluster = started({ recovery: { byCode: { 'disk.filling': 'switchover' } } })
  cluster.trouble(id('n1'), 'disk.filling')
  cluster.settle()
  expect(cluster.told().slice(0, 2)).toEqual(['n1/service quiescing', 'n2/service primary'])
  expect([...cluster.acting]).toEqual([id('n2')])
})

describe('node switch-over', () => {
  const failing = { nodeRecovery: { failureLimit: 0 }, recovery: { restartLimit: 0, barredForMs: 1_000 } } as const

  test('by code: the node is emptied, and says why', () => {
    const cluster = started({ recovery: { byCode: { 'disk.bad': 'nodeSwitchover' } } })
    cluster.trouble(id('n1'), 'disk.bad')
    cluster.settle()
    expect(cluster.roles()).toEqual(['n1 offline.stopped', 'n2 primary.ready', 'n3 secondary.ready'])
    expect(cluster.crim.administrative.nodes).toEqual({ n1: 'standby' })
  })

  test('by too many bars on a node, until an operator unlocks it', () => {
    const cluster = started(failing)
    cluster.killProcess(id('n1'))
    cluster.settle()
    expect(cluster.crim.administrative.nodes).toEqual({ n1: 'standby' })
    cluster.operate({ operation: 'unlock', target: { kind: 'node', node: 'n1' } })
    expect(cluster.crim.administrative.nodes).toEqual({})
    expect(cluster.crim.barred).toEqual({})
    expect(cluster.roleOf('n1')).toBe('spare.ready')
  })

  test('not where it would take away what still works', () => {
    const cluster = new OperatedCluster(twoServices(shaped({ nodes: ['n1', 'n2'], redundancy: 'none', ...failing })))
    cluster.nowMs = 1_000
    cluster.settle()
    cluster.killProcess('n1/service')
    cluster.settle()
    expect(cluster.crim.barred).toEqual({ 'n1/service': true })
    expect(cluster.crim.administrative.nodes).toEqual({})
    expect(cluster.actingFor('desk')).toEqual(['n1/desk'])
  })
})

/** `desk` runs on n1 only. */
function twoServices(plain: Configuration): Configuration {
  return {
    ...plain,
    components: { ...plain.components, desk: { type: 'service', nodes: ['n1'], instances: {} } },
    assignments: { ...plain.assignments, desk: { component: 'desk', redundancy: 'none' } },
  }
}

describe('node fail-over', () => {
  const byCode = { byCode: { 'kernel.bad': 'nodeFailover' } } as const

  test('a node with an agent is fenced', () => {
    const cluster = started({ recovery: byCode, fenced: ['n1'] })
    cluster.trouble(id('n1'), 'kernel.bad')
    cluster.settle()
    expect(cluster.felled).toEqual(['fence.order n1: n1/service failed'])
  })

  test('one without is restarted by its guard; what it ran is elsewhere meanwhile', () => {
    const cluster = started({ recovery: byCode })
    cluster.trouble(id('n1'), 'kernel.bad')
    cluster.settle()
    expect(cluster.felled).toEqual(['node.restart n1: n1/service failed'])
    cluster.endNode('n1')
    cluster.returnNode('n1')
    cluster.settle()
    expect(cluster.felled).toHaveLength(1)
    expect([...cluster.acting]).toEqual([id('n2')])
  })

  test('one that has to be switched over, and gets worse, is felled', () => {
    const cluster = started({ recovery: { byCode: { 'disk.bad': 'nodeSwitchover' } } })
    cluster.trouble(id('n1'), 'disk.bad')
    cluster.trouble(id('n1'), 'disk.worse')
    cluster.settle()
    expect(cluster.felled).toEqual(['node.restart n1: n1/service failed'])
  })

  test('what falls there while it hands over has stopped, which is what was wanted', () => {
    const cluster = started({ recovery: { byCode: { 'disk.bad': 'nodeSwitchover' } } })
    cluster.trouble(id('n1'), 'disk.bad')
    while (cluster.crim.proposal) cluster.deliver(0)
    cluster.killProcess(id('n1'))
    cluster.settle()
    expect(cluster.felled).toEqual([])
    expect(cluster.roles()).toEqual(['n1 offline.stopped', 'n2 primary.ready', 'n3 secondary.ready'])
  })
})

describe('a failed stop', () => {
  function stopFails(of: Of): OperatedCluster {
    const cluster = started(of)
    const status = { ...cluster.crim.statuses[id('n1')]!, role: 'offline', phase: 'stopFailed', isActive: true }
    const failure = { code: 'stop.failed', detail: 'it resists' }
    const said = { type: 'status.reported', node: 'n1', incarnation: 1, status: { ...status, failure }, atMs: 1_000 }
    cluster.toCrim(said)
    cluster.settle()
    return cluster
  }

  test('is active until its node is fenced, which is asked for once', () => {
    const cluster = stopFails({ fenced: ['n1'] })
    expect(cluster.felled).toEqual(['fence.order n1: n1/service does not stop'])
    expect(cluster.told()).not.toContain('n2/service primary')
    cluster.endNode('n1')
    cluster.settle()
    expect(cluster.told()).toContain('n2/service primary')
  })

  test('without an agent it is waited for', () => {
    const cluster = stopFails({})
    expect(cluster.felled).toEqual([])
    expect(cluster.told()).not.toContain('n2/service primary')
  })

  test('that does no harm to others has nothing fenced', () => {
    expect(stopFails({ fenced: ['n1'], type: { exclusive: false } }).felled).toEqual([])
  })
})

test('so many recover at a time, the more important first', () => {
  const plain = shaped({ nodes: ['n1'], redundancy: 'none', nodeRecovery: { concurrentMax: 1 } })
  const names = ['a', 'b', 'c']
  const cluster = new OperatedCluster({
    ...plain,
    components: Object.fromEntries(names.map((name) => [name, { type: 'service', nodes: ['n1'], instances: {} }])),
    assignments: Object.fromEntries(
      names.map((name) => [name, { component: name, redundancy: 'none', priority: name === 'c' ? 1 : 0 }]),
    ),
  })
  cluster.settle()
  cluster.told()
  for (const name of names) cluster.killProcess(componentId({ node: 'n1', component: name }))
  const waits: string[] = []
  for (let count = 0; cluster.deliver(count); count++) waits.push(...cluster.crim.waits)
  cluster.settle()
  expect(cluster.told()).toEqual(['n1/c primary', 'n1/a primary', 'n1/b primary'])
  expect(waits).toContain('n1/b waits for its turn, as 1 recover already, before primary')
})

describe('hold-down', () => {
  test('a node that comes back too often is given nothing new for a while, and keeps what it has', () => {
    const cluster = started({ nodeRecovery: { flapLimit: 1, holdDownMs: 9_000 } })
    for (const _ of [1, 2]) {
      cluster.endNode('n3')
      cluster.returnNode('n3')
      cluster.settle()
    }
    expect(cluster.crim.administrative.nodes).toEqual({ n3: 'held' })
    cluster.endNode('n1')
    cluster.settle()
    expect(cluster.roles()).toEqual(['n1 down', 'n2 primary.ready', 'n3 spare.ready'])
    cluster.elapse('hold n3')
    cluster.settle()
    expect(cluster.crim.administrative.nodes).toEqual({})
    expect(cluster.roles()).toEqual(['n1 down', 'n2 primary.ready', 'n3 secondary.ready'])
  })

  test('under a new master it begins anew', () => {
    const cluster = started({ nodeRecovery: { flapLimit: 0 } })
    cluster.endNode('n3')
    cluster.returnNode('n3')
    cluster.settle()
    cluster.changeMaster()
    cluster.settle()
    expect(cluster.waits).toContain('hold n3')
  })
})
