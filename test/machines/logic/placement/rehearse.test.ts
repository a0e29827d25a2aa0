/** Plans carried out to their end by components that do as they are told. */
import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { plan } from '../../../../machines/logic/placement/index.ts'
import {
  componentFails,
  componentLocked,
  freshInput,
  nodeSet,
  quorumOf,
  type Rehearsal,
  rehearse,
  settle,
  shortageOf,
  withoutQuorum as stranded,
  withheld,
} from '../../../../machines/logic/placement/rehearse.ts'
import type { Configuration } from '../../../../machines/model/configuration.ts'
import { configurationOf } from '../../../scenarios/run.ts'
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
      { beforeStep: 1, atMs: 1165, text: 'n1 silent for 1165 ms: what is exclusive there has stopped by itself' },
    ])
    expect(rehearsal.unservedMs).toEqual({ service: 1165 + 5000 })
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
    const many = freshInput({
      ...base,
      types: { service: componentType() },
      components: Object.fromEntries(names.map((name) => [name, { type: 'service', nodes, instances: {} }])),
      assignments: Object.fromEntries(names.map((name) => [name, { component: name, redundancy: '2N' as const }])),
    })
    const rehearsal = rehearse(many)
    const starts = rehearsal.steps.filter(({ turn, to }) => turn === 1 && to === 'primary')
    expect(starts).toHaveLength(4)
    expect(rehearsal).toMatchObject({ isSettled: true, shortages: [], moveCount: 18 })
  })
})

describe('the quorum', () => {
  const nodes = ['n1', 'n2', 'n3'] as const
  const having = (
    silent: readonly string[],
    of: { arbiter?: boolean; fences?: readonly string[]; names?: string[] } = {},
  ) => {
    const { arbiter = false, fences = [], names = [...nodes] } = of
    const base = configuration({ nodes: names })
    const fence = {
      kind: 'command' as const,
      command: ['/bin/true'],
      options: {},
      timeoutMs: 1,
      retryCountMax: 0,
      delayMs: null,
    }
    const fenced = names.map((name) => [name, { ...base.nodes[name]!, ...(fences.includes(name) && { fence }) }])
    const third = { name: 'third', links: [{ host: '10.0.0.9', port: 7101 }] }
    return quorumOf({
      configuration: { ...base, nodes: Object.fromEntries(fenced), ...(arbiter && { arbiter: third }) },
      nodes: Object.fromEntries(names.map((name) => [name, silent.includes(name) ? 'unreachable' : 'alive'])),
    })
  }

  test('a majority of the voters; an arbiter is one of them', () => {
    expect(having([])).toMatchObject({ isQuorate: true, voterCount: 3, aliveVoterCount: 3, neededCount: 2 })
    expect(having(['n1'])).toMatchObject({ isQuorate: true, aliveVoterCount: 2 })
    expect(having(['n1', 'n2'])).toMatchObject({ isQuorate: false, aliveVoterCount: 1 })
    expect(having(['n1'], { names: ['n1', 'n2'] }).isQuorate).toBe(false)
    expect(having(['n1'], { names: ['n1', 'n2'], arbiter: true })).toMatchObject({ isQuorate: true, voterCount: 3 })
  })

  test('of two nodes, the one that can be fenced may be lost', () => {
    expect(having(['n1'], { names: ['n1', 'n2'], fences: ['n1'] })).toMatchObject({
      isQuorate: true,
      note: 'once n1 is fenced, the other goes on alone',
    })
    expect(having(['n2'], { names: ['n1', 'n2'], fences: ['n1'] }).isQuorate).toBe(false)
  })

  test('without it, primaries do what their assignment says', () => {
    const left = (of: Parameters<typeof configuration>[0], withoutQuorum?: 'stop' | 'demote' | 'freeze' | 'ignore') => {
      const base = configuration(of)
      const assignments = { service: { ...base.assignments.service!, ...(withoutQuorum && { withoutQuorum }) } }
      const input = planInput({
        configuration: { ...base, assignments },
        intended: settled,
        observed: asIntended,
        nodes: { n2: 'unreachable', n3: 'unreachable' },
      })
      const { statuses } = stranded(input)
      return [statuses['n1/service']!.role, statuses['n2/service']!.role]
    }
    const shared = { type: { exclusive: false } }
    expect(left({})).toEqual(['offline', 'secondary'])
    expect(left(shared)).toEqual(['primary', 'secondary'])
    expect(left(shared, 'stop')).toEqual(['offline', 'secondary'])
    expect(left(shared, 'demote')).toEqual(['spare', 'secondary'])
    expect(left(shared, 'freeze')).toEqual(['primary', 'secondary'])
  })
})

