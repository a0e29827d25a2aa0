import { expect, test } from 'bun:test'
import type { AnyStateMachine } from 'xstate'
import { and, not, or, setup } from 'xstate'
import { guardTextOf } from '../../src/charts/actionText.ts'
import { deriveChart } from '../../src/charts/derive.ts'
import { charts, machines } from './support.ts'

interface Config {
  readonly states?: Readonly<Record<string, Config>>
  readonly on?: Readonly<Record<string, unknown>>
  readonly after?: Readonly<Record<string, unknown>>
  readonly always?: unknown
}

/** How many transitions a machine has, counted in its source: what the chart is derived from is not used. */
function transitionCount({ states = {}, on = {}, after = {}, always = [] }: Config): number {
  const several = [...Object.values(on), ...Object.values(after), always]
  const own = several.reduce<number>((sum, each) => sum + (Array.isArray(each) ? each.length : 1), 0)
  return Object.values(states).reduce((sum, state) => sum + transitionCount(state), own)
}

function statePaths({ states = {} }: Config, parent = ''): string[] {
  return Object.entries(states).flatMap(([name, state]) => [
    `${parent}${name}`,
    ...statePaths(state, `${parent}${name}.`),
  ])
}

test.each(machines)('$name: every state and every transition is in the chart', ({ name, machine }) => {
  const config = (machine as AnyStateMachine).config as Config
  const chart = charts.find((each) => each.name === name)!
  expect(chart.states.map(({ path }) => path)).toEqual(statePaths(config))
  expect(chart.transitions).toHaveLength(transitionCount(config))
  expect(new Set(chart.transitions.map(({ id }) => id)).size).toBe(chart.transitions.length)
})

test.each(charts.map((chart) => [chart.name, chart] as const))('%s: all is named, nothing is anonymous', (_, chart) => {
  const actions = [
    ...chart.transitions.flatMap((each) => each.actions),
    ...chart.states.flatMap((each) => [...each.entry, ...each.exit]),
  ]
  for (const text of actions) expect(text).toMatch(/^[a-z]\w*(\(.+\))?$/)
  for (const { guard } of chart.transitions) if (guard !== null) expect(guard).not.toMatch(/undefined|object|Guard/)
  const paths = chart.states.map(({ path }) => path)
  for (const { source, target } of chart.transitions) {
    expect(['', ...paths]).toContain(source)
    if (target !== null) expect(paths).toContain(target)
  }
})

test('what a transition says, in the order in which they are tried', () => {
  const component = charts.find(({ name }) => name === 'component')!
  const failed = component.transitions.filter(
    ({ source, event }) => source === 'primary.assuming' && event === 'role.failed',
  )
  expect(failed).toEqual([
    {
      id: 'primary.assuming/role.failed/1',
      source: 'primary.assuming',
      target: 'primary.preparing',
      kind: 'event',
      event: 'role.failed',
      guard: 'isAnswer(primary) and goesOnAlone',
      actions: ['restartAlone', 'kill'],
      isReentering: true,
    },
    {
      id: 'primary.assuming/role.failed/2',
      source: 'primary.assuming',
      target: 'offline',
      kind: 'event',
      event: 'role.failed',
      guard: 'isAnswer(primary)',
      actions: ['noteFailed', 'kill'],
      isReentering: false,
    },
  ])
  expect(component.transitions.find(({ kind }) => kind === 'after')).toMatchObject({
    event: 'stopLimit',
    source: 'offline.stopping',
  })
  expect(component.states.find(({ path }) => path === 'primary')).toMatchObject({
    initial: 'primary.preparing',
    type: 'compound',
    parent: '',
  })
})

test('guards that are put together are spelled', () => {
  expect(guardTextOf(and(['a', not('b')]))).toBe('a and not b')
  expect(guardTextOf(not(or(['a', 'b'])))).toBe('not (a or b)')
  expect(guardTextOf(and(['a', and(['b', 'c'])]))).toBe('a and b and c')
  expect(guardTextOf(and([or(['a', 'b']), { type: 'isFor', params: 'primary' }]))).toBe('(a or b) and isFor(primary)')
})

test('parallel regions are states within a state', () => {
  const machine = setup({}).createMachine({
    type: 'parallel',
    states: { a: { initial: 'x', states: { x: {} } }, b: {} },
  })
  const chart = deriveChart({ name: 'both', machine, version: 1 })
  expect(chart.states.map(({ path, type, initial }) => [path, type, initial])).toEqual([
    ['a', 'compound', 'a.x'],
    ['a.x', 'atomic', null],
    ['b', 'atomic', null],
  ])
})
