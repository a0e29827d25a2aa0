import type { CliContext } from '../context.ts'
import { exitCodes } from '../exitCodes.ts'
import { CliFailure } from '../failure.ts'
import type { ConnectionFlags } from '../flags.ts'
import { operate } from '../operate.ts'

export interface FenceFlags extends ConnectionFlags {
  readonly yes: boolean
}

export default async function fenceRun(this: CliContext, flags: FenceFlags, node: string): Promise<void> {
  if (!flags.yes) {
    const text = `this cuts ${node} off, with everything that runs on it`
    throw new CliFailure(exitCodes.needsForce, text, `to do it: rolecall fence run ${node} --yes`)
  }
  return operate(this, flags, { operation: 'fence', node, how: 'run' })
}
