/** Assignments that need others (SPEC R5), and how long they bear to be without. */
import { describe, expect, test } from 'bun:test'
import type { Configuration } from '../../../machines/model/configuration.ts'
import type { Dependency } from '../../../machines/model/relationships.ts'
import { configuration } from '../../support/configuration.ts'
import { OperatedCluster } from '../../support/operatedCluster.ts'

/** `web` on n2 needs `store` on n1; neither can be elsewhere. */
function shaped(of: Partial<Dependency>): Configuration {
  const plain = configuration({ nodes: ['n1', 'n2'] })
  const dependency: Dependency = {
    kind: 'dependency',
    dependent: 'web',
    sponsor: 'store',
    instanceCountMin: 1,
    toleranceMs: 5_000,
    mode: 'full',
    ...of,
  }
  return {
    ...plain,
    components: {
      store: { type: 'service', nodes: ['n1'], instances: {} },
      web: { type: 'service', nodes: ['n2'], instances: {} },
    },
    assignments: {
      store: { component: 'store', redundancy: 'none' },
      web: { component: 'web', redundancy: 'none' },
    },
    relationships: { 'web-store': dependency },
  }
}

function started(of: Partial<Dependency> = {}): OperatedCluster {
  const cluster = new OperatedCluster(shaped(of))
  cluster.settle()
  cluster.told()
  return cluster
}

const tolerance = 'tolerance web-store web store'
const waits = (cluster: OperatedCluster) => cluster.waits.filter((name) => name.startsWith('tolerance'))

test('at first the sponsor, then the dependent, and no tolerance runs meanwhile', () => {
  const cluster = new OperatedCluster(shaped({ toleranceMs: 0 }))
  cluster.settle()
  expect(cluster.told()).toEqual(['n1/store primary', 'n2/web primary'])
})

describe('the sponsor is gone', () => {
  function lost(of: Partial<Dependency> = {}): OperatedCluster {
    const cluster = started(of)
    cluster.endNode('n1')
    cluster.settle()
    return cluster
  }

  test('the dependent goes on for as long as it bears it', () => {
    const cluster = lost()
    expect(waits(cluster)).toEqual([tolerance])
    expect(cluster.told()).toEqual([])
    cluster.returnNode('n1')
    cluster.settle()
    expect(waits(cluster)).toEqual([])
    expect(cluster.told()).toEqual(['n1/store primary'])
  })

  test('then it stops, until the sponsor is served again', () => {
    const cluster = lost()
    cluster.elapse(tolerance)
    cluster.settle()
    expect(cluster.told()).toEqual(['n2/web quiescing', 'n2/web spare'])
    expect([...cluster.acting]).toEqual([])
    cluster.returnNode('n1')
    cluster.settle()
    expect(cluster.told()).toEqual(['n1/store primary', 'n2/web primary'])
  })

  test('one that bears nothing stops at once', () => {
    const cluster = lost({ toleranceMs: 0 })
    expect(waits(cluster)).toEqual([])
    expect(cluster.told()).toEqual(['n2/web quiescing', 'n2/web spare'])
  })

  test('one that needs it only to start goes on', () => {
    const cluster = lost({ mode: 'start', toleranceMs: 0 })
    expect(cluster.told()).toEqual([])
  })

  test('a new master begins the tolerance anew; what has stopped stays stopped', () => {
    const cluster = lost()
    cluster.changeMaster()
    cluster.settle()
    expect(waits(cluster)).toEqual([tolerance])
    cluster.elapse(tolerance)
    cluster.settle()
    cluster.told()
    cluster.changeMaster()
    cluster.settle()
    expect(cluster.told()).toEqual([])
    expect([...cluster.acting]).toEqual([])
  })
})

test('a sponsor that fell and was started anew restarts a dependent of mode restart', () => {
  const cluster = started({ mode: 'restart' })
  cluster.killProcess('n1/store')
  cluster.settle()
  expect(cluster.told()).toEqual(['n1/store primary', 'n2/web quiescing', 'n2/web offline', 'n2/web primary'])
})

test('a sponsor that fell starts again when a dependent that bears nothing has stopped', () => {
  const cluster = started({ toleranceMs: 0 })
  cluster.killProcess('n1/store')
  cluster.settle()
  expect(cluster.told()).toEqual(['n2/web quiescing', 'n1/store primary', 'n2/web offline', 'n2/web primary'])
})
