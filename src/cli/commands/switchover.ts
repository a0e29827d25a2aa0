import type { CliContext } from '../context.ts'
import type { ConnectionFlags } from '../flags.ts'
import { operate } from '../operate.ts'

export interface SwitchoverFlags extends ConnectionFlags {
  readonly to?: string
}

export default function switchover(this: CliContext, flags: SwitchoverFlags, assignment: string): Promise<void> {
  return operate(this, flags, { operation: 'switchover', assignment, to: flags.to ?? null })
}
