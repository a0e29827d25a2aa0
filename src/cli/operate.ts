import type { PlanDocument } from '../../machines/logic/placement/rehearse.ts'
import type { OperationRequest } from '../manage/controlProtocol.ts'
import { planSchema } from '../plan/planSchema.ts'
import { connect, withHint } from './connect.ts'
import type { CliContext } from './context.ts'
import { exitCodes } from './exitCodes.ts'
import { failureOfAnswer } from './failure.ts'
import type { ConnectionFlags } from './flags.ts'
import { renderPlan } from './render/plan.ts'
import { createStyle, hasColour } from './render/style.ts'

/** A little longer than a node waits for an operation to complete, so that it is the node that says what happened. */
const timeoutDefaultMs = 35_000

/** Has an operation carried out, and says how it ended; of a dry run, what would be done. Then a loss of service is 113. */
export async function operate(context: CliContext, flags: ConnectionFlags, request: OperationRequest): Promise<void> {
  const timeoutMs = flags.timeout ?? timeoutDefaultMs
  const client = await connect(flags, { environment: context.process.env, timeoutMs })
  const answer = await client.operate(request).catch((error) => {
    throw withHint(error)
  })
  if (flags.json) context.process.stdout.write(`${JSON.stringify(answer)}\n`)
  if (!answer.ok) throw failureOfAnswer(answer)
  const plan = planSchema.safeParse(answer.plan).data
  if (plan?.verdict === 'lost') context.process.exitCode = exitCodes.unsatisfied
  if (flags.json) return
  const { stdout, env } = context.process
  const lines = plan ? renderPlan(plan as PlanDocument, createStyle(hasColour(stdout, env))) : []
  stdout.write([...lines, answer.text, ''].join('\n'))
}
