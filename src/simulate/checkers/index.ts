/** The checkers of a run (DESIGN §1): each watches for one invariant. The first violation is what a run is stopped for. */
import type { Configuration } from '../../../machines/model/configuration.ts'
import type { Catalogue } from '../../recorder/index.ts'
import type { Observer } from '../observation.ts'
import type { Checker, Report, Violation } from './checker.ts'
import { convergence } from './convergence.ts'
import { acknowledgedWritesDurable } from './durability.ts'
import { exactReplay } from './exactReplay.ts'
import { handOverChangesNothing } from './handOver.ts'
import { incarnationsNeverGoBack } from './incarnations.ts'
import { logMatching } from './logMatching.ts'
import { noNeedlessRestart } from './needlessRestart.ts'
import { oneLeaderLease } from './oneLease.ts'
import { oneMasterAnEpoch } from './oneMaster.ts'
import { oneExclusivePrimary } from './onePrimary.ts'
import { repositoryLinearizable } from './repository.ts'
import { roleChangesAllowed } from './roleChanges.ts'
import { hardApart, nodeCapacity } from './room.ts'
import { selfStop } from './selfStop.ts'
import { servingLimits } from './serving.ts'
import { sponsorsFirst } from './sponsorsFirst.ts'
import { tokensNeverGoBack } from './tokens.ts'

export type { Checker, Violation } from './checker.ts'

export interface CheckersOptions {
  readonly configuration: Configuration
  /** That a node is gone, or what it says, is known to the master by then. */
  readonly newsMs: number
  /** What was told to be primary is, or its node has stopped it. */
  readonly promotionMs: number
  readonly selfStopMs: number
  readonly selfStopToleranceMs: number
  readonly convergenceWithinMs: number
  readonly catalogue: Catalogue
  /** Of the search for a linear order. */
  readonly stepCountMax?: number
}

export interface Checkers extends Observer {
  /** In the order in which they were found. At most `violationCountMax` are kept. */
  violations(): readonly Violation[]
  /** Of all checkers; for the summary of a run. */
  figures(): Readonly<Record<string, number>>
}

export const violationCountMax = 100

export function createCheckers(options: CheckersOptions): Checkers {
  const {
    configuration,
    newsMs,
    promotionMs,
    selfStopMs,
    selfStopToleranceMs: toleranceMs,
    convergenceWithinMs: withinMs,
    catalogue,
    stepCountMax,
  } = options
  return watching([
    oneMasterAnEpoch(),
    oneLeaderLease(),
    logMatching(),
    acknowledgedWritesDurable(),
    oneExclusivePrimary(),
    selfStop({ selfStopMs, toleranceMs }),
    tokensNeverGoBack(),
    roleChangesAllowed(),
    noNeedlessRestart(),
    servingLimits(configuration, { promotionMs }),
    nodeCapacity(configuration),
    hardApart(configuration),
    sponsorsFirst(configuration, { newsMs }),
    incarnationsNeverGoBack(),
    convergence({ withinMs }),
    handOverChangesNothing(),
    repositoryLinearizable(stepCountMax === undefined ? {} : { stepCountMax }),
    exactReplay(catalogue),
  ])
}

/** Any set of checkers as one observer. Throws when time goes back: then the stream is wrong, not the cluster. */
export function watching(checkers: readonly Checker[]): Checkers {
  const violations: Violation[] = []
  let lastMs = Number.NEGATIVE_INFINITY
  const reportOf =
    ({ name: checker }: Checker): Report =>
    (text, details = {}) => {
      if (violations.length < violationCountMax) violations.push({ checker, atMs: lastMs, text, details })
    }
  const watched = checkers.map((checker) => ({ checker, report: reportOf(checker) }))
  return {
    observe(observation) {
      const { atMs } = observation
      if (atMs < lastMs) throw new Error(`observed at ${atMs} ms after ${lastMs} ms`)
      lastMs = atMs
      for (const { checker, report } of watched) checker.observe(observation, report)
    },
    violations: () => violations,
    figures: () => Object.assign({}, ...checkers.map((checker) => checker.figures?.() ?? {})),
  }
}
