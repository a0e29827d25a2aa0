/**
 * An error that nobody expected ends the program: what it left half done must not go on acting, and whoever started it knows what to do.
 * By itself Bun prints such an error and goes on, for as long as `main` awaits the command.
 *
 * What serves outlives a promise that nobody awaited: machines and replica do their work in one turn, never in a promise.
 */
import { logger } from '../log/log.ts'
import { exitCodes } from './exitCodes.ts'

export function endOnCrash({ isServing }: { readonly isServing: boolean }): void {
  const log = logger('main')
  const end = (error: unknown): void => {
    const text = textOf(error)
    if (isServing) log.fatal('an error in rolecall itself: {text}', { text })
    else process.stderr.write(`rolecall: an error in rolecall itself: ${text}\n`)
    process.exit(exitCodes.crashed)
  }
  const outlive = (error: unknown): void => log.error('an error in rolecall itself: {text}', { text: textOf(error) })
  process.on('uncaughtException', end)
  process.on('unhandledRejection', isServing ? outlive : end)
}

function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? String(error)) : String(error)
}
