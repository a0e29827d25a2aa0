import { checkArbiters, openConfiguration } from '../../configuration/load.ts'
import { configureLogging } from '../../log/log.ts'
import type { CliContext } from '../context.ts'
import { type ArbiterFlags, configurationFileDefault } from '../flags.ts'
import { hasColour } from '../render/style.ts'
import { logLevelOf } from '../startNode.ts'

/** Runs the arbiter of one or several clusters, in the foreground, until it is told to leave. */
export default async function arbiter(this: CliContext, flags: ArbiterFlags): Promise<void> {
  const { env, stderr } = this.process
  const named = flags.config ?? []
  const files = named.length > 0 ? named : [env.ROLECALL_CONFIG ?? configurationFileDefault]
  const opened = files.map((file) => openConfiguration(file))
  checkArbiters(opened)
  configureLogging({
    level: logLevelOf(flags, env),
    node: null,
    stream: stderr,
    hasColour: hasColour(stderr, env),
  })
  const { runArbiter } = await import('../../arbiter/arbiter.ts')
  this.process.exitCode = await runArbiter(opened.map(({ configuration }) => configuration))
}
