/** What is entered beside the steps: numbered with them, in their order of time. */
import { expect, test } from 'bun:test'
import { Engine } from '../../src/engine/engine.ts'
import type { NumberedRecord } from '../../src/engine/record.ts'
import { catalogue, TestClock } from '../recorder/support.ts'

function engine(records: NumberedRecord[]): Engine {
  return new Engine({
    node: 'n1',
    incarnation: 4,
    clock: new TestClock(),
    catalogue,
    recorder: { append: (record) => void records.push(record) },
    perform() {},
  })
}

test('a note has its number and time among the steps, and the state of the actor it concerns', () => {
  const records: NumberedRecord[] = []
  const one = engine(records)
  expect(one.lastStepOf('lamp/a')).toBeNull()
  one.start('lamp/a', 'lamp', { name: 'a', burnMs: 1000 })
  one.note({ kind: 'note', actor: 'guard', event: { type: 'seen' }, cause: null })
  one.send('lamp/a', { type: 'lamp.press' })
  const cause = one.lastStepOf('lamp/a')
  expect(cause).toEqual({ node: 'n1', incarnation: 4, sequence: 3 })
  one.note({ kind: 'application', actor: 'lamp/a', event: { type: 'warm', data: 1 }, cause })
  one.send('lamp/a', { type: 'lamp.ask' })
  expect(records.map(({ kind, sequence, state }) => [kind, sequence, state])).toEqual([
    ['start', 1, 'dark'],
    ['note', 2, ''],
    ['step', 3, 'lit'],
    ['application', 4, 'lit'],
    ['step', 5, 'lit'],
  ])
  expect(records[3]).toMatchObject({ event: { type: 'warm', data: 1 }, cause })
  const counts = records.map(({ time }) => time.count)
  expect(counts).toEqual([...counts].sort((a, b) => a - b))
})
