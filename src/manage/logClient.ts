/** Asks a node about the cluster log through its control socket. */
import type { z } from 'zod'
import { ControlError, type ControlTarget, exchange, linesOf } from './controlClient.ts'
import { answerSchema, type OperationAnswer } from './controlProtocol.ts'
import { type LogLine, type LogPageAnswer, logLineSchema, logPageSchema, type logQuerySchema } from './logProtocol.ts'

export type LogSelection = Omit<z.output<typeof logQuerySchema>, 'after'>

export interface LogClient {
  page(selection: LogSelection): Promise<LogPageAnswer>
  /** First where it begins, then what arrives. Ends when the node closes it, and when `signal` is aborted. */
  follow(of: { selection: LogSelection; after: string; signal?: AbortSignal }): AsyncGenerator<LogLine, void>
}

export function logOf(target: ControlTarget): LogClient {
  return {
    async page(selection) {
      const { isOk, body } = await exchange(target, `/v1/log?${queryOf(selection)}`)
      if (!isOk) throw refused(body)
      return logPageSchema.parse(body)
    },
    async *follow({ selection, after, signal }) {
      const pathname = `/v1/log/stream?${queryOf({ ...selection, after })}`
      for await (const { isOk, text } of linesOf({ ...target, pathname, signal: signal ?? null })) {
        if (!isOk) throw refused(JSON.parse(text))
        yield logLineSchema.parse(JSON.parse(text))
      }
    },
  }
}

function refused(body: unknown): ControlError {
  const answer = answerSchema.parse(body) as OperationAnswer
  if (answer.ok) throw new Error('the node answered with an error that is none')
  return new ControlError('refused', answer.text, answer)
}

function queryOf(values: Readonly<Record<string, string | number | undefined>>): string {
  const given = Object.entries(values).filter(([, value]) => value !== undefined)
  return new URLSearchParams(given.map(([key, value]) => [key, String(value)])).toString()
}
