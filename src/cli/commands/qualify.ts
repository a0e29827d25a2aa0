/**
 * `rolecall qualify`, `disqualify` (SPEC S7): `eligible` of a node in the repository's configuration, and then the wait for the
 * log's members to follow. A master that is disqualified hands over first.
 */
import type { NodeView } from '../../../machines/model/view.ts'
import { toPlain } from '../../manage/plainJson.ts'
import { repositoryOf } from '../../manage/repositoryClient.ts'
import { connect, withHint } from '../connect.ts'
import type { CliContext } from '../context.ts'
import { exitCodes } from '../exitCodes.ts'
import { CliFailure } from '../failure.ts'
import type { ConnectionFlags } from '../flags.ts'
import { answered, printJson } from '../repository.ts'

const timeoutDefaultMs = 35_000
const lookIntervalMs = 100

export function qualify(this: CliContext, flags: ConnectionFlags, node: string): Promise<void> {
  return setEligible(this, flags, { node, isEligible: true })
}

export function disqualify(this: CliContext, flags: ConnectionFlags, node: string): Promise<void> {
  return setEligible(this, flags, { node, isEligible: false })
}

async function setEligible(
  context: CliContext,
  flags: ConnectionFlags,
  { node, isEligible }: { node: string; isEligible: boolean },
): Promise<void> {
  const timeoutMs = flags.timeout ?? timeoutDefaultMs
  const endMs = performance.now() + timeoutMs
  const client = await connect(flags, { environment: context.process.env, timeoutMs })
  const repository = repositoryOf({ path: client.path, timeoutMs })
  const key = `configuration/nodes/${node}`
  const { entry } = await answered(context, flags, repository.get(key, { isStale: false }))
  const known = entry.value as Readonly<Record<string, unknown>>
  if ((known.eligible ?? true) !== isEligible) {
    const change = { key, value: toPlain({ ...known, eligible: isEligible }) }
    const conditions = [{ key, revision: entry.revision }]
    await answered(context, flags, repository.transact({ conditions, changes: [change] }))
  }
  const vote = isEligible ? 'voter' : 'learner'
  for (;;) {
    const view = await client.view().catch((error) => {
      throw withHint(error)
    })
    const found = view.nodes.find(({ name }) => name === node)
    if (found?.vote === vote && view.master !== null) break
    if (performance.now() >= endMs) throw notYet(node, vote, found)
    await Bun.sleep(lookIntervalMs)
  }
  if (flags.json) return printJson(context, { ok: true, node, vote })
  context.process.stdout.write(
    `${node} is a ${vote}${isEligible ? '' : ': it does not vote, and keeps its components'}\n`,
  )
}

function notYet(node: string, vote: NodeView['vote'], found: NodeView | undefined): CliFailure {
  const why = found?.availability === 'alive' ? '' : `, and ${node} is ${found?.availability ?? 'unknown'}`
  const text = `the configuration has changed, but ${node} is no ${vote} yet${why}`
  return new CliFailure(exitCodes.timedOut, text, 'see: rolecall members')
}
