/**
 * What a component does on a node that has lost the quorum, as its assignment has it (`withoutQuorum`). Nobody commands it then.
 *
 * `stop`: one that may act ends, within `selfStopMs`. `demote`: a primary is a spare from then on; it has half of that time to become
 * one, and is killed if it does not. One that cannot be told so, or that has no process as a spare, ends as with `stop`. `freeze`: it
 * stays as it is; if it fails it is out of its role. `ignore`: if it fails it is started again in its role, three times at most.
 * An exclusive one never stays, whatever it says here.
 */
import { activeRoles, type Role } from '../model/roles.ts'
import { needsProcess } from '../model/standby.ts'
import type { ComponentContext, Decided } from './context.ts'

/** Until a command comes, or the lease. */
export const aloneRestartCountMax = 3

/** It must act no more: neither in an active role nor while it may not yet have left one. */
export function mustLeave({ exclusive, withoutQuorum, isActive }: ComponentContext, role: Role): boolean {
  const stays = !exclusive && (withoutQuorum === 'freeze' || withoutQuorum === 'ignore')
  return !stays && (isActive || activeRoles.includes(role))
}

/** Of an active one, instead of ending. One whose process only starts may act before it can be told. */
export function mayStandDown({ withoutQuorum, standsDown, standby, process }: ComponentContext): boolean {
  return withoutQuorum === 'demote' && standsDown && process === 'running' && needsProcess(standby, 'spare')
}

/** As if it had been commanded to be spare, under the token that it has. */
export function standDown({ selfStopMs }: ComponentContext): Decided {
  return { change: { level: 0, timeLimitMs: Math.floor(selfStopMs / 2), peers: [] }, effects: [] }
}

/** Nobody else restarts it. */
export function goesOnAlone(context: ComponentContext): boolean {
  const { exclusive, withoutQuorum, isLeaseLost, aloneRestartCount } = context
  return !exclusive && withoutQuorum === 'ignore' && isLeaseLost && aloneRestartCount < aloneRestartCountMax
}

export function restartAlone({ aloneRestartCount }: ComponentContext): Decided {
  return { change: { aloneRestartCount: aloneRestartCount + 1 }, effects: [] }
}
