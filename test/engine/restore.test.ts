/** XState does not arm delayed transitions when it restores a snapshot (xstate #5331): the engine has to. */
import { describe, expect, test } from 'bun:test'
import { createActor } from 'xstate'
import type { SnapshotRecord } from '../../src/engine/record.ts'
import { lamp, lampEngine } from './lamp.ts'

/** Through JSON, as the black box keeps it. */
function keep<T>(value: T): T {
  return JSON.parse(JSON.stringify(value))
}

/** A lamp that was lit 40 ms ago and has 60 ms to go, as the head of a segment has it. */
function litLamp(): SnapshotRecord {
  const { engine, clock } = lampEngine()
  engine.start('a', 'lamp', { dimAfterMs: 100 })
  engine.send('a', { type: 'lamp.switch' })
  clock.advance(40)
  return keep(engine.snapshots()[0]!)
}

describe('a state that ends by a delay, restored', () => {
  test('stays stuck when XState restores it', () => {
    const { clock } = lampEngine()
    const ticking = { setTimeout: (fn: () => void, ms: number) => clock.setTimer(ms, fn), clearTimeout: () => {} }
    const options = { clock: ticking as never, input: { dimAfterMs: 100 } }
    const before = createActor(lamp, options).start()
    before.send({ type: 'lamp.switch' })
    const after = createActor(lamp, { ...options, snapshot: keep(before.getPersistedSnapshot()) as never }).start()
    clock.advance(100_000)
    expect(before.getSnapshot().value).toBe('dark')
    expect(after.getSnapshot().value).toBe('lit')
  })

  test('stays stuck when its timers are left out', () => {
    const { engine, clock } = lampEngine()
    engine.restore('a', { ...litLamp(), timers: [] })
    clock.advance(100_000)
    expect(engine.snapshot('a').value).toBe('lit')
  })

  test('goes on from where it was when the engine restores it, for what remained of the delay', () => {
    const { engine, clock } = lampEngine()
    engine.restore('a', litLamp())
    clock.advance(59)
    expect(engine.snapshot('a').value).toBe('lit')
    clock.advance(1)
    expect(engine.snapshot('a').value).toBe('dark')
  })

  test('its delay still dies with its state, and a delay overdue comes at once', () => {
    const { engine, clock } = lampEngine()
    engine.restore('a', litLamp())
    engine.send('a', { type: 'lamp.switch' })
    expect(clock.timerCount).toBe(0)
    const late = litLamp()
    engine.restore('b', { ...late, timers: [{ ...late.timers[0]!, remainingMs: 0 }] })
    clock.advance(0)
    expect(engine.snapshot('b').value).toBe('dark')
  })
})

test('a snapshot record is the whole of an actor', () => {
  const record = litLamp()
  const type = 'xstate.after.dim.lamp.lit'
  expect(record).toMatchObject({
    kind: 'snapshot',
    actor: 'a',
    machine: 'lamp',
    version: 2,
    state: 'lit',
    sequence: 2,
    timers: [{ id: type, event: { type }, remainingMs: 60 }],
  })
  const { engine } = lampEngine()
  engine.restore('a', record)
  const [again] = engine.snapshots()
  expect(again).toMatchObject({ hash: record.hash, snapshot: record.snapshot, timers: record.timers })
})

test('restored and not restored, an actor goes the same way', () => {
  const straight = lampEngine()
  straight.engine.start('a', 'lamp', { dimAfterMs: 100 })
  straight.engine.send('a', { type: 'lamp.switch' })
  straight.clock.advance(40)
  const restored = lampEngine()
  restored.engine.restore('a', keep(straight.engine.snapshots()[0]!))
  const hashes = [straight, restored].map(({ engine, clock, records }) => {
    const from = records.length
    engine.send('a', { type: 'lamp.breathe' })
    clock.advance(100)
    engine.send('a', { type: 'lamp.switch' })
    return records.slice(from).map(({ state, hash }) => ({ state, hash }))
  })
  expect(hashes[0]!.map(({ state }) => state)).toEqual(['lit', 'dark', 'lit'])
  expect(hashes[1]).toEqual(hashes[0]!)
})
