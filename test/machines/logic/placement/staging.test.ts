/** No node starts more processes at a time than it may, however the cluster begins, and all are started in the end. */
import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { type PlanInput, plan, startingCountMax } from '../../../../machines/logic/placement/index.ts'
import type { Configuration } from '../../../../machines/model/configuration.ts'
import { type ComponentId, componentId, nodeOf } from '../../../../machines/model/ids.ts'
import type { ComponentStatus, Intent } from '../../../../machines/model/status.ts'
import { componentType, configuration } from '../../../support/configuration.ts'
import { RoleCluster } from '../../../support/roleCluster.ts'

const names = (count: number) => Array.from({ length: count }, (_, place) => `s${String(place).padStart(2, '0')}`)

/** So many services, each with a component on every node. */
function services(count: number, of: { standby: 'hot' | 'cold'; nodes?: string[] }): Configuration {
  const nodes = of.nodes ?? ['n1', 'n2', 'n3']
  const redundancy = nodes.length > 1 && of.standby === 'hot' ? '2N' : 'none'
  return {
    ...configuration({ nodes }),
    types: { service: componentType({ standby: of.standby, aware: of.standby === 'hot' }) },
    components: Object.fromEntries(names(count).map((name) => [name, { type: 'service', nodes, instances: {} }])),
    assignments: Object.fromEntries(names(count).map((component) => [component, { component, redundancy }] as const)),
  }
}

/** One node, every service intended to be primary there; `phases` says what each has come to. */
function input(phases: readonly ('stopped' | 'preparing' | 'ready' | 'commanded')[]): PlanInput {
  const token = { epoch: 1, index: 1 }
  const ids = names(phases.length).map((component) => componentId({ node: 'n1', component }))
  const status = (component: ComponentId, place: number): ComponentStatus => {
    const phase = phases[place]!
    const isOff = phase === 'stopped' || phase === 'commanded'
    const there = isOff ? ({ role: 'offline', phase: 'stopped' } as const) : ({ role: 'primary', phase } as const)
    return { component, ...there, incarnation: 1, token: isOff ? { epoch: 0, index: 0 } : token, ...quiet }
  }
  const quiet = { failure: null, isActive: false, endpoint: null }
  const intents = names(phases.length).map((assignment, place): [string, Intent] => [
    assignment,
    { assignment, roles: { [ids[place]!]: { role: 'primary', token } } },
  ])
  const commanded = ids.filter((_, place) => phases[place] === 'commanded')
  return {
    configuration: services(phases.length, { standby: 'cold', nodes: ['n1'] }),
    nodes: { n1: 'alive' },
    statuses: Object.fromEntries(ids.map((id, place) => [id, status(id, place)])),
    intents: Object.fromEntries(intents),
    commanded: Object.fromEntries(commanded.map((id) => [id, { role: 'primary' as const, token, mayAct: true }])),
    locked: {},
    barred: {},
    awaited: [],
    requests: {},
  }
}

const going = (of: PlanInput) => plan(of).steps.filter(({ waitsFor }) => waitsFor === null)

describe('one node', () => {
  test('four start, the others wait for their turn and say so', () => {
    const { steps } = plan(input(Array(6).fill('stopped')))
    expect(steps.map(({ component, waitsFor }) => `${component} ${waitsFor}`)).toEqual([
      'n1/s00 null',
      'n1/s01 null',
      'n1/s02 null',
      'n1/s03 null',
      'n1/s04 its turn, as n1 starts 4 already,',
      'n1/s05 its turn, as n1 starts 4 already,',
    ])
  })

  test('what is commanded or being started holds its place, what is ready has given it back', () => {
    expect(
      going(input(['preparing', 'commanded', 'ready', 'preparing', 'stopped', 'stopped'])).map((s) => s.component),
    ).toEqual(['n1/s01', 'n1/s04'])
  })

  test('never more than the limit, never fewer than could start', () => {
    const phase = fc.constantFrom('stopped', 'preparing', 'ready', 'commanded')
    fc.assert(
      fc.property(fc.array(phase, { maxLength: 20 }), (phases) => {
        const count = (...of: string[]) => phases.filter((each) => of.includes(each)).length
        const started = going(input(phases)).length - count('commanded')
        const held = count('preparing', 'commanded')
        expect(started).toBe(Math.max(0, Math.min(count('stopped'), startingCountMax - held)))
      }),
    )
  })
})

describe('the cluster in miniature', () => {
  /** Delivers in any order; watches how many processes each node starts at a time. */
  function coldStart(of: Configuration, choices: readonly number[]): number {
    const cluster = new RoleCluster(of)
    let mostAtOnce = 0
    for (let count = 0; cluster.deliver(choices[count % choices.length]! + count); count++) {
      for (const { components } of cluster.nodes.values()) {
        const starting = components.filter(({ run }) => run.snapshot.context.process === 'starting')
        mostAtOnce = Math.max(mostAtOnce, starting.length)
      }
    }
    cluster.settle()
    for (const assignment of Object.keys(of.assignments))
      expect(cluster.rolesFor(assignment).filter((role) => role.endsWith('primary.ready'))).toHaveLength(1)
    expect(cluster.crim.waits).toEqual([])
    return mostAtOnce
  }

  test.each(['hot', 'cold'] as const)('a cold start with %s standbys in any order', (standby) => {
    fc.assert(
      fc.property(fc.array(fc.nat(50), { minLength: 1, maxLength: 30 }), (choices) => {
        expect(coldStart(services(7, { standby }), choices)).toBeLessThanOrEqual(startingCountMax)
      }),
      { numRuns: 15 },
    )
  })

  test('standbys that run are promoted at once, however many', () => {
    const cluster = new RoleCluster(services(7, { standby: 'hot' }))
    cluster.settle()
    const before = cluster.log.length
    cluster.endNode('n1')
    cluster.settle()
    const log = cluster.log.slice(before)
    const commands = log.filter((line) => /crim < role.command .* primary/.test(line))
    expect(new Set(commands.map((line) => line.split(' ')[3]))).toHaveProperty('size', 7)
    expect(commands.map((line) => nodeOf(line.split(' ')[3] as ComponentId))).not.toContain('n1')
    const firstReady = log.findIndex((line) => line.includes('primary.ready'))
    expect(log.slice(0, firstReady).filter((line) => /crim < role.command .* primary/.test(line))).toHaveLength(7)
  })
})
