import type { OperationRequest } from '../manage/controlProtocol.ts'
import { connect, withHint } from './connect.ts'
import type { CliContext } from './context.ts'
import { failureOfAnswer } from './failure.ts'
import type { ConnectionFlags } from './flags.ts'

/** A little longer than a node waits for an operation to complete, so that it is the node that says what happened. */
const timeoutDefaultMs = 35_000

/** Has an operation carried out, and says how it ended. */
export async function operate(context: CliContext, flags: ConnectionFlags, request: OperationRequest): Promise<void> {
  const timeoutMs = flags.timeout ?? timeoutDefaultMs
  const client = await connect(flags, { environment: context.process.env, timeoutMs })
  const answer = await client.operate(request).catch((error) => {
    throw withHint(error)
  })
  if (flags.json) context.process.stdout.write(`${JSON.stringify(answer)}\n`)
  if (!answer.ok) throw failureOfAnswer(answer)
  if (!flags.json) context.process.stdout.write(`${answer.text}\n`)
}
