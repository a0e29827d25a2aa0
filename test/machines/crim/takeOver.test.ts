/**
 * SPEC R10: the CRIM is killed in the middle of each kind of plan, after each of the things it does, and its successor finishes the
 * plan or undoes it, from what is in the repository and what nodes say. No component is restarted that would not have been anyway.
 */
import { describe, expect, test } from 'bun:test'
import type { Configuration } from '../../../machines/model/configuration.ts'
import { type ComponentId, componentId } from '../../../machines/model/ids.ts'
import type { Operation } from '../../../machines/model/operation.ts'
import { configuration } from '../../support/configuration.ts'
import { OperatedCluster } from '../../support/operatedCluster.ts'

const id = (node: string, component = 'service') => componentId({ node, component })

/** Two assignments; `desk` has nothing to do with what happens to `service`. */
function shaped(of: Parameters<typeof configuration>[0]): Configuration {
  const recovery = {
    restartLimit: 3,
    restartWindowMs: 60_000,
    byCode: { 'probe.failed': 'reset', 'disk.full': 'switchover' },
  } as const
  const plain = configuration({ ...of, type: { ...of?.type, recovery } })
  const nodes = ['n3', 'n2', 'n1']
  return {
    ...plain,
    components: { ...plain.components, desk: { type: 'service', nodes, instances: {} } },
    assignments: { ...plain.assignments, desk: { component: 'desk', redundancy: '2N' } },
  }
}

interface Scenario {
  readonly prepare?: (cluster: OperatedCluster) => void
  readonly begin: (cluster: OperatedCluster) => void
  /** What has no intent of its own in the repository, and may be as if it had not been asked. */
  readonly isUndone?: boolean
}

const asked =
  (operation: Operation): Scenario['begin'] =>
  (cluster) =>
    cluster.request({ type: '', ...operation })
const component = { kind: 'component', component: id('n1') } as const
const node = { kind: 'node', node: 'n1' } as const

const scenarios: Readonly<Record<string, Scenario>> = {
  'the primary falls': { begin: (cluster) => cluster.killProcess(id('n1')) },
  'the secondary falls': { begin: (cluster) => cluster.killProcess(id('n2')) },
  'the primary and the secondary fall': {
    begin(cluster) {
      cluster.killProcess(id('n1'))
      cluster.killProcess(id('n2'))
    },
  },
  'the node of the primary ends': { begin: (cluster) => cluster.endNode('n1') },
  'a node returns': {
    prepare(cluster) {
      cluster.endNode('n1')
      cluster.settle()
    },
    begin: (cluster) => cluster.returnNode('n1'),
  },
  'a soft reset': { begin: (cluster) => cluster.trouble(id('n1'), 'probe.failed'), isUndone: true },
  'a recovery by switch-over': { begin: (cluster) => cluster.trouble(id('n1'), 'disk.full'), isUndone: true },
  'switch-over': { begin: asked({ operation: 'switchover', assignment: 'service', to: null }), isUndone: true },
  'switch-over to a spare': {
    begin: asked({ operation: 'switchover', assignment: 'service', to: 'n3' }),
    isUndone: true,
  },
  'migration of the secondary': {
    begin: asked({ operation: 'migrate', assignment: 'service', from: 'n2', to: 'n3' }),
    isUndone: true,
  },
  'lock of a component': { begin: asked({ operation: 'lock', target: component }), isUndone: true },
  'lock of a node': { begin: asked({ operation: 'lock', target: node }), isUndone: true },
  'shut-down of a node': { begin: asked({ operation: 'shutdown', target: node }), isUndone: true },
  'unlock of a node': {
    prepare: (cluster) => cluster.operate({ operation: 'lock', target: node }),
    begin: asked({ operation: 'unlock', target: node }),
    isUndone: true,
  },
  'restart of the primary': {
    begin: asked({ operation: 'restart', target: component, isForced: true }),
    isUndone: true,
  },
  'self-test of the secondary': {
    begin: asked({ operation: 'selfTest', component: id('n2'), isForced: true }),
    isUndone: true,
  },
  'maintenance, and what falls in it': {
    begin(cluster) {
      cluster.request({ type: '', operation: 'maintenance', target: node, isOn: true })
      cluster.killProcess(id('n1'))
    },
    isUndone: true,
  },
  'the end of a maintenance in which the primary fell': {
    prepare(cluster) {
      cluster.operate({ operation: 'maintenance', target: node, isOn: true })
      cluster.killProcess(id('n1'))
      cluster.settle()
    },
    begin: asked({ operation: 'maintenance', target: node, isOn: false }),
    isUndone: true,
  },
}

/** A cluster at the point where the scenario begins. */
function begun(of: Configuration, { prepare, begin }: Scenario): OperatedCluster {
  const cluster = new OperatedCluster(of)
  cluster.settle()
  prepare?.(cluster)
  cluster.told()
  begin(cluster)
  return cluster
}

/** Which roles there are of each assignment, whoever has them, and what is down. */
function stateOf(cluster: OperatedCluster): string {
  const roles = ['service', 'desk'].map((assignment) =>
    cluster
      .rolesFor(assignment)
      .map((line) => line.split(' ')[1]!)
      .sort()
      .join(' '),
  )
  return `${roles.join('; ')}; ${JSON.stringify(cluster.crim.administrative.nodes)}`
}

const kinds = {
  hot: {},
  warm: { type: { standby: 'warm' } },
  'cold and unaware': { type: { standby: 'cold', aware: false } },
} as const

for (const [kind, of] of Object.entries(kinds))
  describe(`killed at every step, components ${kind}`, () => {
    for (const [name, scenario] of Object.entries(scenarios))
      test(name, () => {
        const untouched = new OperatedCluster(shaped(of))
        untouched.settle()
        scenario.prepare?.(untouched)
        const before = { state: stateOf(untouched), lives: untouched.lives() }
        const undisturbed = begun(shaped(of), scenario)
        undisturbed.settle()
        const expected = { state: stateOf(undisturbed), lives: undisturbed.lives() }
        const affected = new Set(undisturbed.told().map((line) => line.split(' ')[0]))
        // One that hands over and is then wanted after all may have to start a process for what it becomes.
        const livesMaxOf = (component: ComponentId) =>
          Math.max(expected.lives[component] ?? 0, before.lives[component] ?? 0) + (affected.has(component) ? 1 : 0)
        for (let effectCount = 0; ; effectCount++) {
          const cluster = begun(shaped(of), scenario)
          const isKilled = cluster.settleKilledAfter(effectCount)
          const at = `killed after ${effectCount} effects\n${cluster.log.join('\n')}`
          const ends = scenario.isUndone ? [expected.state, before.state] : [expected.state]
          if (!ends.includes(stateOf(cluster))) throw new Error(`ends as ${stateOf(cluster)}, not as ${ends}; ${at}`)
          for (const [component, life] of Object.entries(cluster.lives()) as [ComponentId, number][])
            if (life > livesMaxOf(component)) throw new Error(`${component} was started ${life} times; ${at}`)
          expect(cluster.acting.size).toBeLessThanOrEqual(2)
          if (!isKilled) break
          if (effectCount > 200) throw new Error(`no end; ${at}`)
        }
      })
  })
