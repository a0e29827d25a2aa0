import { suggestionFor } from '../../configuration/nearest.ts'
import { connect, withHint } from '../connect.ts'
import type { CliContext } from '../context.ts'
import { exitCodes } from '../exitCodes.ts'
import { CliFailure } from '../failure.ts'
import type { ConnectionFlags } from '../flags.ts'

const timeoutDefaultMs = 5000

/**
 * Prints where the primary of an assignment is reached, and nothing else. A node that isn't in touch with a majority may
 * know an old primary, so its answer is refused.
 */
export default async function where(this: CliContext, flags: ConnectionFlags, name: string): Promise<void> {
  const timeoutMs = flags.timeout ?? timeoutDefaultMs
  const client = await connect(flags, { environment: this.process.env, timeoutMs })
  const view = await client.view().catch((error) => {
    throw withHint(error)
  })
  const assignment = view.assignments.find((each) => each.name === name)
  if (!assignment) {
    const names = view.assignments.map((each) => each.name)
    throw new CliFailure(exitCodes.noSuch, `no assignment '${name}'`, suggestionFor(name, names))
  }
  if (!view.quorum.isQuorate)
    throw new CliFailure(exitCodes.noQuorum, `${view.node} has no quorum and may not know the primary`)
  const { primary, endpoint, reason } = assignment
  if (primary === null)
    throw new CliFailure(
      exitCodes.unavailable,
      `no primary of '${name}' is ready${reason === null ? '' : `: ${reason}`}`,
    )
  if (flags.json) this.process.stdout.write(`${JSON.stringify({ assignment: name, primary, endpoint })}\n`)
  else if (endpoint !== null) this.process.stdout.write(`${endpoint}\n`)
  else
    throw new CliFailure(
      exitCodes.unavailable,
      `${primary} is primary of '${name}' and has no endpoint`,
      'give it one under instances',
    )
}
