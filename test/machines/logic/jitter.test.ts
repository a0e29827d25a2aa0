import { expect, test } from 'bun:test'
import { draw } from '../../../machines/logic/jitter.ts'

test('the same seed draws the same numbers, all of them below one, spread over the whole range', () => {
  const drawn = (seed: number) => {
    const values: number[] = []
    for (let next = draw(seed); values.length < 1000; next = draw(next.seed)) values.push(next.value)
    return values
  }
  expect(drawn(1)).toEqual(drawn(1))
  expect(drawn(1)).not.toEqual(drawn(2))
  const tenths = new Set(drawn(3).map((value) => Math.floor(value * 10)))
  expect([...tenths].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
})
