/**
 * An error that nobody expected ends the program: what it left half done must not go on acting, and whoever started it knows what to do.
 * By itself Bun prints such an error and goes on, for as long as `main` awaits the command.
 *
 * What serves outlives a promise that nobody awaited: machines and replica do their work in one turn, never in a promise.
 */
import { describe } from '../log/format.ts'
import { logger } from '../log/log.ts'
import { exitCodes } from './exitCodes.ts'

/** `isLogged`: what goes to stderr is a log. */
export function endOnCrash({ isServing, isLogged }: { readonly isServing: boolean; readonly isLogged: boolean }): void {
  const log = logger('main')
  const say = (error: unknown, level: 'fatal' | 'error'): void => {
    const text = describe(error)
    if (isLogged) log[level]('an error in rolecall itself: {text}', { text })
    else process.stderr.write(`rolecall: an error in rolecall itself: ${text}\n`)
  }
  const end = (error: unknown): void => {
    say(error, 'fatal')
    process.exit(exitCodes.crashed)
  }
  process.on('uncaughtException', end)
  process.on('unhandledRejection', isServing ? (error) => say(error, 'error') : end)
}
