import type { CliContext } from '../context.ts'
import type { NodeProcessFlags } from '../flags.ts'
import { startNode } from '../startNode.ts'

/** Runs the node process. Started by the guard only, which it talks to over stdin and stdout. */
export default async function nodeProcess(this: CliContext, flags: NodeProcessFlags): Promise<void> {
  const start = startNode(this, flags)
  const { runNodeProcess } = await import('../../node/nodeProcess.ts')
  this.process.exitCode = await runNodeProcess({
    ...start,
    incarnation: flags.incarnation,
    isFoundingForced: flags.form,
  })
}
