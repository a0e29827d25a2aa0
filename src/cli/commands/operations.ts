import type { Target } from '../../../machines/model/operation.ts'
import type { CliContext } from '../context.ts'
import { operate } from '../operate.ts'
import type { MigrateFlags, OperationFlags, SwitchoverFlags } from '../operationFlags.ts'

export function switchover(this: CliContext, flags: SwitchoverFlags, assignment: string): Promise<void> {
  return operate(this, flags, { operation: 'switchover', assignment, to: flags.to ?? null, ...mannerOf(flags) })
}

export function migrate(this: CliContext, flags: MigrateFlags, assignment: string): Promise<void> {
  const { from, to } = flags
  return operate(this, flags, { operation: 'migrate', assignment, from, to, ...mannerOf(flags) })
}

export function lock(this: CliContext, flags: OperationFlags, target: Target): Promise<void> {
  return operate(this, flags, { operation: 'lock', target, ...mannerOf(flags) })
}

export function unlock(this: CliContext, flags: OperationFlags, target: Target): Promise<void> {
  return operate(this, flags, { operation: 'unlock', target, ...mannerOf(flags) })
}

export function shutdown(this: CliContext, flags: OperationFlags, target: Target): Promise<void> {
  return operate(this, flags, { operation: 'shutdown', target, ...mannerOf(flags) })
}

export function restart(this: CliContext, flags: OperationFlags, target: Target): Promise<void> {
  return operate(this, flags, { operation: 'restart', target, ...mannerOf(flags) })
}

export function selftest(this: CliContext, flags: OperationFlags, component: string): Promise<void> {
  return operate(this, flags, { operation: 'selfTest', component, ...mannerOf(flags) })
}

export function maintenanceOn(this: CliContext, flags: OperationFlags, target: Target): Promise<void> {
  return operate(this, flags, { operation: 'maintenance', target, isOn: true, ...mannerOf(flags) })
}

export function maintenanceOff(this: CliContext, flags: OperationFlags, target: Target): Promise<void> {
  return operate(this, flags, { operation: 'maintenance', target, isOn: false, ...mannerOf(flags) })
}

/** Left out where it is not asked for: a node of an older release knows nothing of it. */
function mannerOf({ force, dryRun }: OperationFlags): { isForced?: true; isDryRun?: true } {
  return { ...(force && { isForced: true }), ...(dryRun && { isDryRun: true }) }
}
