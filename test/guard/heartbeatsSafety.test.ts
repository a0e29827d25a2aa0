import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { ElectingCluster } from '../support/electingCluster.ts'

test('drifting clocks, faults, freezes, restarts: never two masters under a lease, no isolated node that acts', () => {
  const counts = { mastership: 0, leaderLease: 0, acting: 0, isolated: 0 }
  const options = fc.record({
    seed: fc.nat(),
    nodeCount: fc.constantFrom(2, 3, 3, 5),
    lossRate: fc.constantFrom(0, 0.1, 0.3),
    delayMaxMs: fc.constantFrom(2, 50, 400),
    durationMs: fc.constant(3000),
  })
  fc.assert(
    fc.property(options, (drawn) => {
      const cluster = new ElectingCluster(drawn)
      cluster.run()
      for (const key of Object.keys(counts) as (keyof typeof counts)[]) counts[key] += cluster.counts[key]
    }),
    { numRuns: 40 },
  )
  // Not safe for being idle.
  expect(counts.mastership).toBeGreaterThan(40)
  expect(Math.min(counts.leaderLease, counts.acting, counts.isolated)).toBeGreaterThan(500)
})
