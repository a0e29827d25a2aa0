/**
 * Commands that run on a component's behalf, hooks and exec probes, as process groups of the guard: so they end with it,
 * and with the component's node process, like the component itself.
 */
import type { ComponentId, Incarnation } from '../../../machines/model/ids.ts'
import type { Clock } from '../../engine/clock.ts'
import type { GuardClient, GuardHandlers } from '../../guard/client.ts'
import type { Reason } from '../agent.ts'

export interface Task {
  readonly component: ComponentId
  /** At most one of a name at a time. */
  readonly task: string
  readonly incarnation: Incarnation
  readonly command: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly workingDirectory: string | null
  readonly isExclusive: boolean
  readonly timeLimitMs: number
}

export interface TaskCallbacks {
  /** null: it exited with 0. Nothing of its process group is left. */
  readonly onEnd: (failure: TaskFailure | null) => void
  /** It resists SIGKILL; `onEnd` follows if it ends after all. */
  readonly onStopFailed?: (detail: string) => void
}

export interface TaskFailure extends Reason {
  /** `exited`: with another code than 0, or killed; `timedOut`: killed at its limit; else why it was not started. */
  readonly code: 'exited' | 'timedOut' | (string & {})
}

interface Running extends TaskCallbacks {
  isTimedOut: boolean
  readonly timeLimitMs: number
  readonly cancel: () => void
}

type Handled = Parameters<GuardHandlers['onExited']>[0]
type Group = Pick<Handled, 'component' | 'task' | 'incarnation'>

export class Tasks {
  readonly #guard: GuardClient
  readonly #clock: Clock
  readonly #running = new Map<string, Running>()

  constructor({ guard, clock }: { guard: GuardClient; clock: Clock }) {
    this.#guard = guard
    this.#clock = clock
  }

  /** Returns what kills it; `onEnd` is called all the same. */
  run({ timeLimitMs, ...task }: Task, callbacks: TaskCallbacks): () => void {
    const { component, task: name, incarnation } = task
    const key = keyOf({ component, task: name, incarnation })
    const kill = (): void => {
      if (this.#running.has(key))
        this.#guard.stop({ component, task: name, incarnation, signal: 'SIGKILL', timeoutMs: 0 })
    }
    const cancel = this.#clock.setTimer(timeLimitMs, () => {
      running.isTimedOut = true
      kill()
    })
    const running: Running = { ...callbacks, timeLimitMs, isTimedOut: false, cancel }
    this.#running.set(key, running)
    this.#guard.spawn({ ...task, command: [...task.command], environment: { ...task.environment } })
    return kill
  }

  startFailed({ code, detail, ...group }: Parameters<GuardHandlers['onStartFailed']>[0]): void {
    this.#end(group, () => ({ code, detail }))
  }

  exited({ exitCode, signal, ...group }: Handled): void {
    this.#end(group, ({ isTimedOut, timeLimitMs }) => {
      if (isTimedOut) return { code: 'timedOut', detail: `not done after ${timeLimitMs} ms` }
      return exitCode === 0 ? null : { code: 'exited', detail: describeExit({ exitCode, signal }) }
    })
  }

  stopFailed({ detail, ...group }: Parameters<GuardHandlers['onStopFailed']>[0]): void {
    this.#running.get(keyOf(group))?.onStopFailed?.(detail)
  }

  close(): void {
    for (const { cancel } of this.#running.values()) cancel()
    this.#running.clear()
  }

  #end(group: Group, result: (running: Running) => TaskFailure | null): void {
    const running = this.#running.get(keyOf(group))
    if (!running) return
    this.#running.delete(keyOf(group))
    running.cancel()
    running.onEnd(result(running))
  }
}

export function describeExit({ exitCode, signal }: { exitCode: number | null; signal: string | null }): string {
  return signal === null ? `exit code ${exitCode}` : `signal ${signal}`
}

function keyOf({ component, task, incarnation }: Group): string {
  return `${component} ${task} ${incarnation}`
}
