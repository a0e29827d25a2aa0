/** Which commands count as needless, and which are asked for. */
import { expect, test } from 'bun:test'
import { watching } from '../../../src/simulate/checkers/index.ts'
import { noNeedlessRestart } from '../../../src/simulate/checkers/needlessRestart.ts'
import { commandsSeen } from '../../../src/simulate/commands.ts'
import type { ObservedEvent } from '../../../src/simulate/observation.ts'
import { configuration } from '../../support/configuration.ts'
import { OperatedCluster } from '../../support/operatedCluster.ts'

type Step = Parameters<typeof commandsSeen>[0]

function violations(stream: readonly [number, ObservedEvent][]): string[] {
  const checkers = watching([noNeedlessRestart()])
  for (const [atMs, event] of stream) checkers.observe({ atMs, ...event })
  return checkers.violations().map(({ text }) => text)
}

const withdrawn: ObservedEvent = {
  type: 'role.withdrawn',
  component: 'n1/service',
  assignment: 'service',
  from: 'primary',
  to: 'offline',
}

test('a role that is withdrawn from one that is well', () => {
  expect(violations([[1, withdrawn]])).toEqual([
    'n1/service is primary of service, as decided, and well, and was told offline',
  ])
})

test('not where an operator asked for it, and not for ever', () => {
  const asked: ObservedEvent = { type: 'outage.asked', covers: (component) => component === 'n1/service' }
  expect(
    violations([
      [1, asked],
      [50, withdrawn],
    ]),
  ).toEqual([])
  expect(
    violations([
      [1, asked],
      [70_000, withdrawn],
    ]),
  ).toHaveLength(1)
  expect(
    violations([
      [1, asked],
      [50, { ...withdrawn, component: 'n2/service' }],
    ]),
  ).toHaveLength(1)
})

/** What is seen of a master that tells n1's primary something, with what is changed of what it knows. */
function seenOf(role: string, change: Partial<Step['context']> = {}): ObservedEvent[] {
  const cluster = new OperatedCluster(configuration())
  cluster.settle()
  const context = { ...cluster.crim, ...change }
  const { token } = context.intents.service!.roles['n1/service']!
  const command = { type: 'role.command', component: 'n1/service', assignment: 'service', role, token }
  return commandsSeen({ event: { type: 'mastership.lost' }, effects: [command], context } as unknown as Step)
}

test('what a master tells one that has the role decided for it, under its token, is seen', () => {
  expect(seenOf('offline')).toEqual([withdrawn])
  const promoted = { type: 'primary.commanded', component: 'n1/service', assignment: 'service' }
  const [seen, ...more] = seenOf('primary')
  if (seen?.type !== 'primary.commanded') throw new Error('not seen')
  expect([seen, more]).toMatchObject([promoted, []])
  expect([seen.decidedCount('service'), seen.decidedCount('other')]).toEqual([1, 0])
})

test('not of one that has failed, or for which something else is decided', () => {
  const { statuses, intents } = new OperatedCluster(configuration()).crim
  expect(seenOf('offline', { statuses })).toEqual([])
  const failed = { code: 'probe.failed', detail: '' }
  const cluster = new OperatedCluster(configuration())
  cluster.settle()
  const status = { ...cluster.crim.statuses['n1/service']!, failure: failed }
  expect(seenOf('offline', { statuses: { 'n1/service': status } })).toEqual([])
  const decided = cluster.crim.intents.service!
  const roles = { ...decided.roles, 'n1/service': { role: 'spare' as const, token: { epoch: 1, index: 9 } } }
  expect(intents).toEqual({})
  const context = { ...cluster.crim, intents: { service: { ...decided, roles } } }
  const command = { type: 'role.command', component: 'n1/service', assignment: 'service', role: 'quiescing' }
  expect(commandsSeen({ event: { type: 'mastership.lost' }, effects: [command], context } as unknown as Step)).toEqual(
    [],
  )
})

test('a restart of a node covers what it has', () => {
  const cluster = new OperatedCluster(configuration())
  const event = {
    type: 'operation.requested',
    id: '',
    operation: { operation: 'restart', target: { kind: 'node', node: 'n1' } },
  }
  const [seen] = commandsSeen({ event, effects: [], context: cluster.crim } as unknown as Step)
  if (seen?.type !== 'outage.asked') throw new Error('not seen')
  expect([seen.covers('n1/service'), seen.covers('n2/service')]).toEqual([true, false])
})

test('a restart or a self-test covers what cannot do without it on its node', () => {
  const base = configuration()
  const nodes = base.components.service!.nodes
  const component = { type: 'service', nodes, instances: {} }
  const containing = {
    ...base,
    components: { service: component, card: component, chip: component, other: component },
    assignments: Object.fromEntries(
      ['service', 'card', 'chip', 'other'].map((name) => [name, { component: name, redundancy: '2N' as const }]),
    ),
    relationships: {
      'card-in-service': { kind: 'containment' as const, container: 'service', contained: 'card' },
      'chip-in-card': { kind: 'containment' as const, container: 'card', contained: 'chip' },
    },
  }
  const cluster = new OperatedCluster(containing)
  const target = { kind: 'component', component: 'n1/service' }
  for (const operation of [
    { operation: 'restart', target },
    { operation: 'selfTest', component: 'n1/service' },
  ]) {
    const event = { type: 'operation.requested', id: '', operation }
    const [seen] = commandsSeen({ event, effects: [], context: cluster.crim } as unknown as Step)
    if (seen?.type !== 'outage.asked') throw new Error('not seen')
    const hosts = ['n1/service', 'n1/card', 'n1/chip', 'n1/other', 'n2/card']
    expect(hosts.filter(seen.covers)).toEqual(['n1/service', 'n1/card', 'n1/chip'])
  }
})
