import { expect, test } from 'bun:test'
import { Tap } from '../../src/clusterLog/tap.ts'
import type { StepRecord } from '../../src/engine/record.ts'

function step(sequence: number): StepRecord {
  const event = { type: 'lamp.pressed' }
  const time = { us: sequence, count: 0 }
  return {
    kind: 'step',
    sequence,
    time,
    actor: 'lamp',
    state: `s${sequence}`,
    hash: 0,
    event,
    cause: null,
    effects: [],
    timers: [],
  }
}

test('gives on what it was given, and takes what matters; at first earlier lives are to be looked at', () => {
  const tap = new Tap({ node: 'n1', incarnation: 1 })
  const kept: number[] = []
  let waitingCount = 0
  tap.onWaiting(() => (waitingCount += 1))
  expect(waitingCount).toBe(1)
  const recorder = tap.over({
    append: (record: { sequence: number }) => void kept.push(record.sequence),
  })
  recorder.append(step(1))
  recorder.append(step(2))
  expect(kept).toEqual([1, 2])
  expect(waitingCount).toBe(2)
  const { hole, records } = tap.drain(10)
  expect(hole).toBe(0)
  expect(records.map(({ id }) => id)).toEqual(['n1:1:1', 'n1:1:2'])
  expect(tap.isEmpty).toBe(true)
  expect(tap.drain(10)).toEqual({ hole: null, records: [] })
})

test('at its bound it lets go what waits, and remembers up to where', () => {
  const tap = new Tap({ node: 'n1', incarnation: 1, queueLengthMax: 3 })
  tap.drain(1)
  for (let sequence = 1; sequence <= 8; sequence++) tap.take(step(sequence))
  expect(tap.queuedCount).toBeLessThanOrEqual(3)
  const { hole, records } = tap.drain(10)
  expect(hole).toBe(6)
  expect(records.map((record) => record.sequence)).toEqual([7, 8])
  expect([tap.takenCount, tap.overflowCount]).toEqual([8, 6])
})

test('what could not be put anywhere is a hole again', () => {
  const tap = new Tap({ node: 'n1', incarnation: 1 })
  tap.take(step(1))
  tap.take(step(2))
  tap.lose(tap.drain(1).records.at(-1)!.sequence)
  expect(tap.drain(10)).toMatchObject({ hole: 1, records: [{ sequence: 2 }] })
})
