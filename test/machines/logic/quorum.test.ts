import { expect, test } from 'bun:test'
import { majorityOf, reachedByMajority, tally } from '../../../machines/logic/quorum.ts'

test('a majority is more than half', () => {
  expect([1, 2, 3, 4, 5].map(majorityOf)).toEqual([1, 2, 2, 3, 3])
})

test('a ballot is lost as soon as it cannot be won any more', () => {
  const standing = (voterCount: number, grantedCount: number, refusedCount: number) =>
    tally({ voterCount, grantedCount, refusedCount })
  expect(standing(3, 1, 1)).toBe('pending')
  expect(standing(3, 2, 1)).toBe('won')
  expect(standing(3, 1, 2)).toBe('lost')
  expect(standing(2, 1, 1)).toBe('lost')
  expect(standing(4, 2, 1)).toBe('pending')
  expect(standing(4, 2, 2)).toBe('lost')
})

test('what a majority has reached is what the slowest of the fastest majority has', () => {
  expect(reachedByMajority([7])).toBe(7)
  expect(reachedByMajority([7, 3])).toBe(3)
  expect(reachedByMajority([3, 9, 7])).toBe(7)
  expect(reachedByMajority([1, 2, 3, 4])).toBe(2)
  expect(() => reachedByMajority([])).toThrow()
})
