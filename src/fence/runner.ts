/**
 * Has nodes fenced by their agents: at most one attempt a node at a time, never this node. A request while an attempt runs
 * ends that one first: its answer would be about a moment that is past.
 */
import type { Configuration } from '../../machines/model/configuration.ts'
import type { NodeName } from '../../machines/model/ids.ts'
import type { Clock } from '../engine/clock.ts'
import { logger } from '../log/log.ts'
import { type FenceOutcome, fenceOff } from './agent.ts'

export interface FenceReport extends FenceOutcome {
  readonly node: NodeName
  readonly attempt: number
}

export interface FenceRunner {
  /** Reports later, once, unless it is abandoned. */
  request(of: { node: NodeName; attempt: number }): void
  /** Ends an attempt that is no longer wanted; nothing is reported. */
  abandon(node: NodeName): void
}

interface Attempt {
  readonly controller: AbortController
  readonly done: Promise<void>
}

const log = logger('fence')

export function createFenceRunner(of: {
  configuration: Configuration
  self: NodeName
  clock: Clock
  onReport: (report: FenceReport) => void
}): FenceRunner {
  const { configuration, self, clock, onReport } = of
  const attempts = new Map<NodeName, Attempt>()

  async function attemptOnce(node: NodeName, attempt: number, signal: AbortSignal): Promise<void> {
    const report = (outcome: FenceOutcome) => {
      if (signal.aborted) return
      if (outcome.isConfirmed) log.warn('{node} is fenced: its agent says that it is off', { node })
      else log.error('{node} could not be fenced: {detail}', { node, detail: outcome.detail })
      onReport({ node, attempt, ...outcome })
    }
    const fence = configuration.nodes[node]?.fence
    if (node === self || fence === undefined) {
      return report({ isConfirmed: false, detail: node === self ? 'a node does not fence itself' : 'it has no agent' })
    }
    if (signal.aborted) return
    log.warn('{node} is being fenced (attempt {attempt})', { node, attempt })
    const onOutput = (line: string) => log.info('{node}: {line}', { node, line })
    report(await fenceOff({ cluster: configuration.cluster, node, fence, clock, signal, onOutput }))
  }

  function abandon(node: NodeName): void {
    attempts.get(node)?.controller.abort()
  }

  return {
    request({ node, attempt }) {
      const before = attempts.get(node)
      abandon(node)
      const controller = new AbortController()
      const done = (before?.done ?? Promise.resolve()).then(() => attemptOnce(node, attempt, controller.signal))
      const entry = { controller, done }
      attempts.set(node, entry)
      void done.finally(() => {
        if (attempts.get(node) === entry) attempts.delete(node)
      })
    },
    abandon,
  }
}
