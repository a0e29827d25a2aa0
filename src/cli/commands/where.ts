import { suggestionFor } from '../../configuration/nearest.ts'
import { connect, withHint } from '../connect.ts'
import type { CliContext } from '../context.ts'
import { exitCodes } from '../exitCodes.ts'
import { CliFailure } from '../failure.ts'
import type { ConnectionFlags } from '../flags.ts'

const timeoutDefaultMs = 5000

/**
 * Prints where the primary of an assignment is reached, and nothing else; of one that several share, where each of them is. A node that
 * isn't in touch with a majority may know an old primary, so its answer is refused.
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
  const endpointOf = (id: string) => view.components.find(({ component }) => component === id)?.endpoint ?? null
  const all = assignment.primaries?.map((component) => ({ component, endpoint: endpointOf(component) })) ?? [
    { component: primary, endpoint },
  ]
  const reached = all.flatMap((each) => (each.endpoint === null ? [] : [each.endpoint]))
  const said = { assignment: name, primary, endpoint, ...(assignment.primaries && { primaries: all }) }
  if (flags.json) this.process.stdout.write(`${JSON.stringify(said)}\n`)
  else if (reached.length > 0) this.process.stdout.write(`${reached.join('\n')}\n`)
  else
    throw new CliFailure(
      exitCodes.unavailable,
      `${primary} is primary of '${name}' and has no endpoint`,
      'give it one under instances',
    )
}
