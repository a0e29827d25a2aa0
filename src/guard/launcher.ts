/** Starts processes so that they end with the guard: a session of their own, and SIGKILL from the kernel when it dies. */
import { statSync } from 'node:fs'
import { getLogger } from '@logtape/logtape'
import type { Subprocess } from 'bun'
import { restorePriority } from './priority.ts'

const logger = getLogger(['rolecall', 'guard'])

export interface LaunchOrder {
  readonly command: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly workingDirectory: string | null
  readonly onExit: (exit: { exitCode: number | null; signal: string | null }) => void
}

export type Launched =
  | { readonly isStarted: true; readonly process: Subprocess<'ignore', 'pipe', 'pipe'> }
  | { readonly isStarted: false; readonly code: string; readonly detail: string }

/** Would turn our own binary, where a program runs it, into the bun command. */
const clearedNames = ['BUN_BE_BUN', 'BUN_OPTIONS']

/**
 * `setpriv` (util-linux), which sets the parent-death signal and then becomes the program: the process id stays. Without
 * it a warning is logged once, and only the warden and the next start's sweep see to what a killed guard leaves.
 */
export class Launcher {
  readonly #prefix: readonly string[]

  constructor(setpriv: string | null = Bun.which('setpriv')) {
    this.#prefix = setpriv ? [setpriv, '--pdeathsig', 'KILL', '--'] : []
    if (!setpriv)
      logger.warn(
        'no setpriv (util-linux) on this machine: if the guard is killed, the kernel does not end its components',
      )
  }

  launch({ command, environment, workingDirectory, onExit }: LaunchOrder): Launched {
    const cwd = workingDirectory ?? process.cwd()
    if (!isDirectory(cwd)) return { isStarted: false, code: 'workingDirectory.notFound', detail: `no directory ${cwd}` }
    const [name, ...parameters] = command
    const program = Bun.which(name!, { cwd, PATH: environment.PATH ?? '' })
    if (!program) return { isStarted: false, code: 'command.notFound', detail: `no program ${name} that may be run` }
    try {
      const child = Bun.spawn([...this.#prefix, program, ...parameters], {
        cwd,
        env: without(environment, clearedNames),
        detached: true,
        stdin: 'ignore',
        stdout: 'pipe',
        stderr: 'pipe',
        onExit: (_, exitCode, signalCode) => onExit({ exitCode, signal: signalName(signalCode) }),
      })
      restorePriority(child.pid)
      return { isStarted: true, process: child }
    } catch (error) {
      return { isStarted: false, code: 'spawn.failed', detail: String(error) }
    }
  }
}

export function without(
  environment: Readonly<Record<string, string | undefined>>,
  names: readonly string[],
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && !names.includes(entry[0]),
    ),
  )
}

function signalName(signal: string | number | null): string | null {
  return signal === null ? null : String(signal)
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}
