import { describe, expect, test } from 'bun:test'
import type { PlanInput } from '../../machines/logic/placement/index.ts'
import { freshInput, settle } from '../../machines/logic/placement/rehearse.ts'
import { formatTarget, parseSwitchover, parseTarget } from '../../src/plan/target.ts'
import { apply, describe as inWords, type WhatIf, WhatIfError } from '../../src/plan/whatIf.ts'
import { configurationOf } from '../scenarios/run.ts'
import { settled } from './support.ts'

const input = settled()
const on = (what: Exclude<WhatIf['what'], 'switchover'>, target: string): PlanInput =>
  apply(input, { what, target: parseTarget(target) })

describe('targets', () => {
  test.each([
    ['n1/ledger', { kind: 'component', component: 'n1/ledger' }],
    ['component:n1/ledger', { kind: 'component', component: 'n1/ledger' }],
    ['node:n1', { kind: 'node', node: 'n1' }],
    ['assignment:ledger', { kind: 'assignment', assignment: 'ledger' }],
    ['group:web', { kind: 'group', group: 'web' }],
    ['cluster', { kind: 'cluster' }],
  ])('%s', (written, target) => {
    expect(parseTarget(written)).toEqual(target as never)
    expect(parseTarget(written).kind === 'cluster' || formatTarget(parseTarget(written))).toBeTruthy()
  })

  test('what is none says what there is', () => {
    expect(() => parseTarget('shelf:a')).toThrow('expected n1/ledger, node:n1, assignment:ledger, group:web or cluster')
    expect(() => parseTarget('node:')).toThrow('expected n1/ledger')
  })
})

describe('what happens', () => {
  test('a node falls silent: what it said stays known; one that ended: nothing of it', () => {
    expect(on('fail', 'node:n1').statuses['n1/ledger']).toBeDefined()
    expect(on('end', 'node:n1').statuses['n1/ledger']).toBeUndefined()
    expect(on('end', 'node:n1').nodes.n1).toBe('ended')
  })

  test('a node that returns has nothing running', () => {
    const ended = on('end', 'node:n1')
    const back = apply(ended, { what: 'return', target: parseTarget('node:n1') })
    expect(back.statuses['n1/ledger']).toMatchObject({ role: 'offline', incarnation: 0, failure: null })
  })

  test('a component that fails has fallen out of its role; a spare that is not running has nothing to fall from', () => {
    expect(on('fail', 'n1/ledger').statuses['n1/ledger']).toMatchObject({
      role: 'offline',
      failure: { code: 'process.exited' },
    })
  })

  test('operations are kept as the CRIM keeps them', () => {
    expect(on('lock', 'n1/ledger').locked).toEqual({ 'n1/ledger': true })
    expect(apply(on('lock', 'n1/ledger'), { what: 'unlock', target: parseTarget('n1/ledger') }).locked).toEqual({})
    expect(on('lock', 'node:n1').administrative?.nodes).toEqual({ n1: 'standby' })
    expect(on('lock', 'cluster').administrative?.nodes).toEqual({ n1: 'standby', n2: 'standby', n3: 'standby' })
    expect(on('lock', 'assignment:web').administrative?.assignments).toEqual({ web: 'locked' })
    expect(on('maintain', 'n1/web').administrative?.components).toEqual({ 'n1/web': 'maintenance' })
    expect(on('maintain', 'cluster').administrative?.isMaintained).toBe(true)
    expect(on('hold', 'node:n2').administrative?.nodes).toEqual({ n2: 'held' })
    expect(on('restart', 'assignment:web').withheld).toEqual({ 'n1/web': true, 'n2/web': true })
    expect(on('restart', 'node:n3').withheld).toEqual({ 'n3/ledger': true })
  })

  test('a switch-over has its successor chosen', () => {
    expect(apply(input, parseSwitchover('ledger')).requests).toEqual({ ledger: { to: 'n2/ledger' } })
    expect(apply(input, parseSwitchover('ledger=n3')).requests).toEqual({ ledger: { to: 'n3/ledger' } })
  })

  test('in words', () => {
    expect(inWords({ what: 'fail', target: parseTarget('node:n1') })).toBe('n1 falls silent')
    expect(inWords({ what: 'lock', target: parseTarget('group:web') })).toBe('group web is locked')
    expect(inWords(parseSwitchover('ledger=n3'))).toBe('ledger is switched over to n3')
  })
})

describe('what cannot happen', () => {
  const refusal = (act: () => unknown): [string, string | null] => {
    try {
      act()
    } catch (error) {
      if (error instanceof WhatIfError)
        return [error.code, [error.message, error.suggestion].filter(Boolean).join('; ')]
    }
    throw new Error('it was not refused')
  }

  test.each([
    ['fail', 'node:n4', "no node 'n4'; did you mean 'n1'?"],
    ['lock', 'n3/web', "no component 'n3/web'; did you mean 'n2/web'?"],
    ['lock', 'assignment:ledgr', "no assignment 'ledgr'; did you mean 'ledger'?"],
    ['lock', 'group:web', "no group 'web'"],
  ] as const)('%s %s', (what, target, text) => {
    expect(refusal(() => on(what, target))).toEqual(['no-such', text])
  })

  test('things that do not happen to that', () => {
    expect(refusal(() => on('fail', 'assignment:web'))[0]).toBe('refused')
    expect(refusal(() => on('end', 'n1/ledger'))[0]).toBe('refused')
    expect(refusal(() => apply(input, parseSwitchover('ledger=n1')))).toEqual([
      'refused',
      "no sound component on n1 to switch 'ledger' over to",
    ])
    expect(refusal(() => apply(input, parseSwitchover('web=n9')))[0]).toBe('no-such')
    expect(() => parseSwitchover('ledger=')).toThrow('ASSIGNMENT=NODE')
  })

  test('a switch-over that would be undone at once, or that others would have to join', () => {
    const why = (assignments: object, more: object) => {
      const types = { server: { standby: 'cold' } }
      const component = { type: 'server', nodes: ['n1', 'n2'] }
      const components = { web: component, address: component }
      const of = configurationOf({ nodes: ['n1', 'n2', 'n3'], types, components, assignments, ...more })
      return refusal(() => apply(settle(freshInput(of)), parseSwitchover('web=n2')))
    }
    const web = { component: 'web', redundancy: 'none' }
    expect(why({ web: { ...web, failBack: true } }, {})).toEqual([
      'refused',
      'web fails back: it would return from n2/web to n1/web at once',
    ])
    const address = { component: 'address', redundancy: 'none', wishes: { n1: 'required' } }
    expect(why({ web, address }, { groups: { shop: ['address', 'web'] } })).toEqual([
      'refused',
      'web does not move alone: it stands together with others (group shop)',
    ])
  })
})
