import { loadConfiguration } from '../../configuration/load.ts'
import { suggestionFor } from '../../configuration/nearest.ts'
import { realClock } from '../../engine/clock.ts'
import { checkFence } from '../../fence/check.ts'
import type { CliContext } from '../context.ts'
import { exitCodes } from '../exitCodes.ts'
import { CliFailure } from '../failure.ts'
import { configurationFileDefault } from '../flags.ts'

export interface FenceCheckFlags {
  readonly config?: string
  readonly json: boolean
}

/** Runs the agent here: each node that may be master needs it, so this is for every one of them. */
export default async function fenceCheck(this: CliContext, flags: FenceCheckFlags, node: string): Promise<void> {
  const file = flags.config ?? this.process.env.ROLECALL_CONFIG ?? configurationFileDefault
  const configuration = loadConfiguration(file, { isSecretNeeded: false })
  const names = Object.keys(configuration.nodes)
  if (!names.includes(node))
    throw new CliFailure(exitCodes.noSuch, `no node '${node}' in ${file}`, suggestionFor(node, names))
  const { fence } = configuration.nodes[node]!
  if (fence === undefined) {
    const hint = `give it one: nodes.${node}.fence (docs/fencing.md)`
    throw new CliFailure(exitCodes.failed, `${node} has no fence agent`, hint)
  }
  const { problems, text } = await checkFence({ cluster: configuration.cluster, node, fence, clock: realClock })
  if (flags.json) this.process.stdout.write(`${JSON.stringify({ node, problems, text })}\n`)
  if (problems.length > 0) throw new CliFailure(exitCodes.failed, `${node}: ${problems.join('\n')}`)
  if (!flags.json) this.process.stdout.write(`${node}: ${text}\n`)
}
