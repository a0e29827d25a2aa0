import { describe, expect, test } from 'bun:test'
import { type AnyStateMachine, assign, createMachine, raise, sendTo, setup, spawnChild } from 'xstate'
import { Engine } from '../../src/engine/engine.ts'
import { ManualClock } from '../support/manualClock.ts'
import { lampEngine } from './lamp.ts'

const input = { dimAfterMs: 100 }

describe('step and drain', () => {
  test('a step is recorded before its effects are performed, in their order', () => {
    const { engine, history } = lampEngine()
    engine.start('a', 'lamp', input)
    engine.send('a', { type: 'lamp.switch' })
    expect(history).toEqual([
      'record a dark',
      'perform a light.set',
      'record a lit',
      'perform a light.set',
      'perform a count.report',
    ])
  })

  test('an effect that cannot be performed has been recorded', () => {
    const { engine, records } = lampEngine((effect) => {
      if (effect.isOn === true) throw new Error('no power')
    })
    engine.start('a', 'lamp', input)
    expect(() => engine.send('a', { type: 'lamp.switch' })).toThrow('no power')
    expect(records.map(({ state }) => state)).toEqual(['dark', 'lit'])
    engine.send('a', { type: 'lamp.switch' })
    expect(records.map(({ state }) => state)).toEqual(['dark', 'lit', 'dark'])
  })

  test('events sent while effects are performed wait for their end: never a step within a step', () => {
    const { engine, history } = lampEngine((effect, engine, { actor }) => {
      if (actor === 'a' && effect.isOn === true) engine.send('b', { type: 'lamp.switch' })
    })
    engine.start('a', 'lamp', input)
    engine.start('b', 'lamp', input)
    history.length = 0
    engine.send('a', { type: 'lamp.switch' })
    expect(history).toEqual([
      'record a lit',
      'perform a light.set',
      'perform a count.report',
      'record b lit',
      'perform b light.set',
      'perform b count.report',
    ])
  })

  test('so do events sent while the first effects of an actor are performed', () => {
    const { engine, history } = lampEngine((effect, engine, { actor }) => {
      if (effect.type === 'light.set' && actor === 'a') engine.send('b', { type: 'lamp.switch' })
    })
    engine.start('b', 'lamp', input)
    history.length = 0
    engine.start('a', 'lamp', { ...input, isLit: true })
    expect(history.slice(0, 4)).toEqual([
      'record a lit',
      'perform a light.set',
      'perform a count.report',
      'record b lit',
    ])
  })

  test('an event without effect is a record all the same', () => {
    const { engine, records, history } = lampEngine()
    engine.start('a', 'lamp', input)
    engine.send('a', { type: 'lamp.breathe' })
    expect(records.at(-1)).toMatchObject({ kind: 'step', state: 'dark', effects: [], timers: [], cause: null })
    expect(history.at(-1)).toBe('record a dark')
  })

  test('records are numbered without gaps, each later than the one before, and name their cause', () => {
    const { engine, records, clock } = lampEngine()
    engine.start('a', 'lamp', input)
    clock.jumpWall(-500_000)
    engine.observe({ us: 9_000_000, count: 4 })
    const cause = { node: 'n2', incarnation: 1, sequence: 77 }
    engine.send('a', { type: 'lamp.switch' }, cause)
    expect(records.map(({ sequence, time }) => ({ sequence, time }))).toEqual([
      { sequence: 1, time: { us: 1_000_000, count: 0 } },
      { sequence: 2, time: { us: 9_000_000, count: 6 } },
    ])
    expect(records[0]).toMatchObject({ kind: 'start', machine: 'lamp', version: 2, input })
    expect(records[1]).toMatchObject({ kind: 'step', event: { type: 'lamp.switch' }, cause })
  })

  test('an effect is told which step asked for it', () => {
    const causes: unknown[] = []
    const { engine } = lampEngine((_effect, _engine, origin) => causes.push(origin))
    engine.start('a', 'lamp', input)
    engine.send('a', { type: 'lamp.switch' })
    expect(causes).toEqual([
      { actor: 'a', cause: { node: 'n1', incarnation: 3, sequence: 1 } },
      { actor: 'a', cause: { node: 'n1', incarnation: 3, sequence: 2 } },
      { actor: 'a', cause: { node: 'n1', incarnation: 3, sequence: 2 } },
    ])
  })
})

