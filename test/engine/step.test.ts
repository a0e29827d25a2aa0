import { describe, expect, test } from 'bun:test'
import { createMachine, raise } from 'xstate'
import { hashOf, initialStep, persist, restore, stateName, step } from '../../src/engine/step.ts'
import { lamp } from './lamp.ts'

const input = { dimAfterMs: 100 }

describe('one step', () => {
  test('gives the snapshot, the effects in order and what to do about time, all of it data', () => {
    const { snapshot } = initialStep(lamp, input)
    const { snapshot: lit, ...asked } = step(lamp, snapshot, { type: 'lamp.switch' })
    const type = 'xstate.after.dim.lamp.lit'
    expect(lit.value).toBe('lit')
    expect(asked).toEqual({
      effects: [
        { type: 'light.set', isOn: true },
        { type: 'count.report', count: 1 },
      ],
      timers: [{ op: 'arm', id: type, delayMs: 100, event: { type } }],
    })
    expect(JSON.parse(JSON.stringify(asked))).toEqual(asked)
  })

  test('leaves the snapshot it came from as it was, so it can be taken again', () => {
    const { snapshot } = initialStep(lamp, input)
    const before = hashOf(snapshot)
    const results = [1, 2].map(() => step(lamp, snapshot, { type: 'lamp.switch' }))
    expect(hashOf(snapshot)).toBe(before)
    expect(hashOf(results[0]!.snapshot)).toBe(hashOf(results[1]!.snapshot))
    expect(results[0]!.effects).toEqual(results[1]!.effects)
  })

  test('keeps the results of one step apart from the next', () => {
    const first = initialStep(lamp, input)
    const second = step(lamp, first.snapshot, { type: 'lamp.switch' })
    step(lamp, second.snapshot, { type: 'lamp.switch' })
    expect(first.effects).toHaveLength(1)
    expect(second.effects).toHaveLength(2)
  })

  test('takes what is raised without a delay within the same step, once', () => {
    const machine = createMachine({
      initial: 'idle',
      states: {
        idle: { on: { ask: { actions: raise({ type: 'further' }) }, further: 'there' } },
        there: {},
      },
    })
    const result = step(machine, initialStep(machine, {}).snapshot, { type: 'ask' })
    expect(result.snapshot.value).toBe('there')
    expect(result.timers).toEqual([])
  })

  test('an unknown event changes nothing', () => {
    const { snapshot } = initialStep(lamp, input)
    const result = step(lamp, snapshot, { type: 'lamp.paint' })
    expect(hashOf(result.snapshot)).toBe(hashOf(snapshot))
    expect(result).toMatchObject({ effects: [], timers: [] })
  })
})

test('a snapshot put away and restored has the same hash; another context has not', () => {
  const { snapshot } = initialStep(lamp, input)
  const kept = JSON.parse(JSON.stringify(persist(snapshot)))
  expect(hashOf(restore(lamp, kept))).toBe(hashOf(snapshot))
  expect(hashOf(initialStep(lamp, { dimAfterMs: 101 }).snapshot)).not.toBe(hashOf(snapshot))
})

test('states are named by their path', () => {
  expect(stateName('dark')).toBe('dark')
  expect(stateName({ primary: 'ready' })).toBe('primary.ready')
  expect(stateName({ a: { b: 'c' }, d: {} })).toBe('a.b.c|d')
})
