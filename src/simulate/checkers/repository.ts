/** SPEC D5: what clients were told by the repository is linearizable (`linearizability.ts`), judged when the run ends. */
import type { Checker } from './checker.ts'
import type { Recorded } from './history.ts'
import { judgeLinearizability, type LinearizabilityOptions } from './linearizability.ts'

export function repositoryLinearizable(options: LinearizabilityOptions = {}): Checker {
  const history: Recorded[] = []
  let undecidedCount = 0
  return {
    name: 'repository-linearizable',
    observe(seen, report) {
      if (seen.type === 'operation.ended') history.push(seen.operation)
      if (seen.type !== 'run.ended') return
      const judged = judgeLinearizability(history, options)
      if (judged.verdict === 'unknown') undecidedCount += 1
      if (judged.verdict === 'violated') report(judged.contradiction.text, { ...judged.contradiction })
    },
    figures: () => ({ operationCount: history.length, undecidedHistoryCount: undecidedCount }),
  }
}
