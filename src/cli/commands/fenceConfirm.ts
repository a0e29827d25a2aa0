import type { CliContext } from '../context.ts'
import { exitCodes } from '../exitCodes.ts'
import { CliFailure } from '../failure.ts'
import { operate } from '../operate.ts'
import type { FenceFlags } from './fenceRun.ts'

export default async function fenceConfirm(this: CliContext, flags: FenceFlags, node: string): Promise<void> {
  if (!flags.yes) {
    const text = `if ${node} still runs, two primaries will act at once and data may be lost: see that it is off first`
    throw new CliFailure(exitCodes.needsForce, text, `when you have: rolecall fence confirm ${node} --yes`)
  }
  return operate(this, flags, { operation: 'fence', node, how: 'confirm' })
}
