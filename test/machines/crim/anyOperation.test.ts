/** Operators, trouble and waits of every kind, in any order with faults, deliveries and masters. */
import { test } from 'bun:test'
import fc from 'fast-check'
import type { Configuration } from '../../../machines/model/configuration.ts'
import { type ComponentId, componentId } from '../../../machines/model/ids.ts'
import type { Operation, Target } from '../../../machines/model/operation.ts'
import { configuration } from '../../support/configuration.ts'
import { OperatedCluster } from '../../support/operatedCluster.ts'

const names = ['n1', 'n2', 'n3']
const id = (node: string) => componentId({ node, component: 'service' })
const byCode = {
  'probe.failed': 'reset',
  'disk.slow': 'restart',
  'disk.full': 'switchover',
  'disk.bad': 'failover',
  'machine.bad': 'nodeSwitchover',
  'kernel.bad': 'nodeFailover',
} as const

function shaped(of: Parameters<typeof configuration>[0]): Configuration {
  const recovery = { restartLimit: 2, restartWindowMs: 5_000, barredForMs: 1_000, byCode }
  const plain = configuration({ ...of, type: { ...of?.type, recovery } })
  const nodeRecovery = { failureLimit: 0, failureWindowMs: 5_000, concurrentMax: 1 }
  return { ...plain, recovery: { ...nodeRecovery, flapLimit: 1, flapWindowMs: 5_000, holdDownMs: 1_000 } }
}

type Happening = (cluster: OperatedCluster) => void

const node = fc.constantFrom(...names)
const place = node.map(id)
const target: fc.Arbitrary<Target> = fc.oneof(
  place.map((component): Target => ({ kind: 'component', component })),
  node.map((name): Target => ({ kind: 'node', node: name })),
  fc.constantFrom<Target>({ kind: 'assignment', assignment: 'service' }, { kind: 'cluster' }),
)
const isForced = fc.boolean()
const operation: fc.Arbitrary<Operation> = fc.oneof(
  fc.record({ operation: fc.constant('switchover' as const), assignment: fc.constant('service'), to: node, isForced }),
  fc.record({ operation: fc.constant('migrate' as const), assignment: fc.constant('service'), from: node, to: node }),
  fc.record({ operation: fc.constant('selfTest' as const), component: place, isForced }),
  fc.record({ operation: fc.constantFrom('lock' as const, 'unlock', 'shutdown', 'restart'), target, isForced }),
  fc.record({ operation: fc.constant('maintenance' as const), target, isOn: fc.boolean() }),
)

const code = fc.constantFrom(...Object.keys(byCode), 'else')
const happening: fc.Arbitrary<Happening> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.nat(50).map(
      (choice): Happening =>
        (cluster) =>
          void cluster.deliver(choice),
    ),
  },
  {
    weight: 2,
    arbitrary: operation.map(
      (of): Happening =>
        (cluster) =>
          cluster.request({ type: '', ...of }),
    ),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom('killProcess' as const, 'endNode', 'returnNode', 'cutOff', 'isolate', 'heal'), node)
      .map(
        ([what, name]): Happening =>
          (cluster) =>
            what === 'killProcess' ? cluster.killProcess(id(name)) : cluster[what](name),
      ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(place, code).map(
      ([of, what]): Happening =>
        (cluster) => {
          if (cluster.crim.statuses[of]?.phase === 'ready') cluster.trouble(of, what)
        },
    ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(place, fc.constantFrom(null, 'unwell', 'silent')).map(
      ([of, how]): Happening =>
        (cluster) => {
          cluster.errands[of] = how
        },
    ),
  },
  {
    weight: 1,
    arbitrary: fc.nat(50).map(
      (choice): Happening =>
        (cluster) => {
          cluster.nowMs += 1_000
          const { waits } = cluster
          const wait = waits[choice % Math.max(1, waits.length)]
          if (wait) cluster.elapse(wait)
        },
    ),
  },
  { weight: 1, arbitrary: fc.constant<Happening>((cluster) => cluster.changeMaster()) },
)

/** Everything is mended, and put back to use, until nothing is set any more. */
function mend(cluster: OperatedCluster): void {
  for (const name of names) {
    cluster.heal(name)
    cluster.returnNode(name)
    cluster.errands[id(name)] = null
  }
  cluster.settle()
  for (const wait of cluster.waits.filter((name) => name.startsWith('errand'))) cluster.elapse(wait)
  cluster.settle()
  for (let round = 0; round < 5; round++) {
    const targets: Target[] = [
      { kind: 'cluster' },
      { kind: 'assignment', assignment: 'service' },
      ...names.flatMap((name): Target[] => [
        { kind: 'node', node: name },
        { kind: 'component', component: id(name) },
      ]),
    ]
    for (const each of targets) {
      cluster.operate({ operation: 'maintenance', target: each, isOn: false })
      if (each.kind !== 'cluster') cluster.operate({ operation: 'unlock', target: each })
    }
  }
}

const kinds = { hot: {}, warm: { type: { standby: 'warm' } }, alone: { redundancy: 'none' } } as const

for (const [kind, of] of Object.entries(kinds))
  test(`never two that act, and in the end all is well: ${kind}`, () => {
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 100 }), (happenings) => {
        const cluster = new OperatedCluster(shaped(of))
        cluster.nowMs = 1_000
        cluster.settle()
        const fail = (text: string) => new Error(`${text}\n${cluster.log.join('\n')}`)
        const check = () => {
          if (cluster.acting.size > 1) throw fail(`two act: ${[...cluster.acting]}`)
        }
        for (const happen of happenings) {
          happen(cluster)
          check()
        }
        mend(cluster)
        check()
        const roles = names.map((name) => cluster.roleOf(name)).sort()
        const wanted = kind === 'alone' ? ['primary', 'spare', 'spare'] : ['primary', 'secondary', 'spare']
        if (roles.join() !== wanted.map((role) => `${role}.ready`).join()) throw fail(`ends as ${cluster.roles()}`)
        const { operations, withheld, errands, barred, statuses } = cluster.crim
        // One that is unwell, and still works, may be waiting for somebody to follow.
        const recovering = Object.keys(cluster.crim.recovering).filter((of) => !statuses[of as ComponentId]?.failure)
        const left = { operations, withheld, errands, recovering, barred } as Record<string, object>
        for (const [name, of] of Object.entries(left))
          if (Object.keys(of).length > 0) throw fail(`left: ${name} ${JSON.stringify(of)}`)
        const answered = cluster.answers.map((answer) => (answer as unknown as { id: ComponentId }).id)
        if (new Set(answered).size !== answered.length) throw fail('answered twice')
      }),
      { numRuns: 200, includeErrorInReport: true },
    )
  })
