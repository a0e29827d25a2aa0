import type { PlanInput } from '../logic/placement/index.ts'
import type { Change, CrimChange, CrimContext, CrimEffect } from './context.ts'
import { lapsedOf } from './dependencies.ts'
import { isMute } from './lives.ts'

/** What one look at the CRIM's context leads to. */
export interface Reconciled {
  readonly change: CrimChange
  readonly effects: readonly CrimEffect[]
}

export function planInputOf(context: CrimContext): PlanInput {
  const nodes = Object.fromEntries(
    Object.entries(context.nodes).map(([name, { availability }]) => [
      name,
      isMute(context, name) ? ('ended' as const) : availability,
    ]),
  )
  return { ...context, nodes, lapsed: lapsedOf(context) }
}

/**
 * Asks the repository to take changes over. One proposal at a time: nothing is commanded until it is decided, and nothing else is
 * proposed. One that got into the log is decided in time, or the mastership ends: a second, made without the first, would be
 * applied after it and bring back tokens that the first had replaced.
 */
export function propose(context: CrimContext, changes: readonly Change[]): Reconciled {
  const id = context.proposalCount + 1
  return {
    change: { reasons: context.reasons, proposal: { id, changes, isRefused: false }, proposalCount: id },
    effects: [{ type: 'repository.propose', proposal: id, changes }],
  }
}
