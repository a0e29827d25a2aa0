import { expect, test } from 'bun:test'
import { Allowance } from '../../src/engine/allowance.ts'

test('a burst, then so many a second; what is refused is counted until somebody asks', () => {
  const allowance = new Allowance({ burstCountMax: 3, perSecond: 2 })
  const take = (nowMs: number, count: number) => Array.from({ length: count }, () => allowance.take(nowMs))
  expect(take(0, 5)).toEqual([true, true, true, false, false])
  expect(allowance.takeRefused()).toBe(2)
  expect(allowance.takeRefused()).toBe(0)
  expect(take(499, 1)).toEqual([false])
  expect(take(500, 2)).toEqual([true, false])
  expect(take(60_000, 4)).toEqual([true, true, true, false])
})

test('a clock that stands still or goes back gives nothing', () => {
  const allowance = new Allowance({ burstCountMax: 1, perSecond: 1 })
  expect(allowance.take(5000)).toBe(true)
  expect(allowance.take(1000)).toBe(false)
  expect(allowance.take(1500)).toBe(false)
  expect(allowance.take(2600)).toBe(true)
})
