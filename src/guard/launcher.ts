/** Starts processes so that they end with the guard: a session of their own, and SIGKILL from the kernel when it dies. */
import { statSync } from 'node:fs'
import { getLogger } from '@logtape/logtape'
import { logLines } from './output.ts'
import { restorePriority, spawnPlain } from './priority.ts'
import { killGroup, signalGroup } from './processGroup.ts'

const logger = getLogger(['rolecall', 'guard'])

export interface LaunchOrder {
  /** Under which name its output is logged. */
  readonly source: { readonly component: string; readonly task: string | null }
  readonly command: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly workingDirectory: string | null
  readonly onExit: (exit: { exitCode: number | null; signal: string | null }) => void
}

export type Launched =
  | { readonly isStarted: true; readonly pid: number }
  | { readonly isStarted: false; readonly code: string; readonly detail: string }

/** Starts process groups and ends them: a port, since simulated nodes have simulated processes. */
export interface Launcher {
  /** `onExit` is called once, after this has returned; the process has ended, of its group something may be left. */
  launch(order: LaunchOrder): Launched
  /** False: nothing is left of the group. */
  signalGroup(groupId: number, signal: NodeJS.Signals): boolean
  /** Resolves to true when nothing of the group is left, to false when that takes longer. */
  killGroup(groupId: number, limit: { timeoutMs: number }): Promise<boolean>
}

/** Would turn our own binary, where a program runs it, into the bun command. */
const clearedNames = ['BUN_BE_BUN', 'BUN_OPTIONS']

/**
 * `setpriv` (util-linux), which sets the parent-death signal and then becomes the program: the process id stays. Without
 * it a warning is logged once, and only the warden and the next start's sweep see to what a killed guard leaves.
 */
export class ProcessLauncher implements Launcher {
  readonly signalGroup = signalGroup
  readonly killGroup = killGroup
  readonly #prefix: readonly string[]

  constructor(setpriv: string | null = Bun.which('setpriv')) {
    this.#prefix = setpriv ? [setpriv, '--pdeathsig', 'KILL', '--'] : []
    if (!setpriv)
      logger.warn(
        'no setpriv (util-linux) on this machine: if the guard is killed, the kernel does not end its components',
      )
  }

  launch({ source, command, environment, workingDirectory, onExit }: LaunchOrder): Launched {
    const cwd = workingDirectory ?? process.cwd()
    if (!isDirectory(cwd)) return { isStarted: false, code: 'workingDirectory.notFound', detail: `no directory ${cwd}` }
    const [name, ...parameters] = command
    const program = Bun.which(name!, { cwd, PATH: environment.PATH ?? '' })
    if (!program) return { isStarted: false, code: 'command.notFound', detail: `no program ${name} that may be run` }
    try {
      const child = spawnPlain(() =>
        Bun.spawn([...this.#prefix, program, ...parameters], {
          cwd,
          env: without(environment, clearedNames),
          detached: true,
          stdin: 'ignore',
          stdout: 'pipe',
          stderr: 'pipe',
          onExit: (_, exitCode, signalCode) => onExit({ exitCode, signal: signalName(signalCode) }),
        }),
      )
      restorePriority(child.pid)
      void logLines(child.stdout, { ...source, stream: 'stdout' })
      void logLines(child.stderr, { ...source, stream: 'stderr' })
      return { isStarted: true, pid: child.pid }
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
