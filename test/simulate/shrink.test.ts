import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { type Schedule, shrink } from '../../src/simulate/shrink.ts'

type Numbers = Schedule<number, number>

const big: Numbers = {
  nodeCount: 7,
  minutes: 10,
  faults: Array.from({ length: 40 }, (_, number) => number),
  events: Array.from({ length: 25 }, (_, number) => number),
}
const has = (all: readonly number[], wanted: readonly number[]) => wanted.every((one) => all.includes(one))

test('what is needed to fail stays, all else goes', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.integer({ min: 0, max: 39 }), { maxLength: 4 }),
      fc.uniqueArray(fc.integer({ min: 0, max: 24 }), { maxLength: 3 }),
      fc.integer({ min: 1, max: 7 }),
      fc.integer({ min: 1, max: 100 }),
      async (faults, events, nodeCount, tenths) => {
        const fails = async (tried: Numbers) =>
          has(tried.faults, faults) &&
          has(tried.events, events) &&
          tried.nodeCount >= nodeCount &&
          tried.minutes >= tenths / 10
        const { schedule, isMinimal } = await shrink(big, { fails, runCountMax: 3000 })
        const sorted = (all: readonly number[]) => [...all].sort((a, b) => a - b)
        expect(isMinimal).toBe(true)
        expect(schedule).toEqual({ nodeCount, minutes: tenths / 10, faults: sorted(faults), events: sorted(events) })
      },
    ),
    { numRuns: 50 },
  )
})

test('the budget is kept, and what comes back fails', async () => {
  let runCount = 0
  const fails = async (tried: Numbers) => {
    runCount += 1
    return has(tried.faults, [3, 17])
  }
  const shrunk = await shrink(big, { fails, runCountMax: 12 })
  expect(runCount).toBe(12)
  expect(shrunk).toMatchObject({ runCount: 12, isMinimal: false })
  expect(await fails(shrunk.schedule)).toBe(true)
  expect(shrunk.schedule.faults.length).toBeLessThan(big.faults.length)
})

test('a failure that fails on anything ends at the smallest schedule', async () => {
  const { schedule } = await shrink(big, { fails: async () => true, runCountMax: 100, nodeCountMin: 3 })
  expect(schedule).toEqual({ nodeCount: 3, minutes: 0.1, faults: [], events: [] })
})
