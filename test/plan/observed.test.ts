/** What was observed, as a file: there and back, what may be left out, and what is said of what is wrong. */
import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { stringify } from 'yaml'
import type { PlanInput } from '../../machines/logic/placement/index.ts'
import { forecast } from '../../machines/logic/placement/rehearse.ts'
import { ConfigurationError } from '../../src/configuration/problem.ts'
import { readObserved } from '../../src/plan/checkObserved.ts'
import { inputOf, observedOf } from '../../src/plan/observed.ts'
import { observedSchema } from '../../src/plan/observedSchema.ts'
import { applyAll, type WhatIf } from '../../src/plan/whatIf.ts'
import { settled } from './support.ts'

const beginning = settled()
const { configuration } = beginning
const read = (text: string): PlanInput => readObserved({ file: 'observed.yaml', text, configuration })

function refused(text: string): string {
  try {
    read(text)
  } catch (error) {
    if (error instanceof ConfigurationError) return error.message
    throw error
  }
  throw new Error('it was taken')
}

const events: WhatIf[] = [
  { what: 'fail', target: { kind: 'node', node: 'n1' } },
  { what: 'end', target: { kind: 'node', node: 'n3' } },
  { what: 'fail', target: { kind: 'component', component: 'n2/web' } },
  { what: 'lock', target: { kind: 'component', component: 'n1/ledger' } },
  { what: 'lock', target: { kind: 'assignment', assignment: 'web' } },
  { what: 'standby', target: { kind: 'node', node: 'n2' } },
  { what: 'maintain', target: { kind: 'cluster' } },
  { what: 'restart', target: { kind: 'component', component: 'n2/ledger' } },
  { what: 'switchover', assignment: 'ledger', to: null },
]

describe('there and back', () => {
  test('whatever has happened, the file brings back the same plan', () => {
    fc.assert(
      fc.property(fc.subarray(events.slice(0, -1)), (some) => {
        const input = applyAll(beginning, some)
        const again = read(stringify(observedOf({ ...input, awaited: ['n3'] })))
        expect(again).toEqual({
          lapsed: {},
          withheld: {},
          administrative: again.administrative!,
          ...input,
          awaited: ['n3'],
        })
        const of = (each: PlanInput) => forecast({ before: each, after: each, events: [] })
        expect(of(inputOf(observedSchema.parse(observedOf(input)), configuration))).toEqual(of(input))
      }),
      { numRuns: 30 },
    )
  })

  test('a switch-over that was asked for is among it', () => {
    const input = applyAll(beginning, events.slice(-1))
    expect(read(stringify(observedOf(input))).requests).toEqual({ ledger: { to: 'n2/ledger' } })
  })
})

describe('what may be left out', () => {
  test('everything but the version: all nodes are there, nothing was started', () => {
    const { nodes, statuses, intents } = read('version: 1')
    expect(nodes).toEqual({ n1: 'alive', n2: 'alive', n3: 'alive' })
    expect(Object.values(statuses).map(({ component, role }) => `${component} ${role}`)).toEqual([
      'n1/ledger offline',
      'n1/web offline',
      'n2/ledger offline',
      'n2/web offline',
      'n3/ledger offline',
    ])
    expect(intents).toEqual({})
  })

  test('intents: a place was meant to be what it is, unless it says otherwise', () => {
    const { intents, statuses } = read(`version: 1
places:
  n1/ledger: { role: primary }
  n2/ledger: { intended: secondary, failure: { code: process.exited } }
`)
    const token = { epoch: 1, index: 1 }
    expect(intents).toEqual({
      ledger: {
        assignment: 'ledger',
        roles: { 'n1/ledger': { role: 'primary', token }, 'n2/ledger': { role: 'secondary', token } },
      },
    })
    expect(statuses['n1/ledger']).toMatchObject({ phase: 'ready', isActive: true, incarnation: 1 })
    expect(statuses['n2/ledger']).toMatchObject({ role: 'offline', phase: 'stopped', failure: { detail: '' } })
  })

  test('of nodes that are not up, or have not answered, nothing is known', () => {
    const { statuses } = read('{ version: 1, nodes: { n1: ended }, awaited: [n2] }')
    expect(Object.keys(statuses)).toEqual(['n3/ledger'])
  })
})

describe('what is wrong is said with its place and what was meant', () => {
  test.each([
    ['version: 2', 'observed.yaml:1:10: version: expected one of 1, found the number 2'],
    ['{ version: 1, place: {} }', "place: unknown key 'place'; did you mean 'places'?"],
    ['{ version: 1, nodes: { n1: dead } }', 'nodes.n1: expected one of unknown, alive, suspect'],
    ['{ version: 1, nodes: { n4: ended } }', "nodes.n4: no node 'n4'; did you mean 'n1'?"],
    ['{ version: 1, places: { n1/ledgr: {} } }', "no component 'n1/ledgr'; did you mean 'n1/ledger'?"],
    ['{ version: 1, places: { n1/ledger: { rol: primary } } }', "unknown key 'rol'; did you mean 'role'?"],
    ['{ version: 1, places: { n1/ledger: { token: 1 } } }', "expected a token such as '1.5'"],
    ['{ version: 1, locked: [n3/web] }', "locked[0]: no component 'n3/web'; did you mean 'n2/web'?"],
    ['{ version: 1, requests: { ledgr: { to: null } } }', "no assignment 'ledgr'; did you mean 'ledger'?"],
    ['{ version: 1', 'observed.yaml:1'],
  ])('%s', (text, expected) => {
    expect(refused(text)).toContain(expected)
  })
})
