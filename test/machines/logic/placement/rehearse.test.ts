/** Plans carried out to their end by components that do as they are told. */
import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { type PlanInput, plan } from '../../../../machines/logic/placement/index.ts'
import { fresh, type Rehearsal, rehearse } from '../../../../machines/logic/placement/rehearse.ts'
import { componentId } from '../../../../machines/model/ids.ts'
import { componentType, configuration } from '../../../support/configuration.ts'
import { planInput, type Scenario } from '../../../support/placement.ts'

const off = 'offline stopped 0'
const settled = { n1: 'primary 5', n2: 'secondary 5', n3: 'spare 5' }
const asIntended = { n1: 'primary ready 5', n2: 'secondary ready 5', n3: 'spare ready 5' }

/** `1 n1/service offline → primary, waited for …: why` */
const lines = ({ steps }: Rehearsal): string[] =>
  steps.map(({ number, place, from, to, waitedFor, reason }) => {
    const waited = waitedFor ? ` (after ${waitedFor})` : ''
    return `${number} ${place} ${from} → ${to}${waited}: ${reason}`
  })

const of = (scenario: Scenario, turnCountMax?: number): Rehearsal =>
  rehearse(planInput(scenario), turnCountMax === undefined ? {} : { turnCountMax })

describe('2N', () => {
  test('first start', () => {
    const rehearsal = of({ observed: { n1: off, n2: off, n3: off } })
    expect(lines(rehearsal)).toMatchInlineSnapshot(`
      [
        "1 n1/service offline → primary: service has too few primaries",
        "2 n2/service offline → spare: service has too few secondaries",
        "3 n3/service offline → spare: it stands by",
        "4 n2/service spare → secondary: service has too few secondaries",
      ]
    `)
    expect(rehearsal).toMatchObject({ isSettled: true, moveCount: 2, shortages: [], waits: [] })
  })

  test('a fixpoint: nothing is to do', () => {
    const rehearsal = of({ intended: settled, observed: asIntended })
    expect(rehearsal).toMatchObject({ steps: [], limitMs: 0, moveCount: 0, isSettled: true, unservedMs: {} })
    expect(rehearsal.after).toEqual(rehearsal.before)
  })

  test('a silent node is waited for before its exclusive primary is replaced', () => {
    const rehearsal = of({ intended: settled, observed: asIntended, nodes: { n1: 'unreachable' } })
    expect(lines(rehearsal)).toMatchInlineSnapshot(`
      [
        "1 n2/service secondary → primary: instead of n1/service: n1 is isolated",
        "2 n3/service spare → secondary (after the primary): instead of n2/service, which becomes primary",
      ]
    `)
    expect(rehearsal.passages).toEqual([
      { beforeStep: 1, atMs: 1150, text: 'n1 silent for 1150 ms: what is exclusive there has stopped by itself' },
    ])
    expect(rehearsal.unservedMs).toEqual({ service: 1150 + 5000 })
  })

  test('a silent node whose primary may be doubled is replaced at once', () => {
    const type = configuration({ type: { exclusive: false } })
    const rehearsal = of({ configuration: type, intended: settled, observed: asIntended, nodes: { n1: 'unreachable' } })
    expect(rehearsal.steps[0]).toMatchObject({ place: 'n2/service', to: 'primary', turn: 1 })
    expect(rehearsal.unservedMs).toEqual({ service: 5000 })
  })

  test('a switch-over hands over first', () => {
    const rehearsal = of({ intended: settled, observed: asIntended, request: { to: 'n2' } })
    expect(lines(rehearsal)).toMatchInlineSnapshot(`
      [
        "1 n1/service primary → quiescing: n2/service is primary instead",
        "2 n2/service secondary → primary (after n1/service to stop acting): instead of n1/service, as the switch-over asks",
        "3 n1/service quiescing → spare (after n2/service to become primary): n2/service is primary instead",
        "4 n1/service spare → secondary: n2/service is primary instead",
      ]
    `)
    expect(rehearsal.after.requests).toEqual({})
  })

  test('what failed to stop is waited for, and said', () => {
    const rehearsal = of({ intended: settled, observed: { ...asIntended, n1: 'offline stopFailed 5 failed' } })
    expect(rehearsal.waits[0]).toBe('n2/service waits for n1/service to stop acting before primary')
    expect(rehearsal.isSettled).toBe(true)
    expect(rehearsal.shortages).toMatchObject([{ assignment: 'service', primaries: 1 }])
  })

  test('commands and changes under way come to their end first', () => {
    const input = planInput({ intended: settled, observed: { ...asIntended, n1: 'primary assuming 5', n2: off } })
    const token = { epoch: 1, index: 5 }
    const commanded = { 'n2/service': { role: 'secondary' as const, token, mayAct: false } }
    const rehearsal = rehearse({ ...input, commanded })
    expect(rehearsal.steps).toEqual([])
    expect(rehearsal.before.statuses['n2/service']).toMatchObject({ role: 'secondary', phase: 'ready', token })
  })
})

describe('bounds', () => {
  test('a bound that is too low is said', () => {
    expect(of({ observed: { n1: off, n2: off, n3: off } }, 1).isSettled).toBe(false)
  })

  test('from any state of sound nodes it settles, and plans nothing more', () => {
    const role = fc.constantFrom(
      off,
      off,
      'primary ready 5',
      'secondary ready 5',
      'spare ready 5',
      'offline stopped 5 failed',
    )
    const intended = fc.constantFrom('primary 5', 'secondary 5', 'spare 5')
    const node = fc.constantFrom('alive', 'alive', 'unreachable', 'ended', 'leaving', 'isolated')
    const scenario = fc.record({
      observed: fc.record({ n1: role, n2: role, n3: role }),
      intended: fc.oneof(fc.constant({}), fc.record({ n2: intended, n3: fc.constantFrom('spare 5', 'secondary 5') })),
      nodes: fc.record({ n1: node, n2: node }),
      locked: fc.subarray(['n1', 'n2', 'n3']),
    })
    fc.assert(
      fc.property(scenario, (each) => {
        const { after, isSettled } = of(each as Scenario)
        expect(isSettled).toBe(true)
        expect(rehearse(after).steps).toEqual([])
        expect(plan(after).steps.filter(({ waitsFor }) => waitsFor === null)).toEqual([])
      }),
    )
  })

  test('many assignments on few nodes are started in turns', () => {
    const names = Array.from({ length: 9 }, (_, place) => `s${place}`)
    const nodes = ['n1', 'n2']
    const base = configuration({ nodes })
    const many: PlanInput = {
      configuration: {
        ...base,
        types: { service: componentType() },
        components: Object.fromEntries(names.map((name) => [name, { type: 'service', nodes, instances: {} }])),
        assignments: Object.fromEntries(names.map((name) => [name, { component: name, redundancy: '2N' as const }])),
      },
      nodes: { n1: 'alive', n2: 'alive' },
      statuses: Object.fromEntries(
        names
          .flatMap((component) => nodes.map((node) => componentId({ node, component })))
          .map((id) => [id, fresh(id)]),
      ),
      intents: {},
      commanded: {},
      locked: {},
      barred: {},
      awaited: [],
      requests: {},
    }
    const rehearsal = rehearse(many)
    const starts = rehearsal.steps.filter(({ turn, to }) => turn === 1 && to === 'primary')
    expect(starts).toHaveLength(4)
    expect(rehearsal).toMatchObject({ isSettled: true, shortages: [], moveCount: 18 })
  })
})
