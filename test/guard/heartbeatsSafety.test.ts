import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { ElectingCluster } from '../support/electingCluster.ts'

const drawn = fc.record({
  seed: fc.nat(),
  nodeCount: fc.constantFrom(2, 3, 3, 5),
  lossRate: fc.constantFrom(0, 0.1, 0.3),
  delayMaxMs: fc.constantFrom(2, 50, 400),
  durationMs: fc.constant(3000),
})

test('timings that change meanwhile: nobody holds by one what somebody else waits for by another', () => {
  const counts = { mastership: 0, settled: 0, leaderLease: 0, acting: 0, isolated: 0 }
  fc.assert(
    fc.property(drawn, (options) => {
      const cluster = new ElectingCluster({ ...options, isTimingChanging: true })
      cluster.run()
      for (const key of Object.keys(cluster.counts) as (keyof typeof cluster.counts)[])
        counts[key] += cluster.counts[key]
      counts.settled += cluster.timings.settledCount
    }),
    { numRuns: 120 },
  )
  expect(counts.mastership).toBeGreaterThan(40)
  expect(counts.settled).toBeGreaterThan(40)
  expect(Math.min(counts.leaderLease, counts.acting, counts.isolated)).toBeGreaterThan(500)
}, 60_000)

test('drifting clocks, faults, freezes, restarts: never two masters under a lease, no isolated node that acts', () => {
  const counts = { mastership: 0, leaderLease: 0, acting: 0, isolated: 0 }
  fc.assert(
    fc.property(drawn, (options) => {
      const cluster = new ElectingCluster(options)
      cluster.run()
      for (const key of Object.keys(counts) as (keyof typeof counts)[]) counts[key] += cluster.counts[key]
    }),
    { numRuns: 40 },
  )
  // Not safe for being idle.
  expect(counts.mastership).toBeGreaterThan(40)
  expect(Math.min(counts.leaderLease, counts.acting, counts.isolated)).toBeGreaterThan(500)
})
