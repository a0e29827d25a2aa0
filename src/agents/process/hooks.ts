/** The hooks of one component: one at a time, in the order in which they were asked for. */
import { getLogger } from '@logtape/logtape'
import type { ComponentType, HookName } from '../../../machines/model/configuration.ts'
import { hostOf } from '../../../machines/model/ids.ts'
import type { Role } from '../../../machines/model/roles.ts'
import type { Clock } from '../../engine/clock.ts'
import type { ComponentLife, Reason, RoleWords } from '../agent.ts'
import type { TaskFailure, Tasks } from './tasks.ts'

const logger = getLogger(['rolecall', 'agent'])

/** Of one component, or place of one; one more is refused: whoever asks faster than hooks run will not get what he asks for. */
export const waitingCountMax = 16

export const hookOfRole: Readonly<Record<Role, HookName>> = {
  primary: 'onPrimary',
  secondary: 'onSecondary',
  spare: 'onSpare',
  quiescing: 'onQuiescing',
  offline: 'onOffline',
}

export interface HooksOptions {
  readonly type: ComponentType
  readonly tasks: Tasks
  readonly clock: Clock
  readonly environment: (life: ComponentLife, words: RoleWords | null) => Record<string, string>
  /** The last one has ended. */
  readonly onIdle: () => void
  readonly onStopFailed: (detail: string) => void
}

export interface HookOrder {
  readonly hook: HookName
  readonly life: ComponentLife
  /** null: it is about the process, and no role of it. */
  readonly words: RoleWords | null
  /** From now, the waiting included. */
  readonly timeLimitMs: number
  /** null: done. Not called for a hook that `clear` did away with. */
  readonly onEnd: (failure: Reason | null) => void
}

interface Waiting extends HookOrder {
  readonly deadlineMs: number
}

export class Hooks {
  readonly #options: HooksOptions
  #waiting: Waiting[] = []
  #running: { isDropped: boolean; kill: () => void } | null = null

  constructor(options: HooksOptions) {
    this.#options = options
  }

  has(hook: HookName): boolean {
    return this.#options.type.hooks[hook] !== undefined
  }

  get isBusy(): boolean {
    return this.#running !== null
  }

  run(order: HookOrder): void {
    const isSame = ({ life }: Waiting) => life.component === order.life.component
    // Only the latest word on the peers is of use.
    if (order.hook === 'onPeers')
      this.#waiting = this.#waiting.filter((waiting) => waiting.hook !== 'onPeers' || !isSame(waiting))
    if (this.#waiting.filter(isSame).length >= waitingCountMax) {
      queueMicrotask(() => order.onEnd({ code: 'role.failed', detail: `${waitingCountMax} hooks wait already` }))
      return
    }
    this.#waiting.push({ ...order, deadlineMs: this.#options.clock.nowMs() + order.timeLimitMs })
    this.#next()
  }

  /** Forgets those that wait and kills the one that runs; `onIdle` says when that has gone. */
  clear(): void {
    this.#waiting = []
    if (!this.#running) return
    this.#running.isDropped = true
    this.#running.kill()
  }

  #next(): void {
    if (this.#running) return
    const order = this.#waiting.shift()
    if (!order) return
    const { type, tasks, clock, environment, onStopFailed } = this.#options
    const { component, incarnation } = order.life
    const running = { isDropped: false, kill: () => {} }
    this.#running = running
    running.kill = tasks.run(
      {
        component: hostOf(component),
        task: order.hook,
        incarnation,
        command: type.hooks[order.hook]!,
        environment: environment(order.life, order.words),
        workingDirectory: type.workingDirectory,
        isExclusive: type.exclusive,
        timeLimitMs: Math.max(1, order.deadlineMs - clock.nowMs()),
      },
      { onEnd: (failure) => this.#ended(order, running, failure), onStopFailed },
    )
  }

  #ended(order: Waiting, running: { isDropped: boolean }, failure: TaskFailure | null): void {
    this.#running = null
    if (failure) {
      const { hook, life } = order
      logger.warn('{component}: {hook} failed: {detail}', { component: life.component, hook, detail: failure.detail })
    }
    if (!running.isDropped) order.onEnd(failure && asFailure(order, failure))
    this.#next()
    if (!this.#running) this.#options.onIdle()
  }
}

function asFailure({ hook, timeLimitMs }: HookOrder, { code, detail }: TaskFailure): Reason {
  const what = hook === 'onReset' ? 'reset' : 'role'
  if (code === 'timedOut') return { code: `${what}.timedOut`, detail: `${hook}: not done after ${timeLimitMs} ms` }
  return { code: code === 'exited' ? `${what}.failed` : code, detail: `${hook}: ${detail}` }
}
