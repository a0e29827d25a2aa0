import type { CliContext } from '../context.ts'
import type { NodeFlags } from '../flags.ts'
import { startNode } from '../startNode.ts'

/** Runs the guard of a node, in the foreground, until the node has left. */
export default async function node(this: CliContext, flags: NodeFlags): Promise<void> {
  const start = startNode(this, flags)
  // The guard starts the node process with its own environment.
  if (flags.logLevel !== undefined) process.env.ROLECALL_LOG_LEVEL = flags.logLevel
  const { runGuard } = await import('../../guard/guard.ts')
  this.process.exitCode = await runGuard({ ...start, isFoundingForced: flags.form })
}
