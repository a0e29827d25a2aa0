/** Runs one program of a fence agent: in a process group of its own, with bounded output, killed as a group at its limit. */
import { spawn } from 'node:child_process'
import type { Clock } from '../engine/clock.ts'

export interface Execution {
  /** null: it did not start, was killed, or took too long. */
  readonly exitCode: number | null
  /** Why, when it did not exit by itself. */
  readonly failure: string | null
  /** Standard output and error, as they came; the first `outputLengthMax` bytes. */
  readonly output: string
}

/** The rest of the output is read, so that the program does not block, and dropped. */
const outputLengthMax = 65_536

export interface ExecuteOptions {
  readonly command: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly input: string
  readonly timeoutMs: number
  readonly clock: Clock
  /** Aborted: killed at once. */
  readonly signal: AbortSignal
}

/** Never rejects. Resolves when the program has exited, or was killed; what it leaves in its group is killed too. */
export function execute({ command, environment, input, timeoutMs, clock, signal }: ExecuteOptions): Promise<Execution> {
  return new Promise((resolve) => {
    const [program, ...words] = command
    const chunks: Buffer[] = []
    let lengthBytes = 0
    let failure: string | null = null
    const child = spawn(program!, words, {
      detached: true,
      stdio: 'pipe',
      env: { PATH: process.env.PATH ?? '/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C', ...environment },
    })
    const killGroup = () => {
      if (child.pid === undefined) return
      try {
        process.kill(-child.pid, 'SIGKILL')
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
      }
    }
    const stop = (why: string) => {
      failure ??= why
      killGroup()
    }
    const onAbort = () => stop('abandoned')
    const cancel = clock.setTimer(timeoutMs, () => stop(`no end within ${timeoutMs} ms`))
    const finish = (exitCode: number | null) => {
      cancel()
      signal.removeEventListener('abort', onAbort)
      killGroup()
      resolve({
        exitCode: failure === null ? exitCode : null,
        failure,
        output: Buffer.concat(chunks).toString('utf8'),
      })
    }
    const collect = (chunk: Buffer) => {
      if (lengthBytes < outputLengthMax) chunks.push(chunk.subarray(0, outputLengthMax - lengthBytes))
      lengthBytes += chunk.length
    }
    child.stdout.on('data', collect)
    child.stderr.on('data', collect)
    child.on('error', (error) => {
      failure ??= error.message
      if (child.pid === undefined) finish(null)
    })
    child.on('exit', (exitCode, signalName) => {
      if (signalName !== null) failure ??= `ended by ${signalName}`
      // What was written before the exit may still be in the pipes.
      clock.setTimer(5, () => finish(exitCode))
    })
    // A program that does not read its input is no failure of ours: its exit code tells.
    child.stdin.on('error', () => {})
    child.stdin.end(input)
    signal.addEventListener('abort', onAbort)
    if (signal.aborted) onAbort()
  })
}
