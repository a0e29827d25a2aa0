import type { CliContext } from '../context.ts'
import type { ConnectionFlags } from '../flags.ts'
import { operate } from '../operate.ts'

export default function unlock(this: CliContext, flags: ConnectionFlags, component: string): Promise<void> {
  return operate(this, flags, { operation: 'unlock', target: { kind: 'component', component } })
}
