/** How commands fail: with one sentence on stderr, a suggestion where there is one, and an exit code that says what kind. */
import { ConfigurationError } from '../configuration/load.ts'
import { ControlError } from '../manage/controlClient.ts'
import type { OperationAnswer } from '../manage/controlProtocol.ts'
import { type ExitCode, exitCodeOfControl, exitCodeOfOperation, exitCodes } from './exitCodes.ts'

export class CliFailure extends Error {
  override readonly name = 'CliFailure'
  readonly exitCode: ExitCode

  constructor(exitCode: ExitCode, text: string, suggestion: string | null = null) {
    super(suggestion === null ? text : `${text}; ${suggestion}`)
    this.exitCode = exitCode
  }
}

export function failureOfAnswer(answer: OperationAnswer & { ok: false }): CliFailure {
  return new CliFailure(exitCodeOfOperation[answer.code], answer.text, answer.suggestion ?? null)
}

export function exitCodeOf(error: unknown): number {
  if (error instanceof CliFailure) return error.exitCode
  if (error instanceof ConfigurationError) return exitCodes.configuration
  if (error instanceof ControlError)
    return error.answer ? exitCodeOfOperation[error.answer.code] : exitCodeOfControl[error.code]
  return exitCodes.failed
}

/** What is expected to go wrong gets its sentence; what isn't, its stack, for the report of the bug. */
export function textOf(error: unknown): string {
  if (error instanceof ConfigurationError) return error.message
  if (error instanceof ControlError && error.answer) return `rolecall: ${failureOfAnswer(error.answer).message}`
  if (error instanceof CliFailure || error instanceof ControlError) return `rolecall: ${error.message}`
  return `rolecall: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`
}