describe('time', () => {
  test('a delay comes back as an event, and dies with its state', () => {
    const { engine, clock, records } = lampEngine()
    engine.start('a', 'lamp', input)
    engine.send('a', { type: 'lamp.switch' })
    clock.advance(60)
    engine.send('a', { type: 'lamp.switch' })
    expect(clock.timerCount).toBe(0)
    engine.send('a', { type: 'lamp.switch' })
    clock.advance(99)
    expect(records.at(-1)!.state).toBe('lit')
    clock.advance(1)
    expect(records.at(-1)).toMatchObject({ state: 'dark', event: { type: 'xstate.after.dim.lamp.lit' }, cause: null })
  })

  test('entering a state again starts its delay again', () => {
    const { engine, clock, records } = lampEngine()
    engine.start('a', 'lamp', input)
    engine.send('a', { type: 'lamp.switch' })
    clock.advance(60)
    engine.send('a', { type: 'lamp.breathe' })
    expect(clock.timerCount).toBe(1)
    clock.advance(60)
    expect(records.at(-1)!.state).toBe('lit')
    clock.advance(40)
    expect(records.at(-1)!.state).toBe('dark')
  })

  test('what a step does about time is in its record', () => {
    const { engine, records } = lampEngine()
    engine.start('a', 'lamp', input)
    engine.send('a', { type: 'lamp.switch' })
    const type = 'xstate.after.dim.lamp.lit'
    expect(records[1]).toMatchObject({ timers: [{ op: 'arm', id: type, delayMs: 100, event: { type } }] })
    engine.send('a', { type: 'lamp.switch' })
    expect(records[2]).toMatchObject({ timers: [{ op: 'cancel', id: type }] })
  })

  test('after stop nothing comes any more', () => {
    const { engine, clock, records } = lampEngine()
    engine.start('a', 'lamp', input)
    engine.send('a', { type: 'lamp.switch' })
    engine.stop()
    clock.advance(1000)
    expect(records).toHaveLength(2)
    expect(clock.timerCount).toBe(0)
  })
})

describe('refused', () => {
  const refusing = (machine: AnyStateMachine) =>
    new Engine({
      node: 'n1',
      incarnation: 1,
      clock: new ManualClock(),
      catalogue: { bad: { machine, version: 1 } },
      recorder: { append() {} },
      perform() {},
    })

  test('a machine that does something instead of asking for it', () => {
    let isDone = false
    const machine = setup({
      actions: {
        writeFile: () => {
          isDone = true
        },
      },
    }).createMachine({ initial: 'idle', states: { idle: { entry: 'writeFile' } } })
    expect(() => refusing(machine).start('a', 'bad', {})).toThrow("a machine asked for 'writeFile'")
    expect(isDone).toBe(false)
  })

  test('a machine that sends, or spawns, by itself', () => {
    const child = createMachine({})
    const machine = setup({ actors: { child } }).createMachine({
      initial: 'idle',
      states: {
        idle: {
          on: {
            send: { actions: sendTo(({ self }) => self, { type: 'later' }) },
            spawn: { actions: spawnChild('child') },
          },
        },
      },
    })
    const engine = refusing(machine)
    engine.start('a', 'bad', {})
    expect(() => engine.send('a', { type: 'send' })).toThrow("a machine asked for 'xstate.sendTo'")
    expect(() => engine.send('a', { type: 'spawn' })).toThrow("a machine asked for 'xstate.spawnChild'")
  })

  test('a delayed event without a name, which could not be cancelled or restored', () => {
    const machine = createMachine({
      initial: 'idle',
      states: { idle: { on: { ask: { actions: raise({ type: 'later' }, { delay: 5 }) } } } },
    })
    const engine = refusing(machine)
    engine.start('a', 'bad', {})
    expect(() => engine.send('a', { type: 'ask' })).toThrow("raised 'later' later without a name")
  })

  test('a machine whose action throws', () => {
    const machine = createMachine({
      initial: 'idle',
      states: {
        idle: {
          on: {
            ask: {
              actions: assign(() => {
                throw new Error('broken')
              }),
            },
          },
        },
      },
    })
    const engine = refusing(machine)
    engine.start('a', 'bad', {})
    expect(() => engine.send('a', { type: 'ask' })).toThrow('broken')
  })

  test('names that mean nothing', () => {
    const { engine } = lampEngine()
    engine.start('a', 'lamp', input)
    expect(() => engine.start('a', 'lamp', input)).toThrow('there already')
    expect(() => engine.start('b', 'lantern', input)).toThrow("no machine 'lantern'")
    expect(() => engine.send('b', { type: 'lamp.switch' })).toThrow("no actor 'b' to take 'lamp.switch'")
    expect(() => engine.snapshot('b')).toThrow("no actor 'b'")
  })

  test('more events than the mailbox holds', () => {
    const { engine } = lampEngine((effect, engine) => {
      if (effect.type === 'count.report') for (;;) engine.send('a', { type: 'lamp.breathe' })
    })
    engine.start('a', 'lamp', input)
    expect(() => engine.send('a', { type: 'lamp.switch' })).toThrow("mailbox full: 'lamp.breathe' to 'a'")
  })
})
