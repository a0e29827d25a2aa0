import type { CliContext } from '../../src/cli/context.ts'
import { runCommandLine } from '../../src/cli/run.ts'

export interface Outcome {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly isTTY?: boolean
  readonly rows?: number
  readonly stdin?: string
  /** Called with all of stdout after each write. */
  readonly onOutput?: (stdout: string) => void
}

/** Runs a command line in this process, with streams and an environment of its own. */
export async function rolecall(words: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  const { env = {}, isTTY = false, rows = 24, stdin = '', onOutput } = options
  const written = { stdout: '', stderr: '' }
  const stream = (name: 'stdout' | 'stderr') => ({
    isTTY,
    rows,
    write(text: string) {
      written[name] += text
      if (name === 'stdout') onOutput?.(written.stdout)
    },
  })
  const input = (async function* () {
    yield stdin
  })()
  const process: CliContext['process'] = { stdin: input, stdout: stream('stdout'), stderr: stream('stderr'), env }
  const exitCode = await runCommandLine(words, process)
  return { exitCode, ...written }
}
