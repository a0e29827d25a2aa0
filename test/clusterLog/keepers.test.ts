import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { type Candidate, keepersOf } from '../../src/clusterLog/keepers.ts'

const node = (name: string, more: Partial<Candidate> = {}): Candidate => ({
  name,
  rank: Number(name.slice(1)),
  isEligible: true,
  isUp: true,
  isMaster: false,
  ...more,
})
const [n1, n2, n3, n4, w1, w2] = [
  node('n1'),
  node('n2', { isMaster: true }),
  node('n3'),
  node('n4'),
  node('w5', { isEligible: false }),
  node('w6', { isEligible: false }),
]

test('all that are eligible and up; or as many as are wanted, the master first, then by rank', () => {
  expect(keepersOf([n1, n2, n3, n4, w1], null)).toEqual(['n2', 'n1', 'n3', 'n4'])
  expect(keepersOf([n1, n2, n3, n4, w1], 3)).toEqual(['n2', 'n1', 'n3'])
  expect(keepersOf([{ ...n1, isUp: false }, n2, n3, n4, w1], 2)).toEqual(['n2', 'n3'])
})

test('never one alone while there is another', () => {
  expect(keepersOf([n2, w1, w2], null)).toEqual(['n2', 'w5'])
  expect(keepersOf([n2], null)).toEqual(['n2'])
  const candidates = fc.array(
    fc.record({
      name: fc.string({ minLength: 1 }),
      rank: fc.nat(9),
      isEligible: fc.boolean(),
      isUp: fc.boolean(),
      isMaster: fc.boolean(),
    }),
    { maxLength: 9 },
  )
  fc.assert(
    fc.property(candidates, fc.option(fc.integer({ min: 2, max: 9 })), (all, copies) => {
      const up = all.filter(({ isUp }) => isUp)
      const keepers = keepersOf(all, copies)
      expect(keepers.length).toBeGreaterThanOrEqual(Math.min(2, up.length))
      for (const keeper of keepers) expect(up.map(({ name }) => name)).toContain(keeper)
    }),
  )
})
