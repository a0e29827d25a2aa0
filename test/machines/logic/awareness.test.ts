import { expect, test } from 'bun:test'
import { type Awareness, awarenessScoreMax, healthy, multiplierOf, ticked } from '../../../machines/logic/awareness.ts'

function after(ticks: readonly boolean[], from: Awareness = healthy): Awareness {
  return ticks.reduce((awareness, isLate) => ticked(awareness, { isLate }), from)
}

const punctual = (count: number) => Array<boolean>(count).fill(false)
const late = (count: number) => Array<boolean>(count).fill(true)

test('each late tick stretches the deadlines, up to a bound', () => {
  expect([0, 1, 2, 3, 4, 50].map((count) => multiplierOf(after(late(count)), { isEverybodySilent: false }))).toEqual([
    1, 2, 3, 4, 4, 4,
  ])
})

test('a run of punctual ticks takes one step back, a late one in between starts the run anew', () => {
  const worst = after(late(awarenessScoreMax))
  expect(after(punctual(9), worst).score).toBe(3)
  expect(after(punctual(10), worst).score).toBe(2)
  expect(after([...punctual(9), true, ...punctual(9)], worst).score).toBe(3)
  expect(after(punctual(30), worst)).toEqual(healthy)
  expect(after(punctual(1000))).toEqual(healthy)
})

test('when everybody is silent the observer suspects itself first', () => {
  expect(multiplierOf(healthy, { isEverybodySilent: true })).toBe(2)
  expect(multiplierOf(after(late(9)), { isEverybodySilent: true })).toBe(5)
})
