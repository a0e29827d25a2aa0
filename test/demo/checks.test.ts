/** What the demo and the benchmark judge by must itself be able to say no. */
import { expect, test } from 'bun:test'
import { activeSpans, overlapMs } from '../../src/demo/overlap.ts'
import { countLost } from '../../src/demo/writer.ts'

const line = (component: string, event: 'active' | 'inactive' | 'acknowledged', atUs: number) => ({
  component,
  event,
  atUs,
})

test('two that are active one after the other do not overlap', () => {
  const lines = [line('n1/a', 'active', 0), line('n1/a', 'inactive', 5000), line('n2/a', 'active', 5000)]
  expect(overlapMs(activeSpans(lines, [], 9000))).toBe(0)
})

test('two that are active at once overlap for as long as both are', () => {
  const lines = [line('n1/a', 'active', 0), line('n2/a', 'active', 2000), line('n1/a', 'inactive', 5000)]
  expect(overlapMs(activeSpans(lines, [], 9000))).toBe(3)
})

test('one that was killed was active until then, and no longer', () => {
  const lines = [line('n1/a', 'active', 0), line('n2/a', 'active', 4000)]
  expect(overlapMs(activeSpans(lines, [{ component: 'n1/a', atUs: 3000 }], 9000))).toBe(0)
  expect(overlapMs(activeSpans(lines, [{ component: 'n1/a', atUs: 6000 }], 9000))).toBe(2)
})

test('lost: not there, there under another number, or there twice', () => {
  const acknowledged = ['a', 'b', 'c', 'd'].map((id, index) => ({ id, number: index + 1, atUs: 0 }))
  const entries = [
    { id: 'a', number: 1 },
    { id: 'b', number: 3 },
    { id: 'c', number: 3 },
    { id: 'c', number: 4 },
  ]
  expect(countLost(acknowledged, entries)).toBe(3)
  expect(countLost(acknowledged.slice(0, 1), entries)).toBe(0)
})
