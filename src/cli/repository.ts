/** What the commands of the repository share: the way to a node, and what its refusals exit with. */
import { type Answer, type RepositoryClient, repositoryOf } from '../manage/repositoryClient.ts'
import type { RepositoryCode, RepositoryFailure } from '../manage/repositoryProtocol.ts'
import { connect, withHint } from './connect.ts'
import type { CliContext } from './context.ts'
import { type ExitCode, exitCodes } from './exitCodes.ts'
import { CliFailure } from './failure.ts'
import type { ConnectionFlags } from './flags.ts'

/** Longer than a node waits for the master, so that it is the node that says what happened. */
export const timeoutDefaultMs = 12_000

const exitCodeOf: Readonly<Record<RepositoryCode, ExitCode>> = {
  invalid: exitCodes.data,
  'too-large': exitCodes.data,
  reserved: exitCodes.failed,
  quota: exitCodes.failed,
  refused: exitCodes.configuration,
  'no-such': exitCodes.noSuch,
  conflict: exitCodes.conflict,
  compacted: exitCodes.expired,
  overloaded: exitCodes.unavailable,
  busy: exitCodes.unavailable,
  unavailable: exitCodes.unavailable,
  'no-quorum': exitCodes.noQuorum,
  'timed-out': exitCodes.timedOut,
  indeterminate: exitCodes.indeterminate,
}

export async function connectRepository(context: CliContext, flags: ConnectionFlags): Promise<RepositoryClient> {
  const timeoutMs = flags.timeout ?? timeoutDefaultMs
  const { path } = await connect(flags, { environment: context.process.env, timeoutMs })
  return repositoryOf({ path, timeoutMs })
}

/** The answer, if it is a yes. A no is on stdout too where JSON was asked for. */
export async function answered<T>(
  context: CliContext,
  flags: { json: boolean },
  asked: Promise<Answer<T>>,
): Promise<{ ok: true } & T> {
  const answer = await asked.catch((error) => {
    throw withHint(error)
  })
  if (answer.ok) return answer
  if (flags.json) printJson(context, answer)
  throw failureOf(answer)
}

export function failureOf({ code, text, suggestion, problems }: RepositoryFailure): CliFailure {
  const all =
    problems && problems.length > 1 ? `\n${problems.map(({ key, text }) => `  ${key}: ${text}`).join('\n')}` : ''
  return new CliFailure(exitCodeOf[code], `${text}${all}`, suggestion ?? null)
}

export function printJson(context: CliContext, value: unknown): void {
  context.process.stdout.write(`${JSON.stringify(value)}\n`)
}