describe('time', () => {
  test('a dependent outlives its sponsor for as long as it tolerates', () => {
    const nodes = ['n1', 'n2']
    const base = configuration({ nodes, redundancy: 'none', type: { standby: 'cold', aware: false } })
    const chain: Configuration = {
      ...base,
      components: {
        database: { type: 'service', nodes: ['n1'], instances: {} },
        web: { type: 'service', nodes: ['n2'], instances: {} },
      },
      assignments: {
        database: { component: 'database', redundancy: 'none' },
        web: { component: 'web', redundancy: 'none' },
      },
      relationships: {
        needs: {
          kind: 'dependency',
          dependent: 'web',
          sponsor: 'database',
          instanceCountMin: 1,
          toleranceMs: 4000,
          mode: 'full',
        },
      },
    }
    const rest = settle(freshInput(chain))
    const failed = componentFails(nodeSet(rest, 'n1', 'maintenance'), 'n1/database')
    const { passages, steps } = rehearse(failed)
    expect(passages).toEqual([
      { beforeStep: 1, atMs: 4000, text: 'database is not served for 4000 ms, longer than web tolerates' },
    ])
    expect(steps.map(({ place, to }) => `${place} ${to}`)).toEqual(['n2/web quiescing', 'n2/web offline'])
  })

  test('a restart takes the time of stopping and starting, and everything is as it was', () => {
    const input = planInput({ intended: settled, observed: asIntended })
    const rehearsal = rehearse(withheld(input, 'n1/service'))
    expect(rehearsal.steps.map(({ from, to, limitMs }) => `${from} → ${to}: ${limitMs}`)).toEqual([
      'primary → quiescing: 5000',
      'quiescing → offline: 10000',
      'offline → primary: 15000',
    ])
    expect(rehearsal).toMatchObject({ moveCount: 0, limitMs: 30_000, unservedMs: { service: 25_000 } })
  })
})

test('of what is preferred, no more is missing than there are nodes for', () => {
  const shared = configuration({ redundancy: 'load-sharing', type: { exclusive: false } })
  const input = settle(freshInput(shared))
  expect(shortageOf(input, 'service')).toMatchObject({ primaries: 0, preferredPrimaries: 0 })
  const { after } = rehearse({ ...input, locked: { 'n1/service': true } })
  expect(shortageOf(after, 'service')).toMatchObject({ primaries: 0, preferredPrimaries: 1 })
})

test('a standby that gives way to a promotion in its component says so', () => {
  const { after } = rehearse(
    freshInput(
      configurationOf({
        nodes: ['n1', 'n2', 'n3'],
        types: { web: { aware: true, standby: 'hot', serves: { primaries: 1, secondaries: 3 } } },
        components: { web: { type: 'web', nodes: ['n1', 'n2', 'n3'] } },
        assignments: {
          web1: { component: 'web', redundancy: 'N+1' },
          web2: { component: 'web', redundancy: 'N+1' },
        },
      }),
    ),
  )
  const leaving = lines(rehearse(componentLocked(after, 'n1/web', true)))[0]
  expect(leaving).toBe('1 n3/web/web2 secondary → spare: it gives way to web1, which n3/web becomes primary for')
})
