/** One life of the node process, seen from the guard: started, spoken to in frames, and its end noticed at once. */
import { getLogger } from '@logtape/logtape'
import { without } from './launcher.ts'
import { preferProcess, spawnPlain } from './priority.ts'
import { killGroup, signalGroup } from './processGroup.ts'
import { encodeFrame, FrameReader, type GuardFrame, type NodeFrame, nodeFrame } from './protocol.ts'

const logger = getLogger(['rolecall', 'guard'])

/** More than this unread by the node process, and it hangs: it is killed. */
const backlogLengthMax = 16 * 1024 * 1024

export interface NodeProcessOptions {
  readonly command: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly onFrame: (frame: NodeFrame) => void
  /** Nothing of its process group is left. */
  readonly onExit: (exit: { exitCode: number | null; signal: string | null }) => void
}

export interface NodeProcess {
  readonly pid: number
  send(frame: GuardFrame): void
  /** Ends its input, on which it ends itself. */
  close(): void
  kill(): void
}

export function startNodeProcess({ command, environment, onFrame, onExit }: NodeProcessOptions): NodeProcess {
  let isOver = false
  let backlogLength = 0
  const child = spawnPlain(() =>
    Bun.spawn([...command], {
      env: without(environment, ['BUN_BE_BUN', 'BUN_OPTIONS']),
      // A session of its own: Ctrl-C on the terminal is the guard's to hear.
      detached: true,
      stdin: 'pipe',
      stdout: 'pipe',
      stderr: 'inherit',
      async onExit(_, exitCode, signalCode) {
        isOver = true
        await killGroup(child.pid, { timeoutMs: 1000 })
        onExit({ exitCode, signal: signalCode === null ? null : String(signalCode) })
      },
    }),
  )
  preferProcess(child.pid)
  const kill = (): void => void signalGroup(child.pid, 'SIGKILL')

  const read = async (): Promise<void> => {
    const reader = new FrameReader<NodeFrame>(nodeFrame)
    try {
      for await (const piece of child.stdout) for (const frame of reader.take(piece)) if (!isOver) onFrame(frame)
    } catch (error) {
      logger.error('the node process sent a frame that cannot be obeyed, and is killed: {error}', {
        error: String(error),
      })
      kill()
    }
  }
  void read()

  const write = async (bytes: Uint8Array): Promise<void> => {
    backlogLength += bytes.length
    try {
      child.stdin.write(bytes)
      await child.stdin.flush()
    } catch {
      // It has just ended: `onExit` says so.
    } finally {
      backlogLength -= bytes.length
    }
  }
  return {
    pid: child.pid,
    send(frame) {
      if (isOver) return
      if (backlogLength > backlogLengthMax) {
        logger.error('the node process reads nothing any more, and is killed')
        return kill()
      }
      void write(encodeFrame(frame))
    },
    close: () => void child.stdin.end(),
    kill,
  }
}
