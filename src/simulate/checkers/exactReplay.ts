/** SPEC P7, P8: what the nodes recorded during the run replays exactly: the machines are pure functions of their events. */
import { type Catalogue, replayDirectories } from '../../recorder/index.ts'
import type { Checker } from './checker.ts'

export function exactReplay(catalogue: Catalogue): Checker {
  let verifiedCount = 0
  return {
    name: 'exact-replay',
    observe(seen, report) {
      if (seen.type !== 'boxes.closed') return
      const result = replayDirectories([seen.directory], catalogue)
      verifiedCount += result.verifiedCount
      if (result.isExact) return
      const { mismatchCount, mismatches, gaps, unverifiable, damages } = result
      const text = `${mismatchCount} of ${result.eventCount} recorded steps came out otherwise; ${gaps.length} gaps`
      report(text, { mismatches, gaps, unverifiable, damages })
    },
    figures: () => ({ replayedStepCount: verifiedCount }),
  }
}
