/**
 * One component as the process agent runs it: its program, when there is one, its hooks and its probe. Each life of the
 * program has its own `Life`, whose timers end with it, so that nothing of an earlier one is ever taken for the present.
 */
import type { ComponentInstance, ComponentType } from '../../../machines/model/configuration.ts'
import type { ComponentId, NodeName } from '../../../machines/model/ids.ts'
import type { Role } from '../../../machines/model/roles.ts'
import type { Clock } from '../../engine/clock.ts'
import type { GuardClient, GuardHandlers } from '../../guard/client.ts'
import type { AgentEvent, ComponentLife, InvokeOrder, Reason, RoleWords, StopOrder } from '../agent.ts'
import type { RoleCommand, SdkCallbacks, SdkServer } from '../sdk/server.ts'
import { environmentOf } from './environment.ts'
import { Hooks, hookOfRole } from './hooks.ts'
import { Prober } from './probe.ts'
import { describeExit, type Tasks } from './tasks.ts'

export interface ProgramOptions {
  readonly cluster: string
  readonly node: NodeName
  readonly component: ComponentId
  readonly type: ComponentType
  /** Ended by the guard when the lease is over while it is active. */
  readonly isExclusive: boolean
  readonly instance: ComponentInstance
  readonly baseEnvironment: Readonly<Record<string, string | undefined>>
  readonly socketPath: string
  readonly guard: GuardClient
  readonly tasks: Tasks
  readonly sdk: () => SdkServer
  readonly clock: Clock
  readonly onEvent: (event: AgentEvent) => void
}

interface Life {
  readonly incarnation: number
  pid: number | null
  isReady: boolean
  prober: Prober | null
  /** Of the start; later of a program that has lost its connection. */
  cancelTimer: () => void
  /** The order that is being carried out, and what would go on with it. */
  stop: { readonly deadlineMs: number; cancel: () => void } | null
  /** Nobody waits any longer for what it was to do beside its role. */
  readonly onEnding: (() => void)[]
  /** The program has gone, but not yet its hook. */
  exit: Extract<AgentEvent, { type: 'process.exited' }> | null
}

type Registered = Pick<Parameters<SdkCallbacks['onRegistered']>[0], 'incarnation' | 'endpoint' | 'release'>
type Guarded<Handler extends keyof GuardHandlers> = Parameters<GuardHandlers[Handler]>[0]

export class Program {
  readonly #options: ProgramOptions
  readonly #hooks: Hooks
  #life: Life | null = null
  /** The latest it was told, for hooks that come without words of their own. Of a process with several places: nothing. */
  #words: RoleWords | null = null

  constructor(options: ProgramOptions) {
    this.#options = options
    const { type, tasks, clock } = options
    this.#hooks = new Hooks({
      type,
      tasks,
      clock,
      environment: (life, words) => this.environmentOf(life, words),
      onIdle: () => this.#reportExit(),
      onStopFailed: (detail) => this.#hookStopFailed(detail),
    })
  }

  get isRunning(): boolean {
    return this.#life !== null
  }

  isExpected(incarnation: number): boolean {
    return this.#life?.incarnation === incarnation && this.#life.exit === null
  }

  /** Whether anybody takes a word on this role; if not, nothing follows from its being `done`. */
  takes(role: Role): boolean {
    return this.#options.type.aware || this.#hooks.has(hookOfRole[role])
  }

  /** null: it serves several assignments, and is told of each later. */
  start({ incarnation }: ComponentLife, words: RoleWords | null): void {
    const { component, type, isExclusive, guard, clock } = this.#options
    this.#words = words
    if (this.#life) {
      this.#later({
        type: 'process.startFailed',
        component,
        incarnation,
        code: 'process.alreadyRunning',
        detail: 'its last process has not gone yet',
      })
      return
    }
    const cancelTimer = clock.setTimer(type.startTimeoutMs, () => this.#startTimedOut(incarnation))
    const nothing = { pid: null, isReady: false, prober: null, stop: null, exit: null }
    this.#life = { incarnation, cancelTimer, onEnding: [], ...nothing }
    guard.spawn({
      component,
      task: null,
      incarnation,
      command: [...type.command],
      environment: this.environmentOf({ component, incarnation }, words),
      workingDirectory: type.workingDirectory,
      isExclusive,
    })
  }

  /**
   * The type's own way to end first: the `onOffline` hook, or the SDK's request; then the stop signal; and the kill at the
   * end of `timeoutMs`, which all of this shares. Hooks that are under way are killed: what they do is not wanted any more.
   * `told`: what it was told last, for each assignment that it serves.
   */
  stop(
    { incarnation, timeoutMs = this.#options.type.stopTimeoutMs }: StopOrder,
    told: readonly RoleWords[] = this.#words ? [this.#words] : [],
  ): void {
    const { component, type, clock, sdk } = this.#options
    const life = this.#life
    if (life?.incarnation !== incarnation) {
      this.#later({ type: 'process.exited', component, incarnation, detail: 'it was not running', atMs: clock.nowMs() })
      return
    }
    const deadlineMs = clock.nowMs() + timeoutMs
    if (life.exit || (life.stop && life.stop.deadlineMs <= deadlineMs)) return
    const isFirst = life.stop === null
    life.stop?.cancel()
    life.cancelTimer()
    this.#endErrands(life)
    this.#hooks.clear()
    const stop = { deadlineMs, cancel: () => {} }
    life.stop = stop
    const signal = (): void => {
      if (this.#life === life && life.stop === stop) this.#signal(life, deadlineMs)
    }
    if (!isFirst || timeoutMs <= 0) signal()
    else if (type.aware && sdk().stop({ component, incarnation, timeLimitMs: timeoutMs })) {
      // One that does not react to the request still gets the signal in good time.
      stop.cancel = clock.setTimer(timeoutMs / 2, signal)
    } else if (!type.aware && this.#hooks.has('onOffline') && told.length > 0) {
      this.#tellOffline(
        told.map((words) => ({ ...words, incarnation, role: 'offline' })),
        timeoutMs,
        signal,
      )
    } else signal()
  }

  #tellOffline(told: readonly RoleWords[], timeLimitMs: number, onEnd: () => void): void {
    let openCount = told.length
    const ended = (): void => {
      openCount -= 1
      if (openCount === 0) onEnd()
    }
    for (const words of told) this.#hooks.run({ hook: 'onOffline', life: words, words, timeLimitMs, onEnd: ended })
  }

  invoke({ level, timeLimitMs, ...words }: InvokeOrder): void {
    const { type, sdk } = this.#options
    this.#note(words)
    const command = commandOf(words)
    const hook = hookOfRole[words.role]
    if (type.aware && this.isExpected(words.incarnation)) sdk().invoke({ ...words, level, timeLimitMs })
    else if (type.aware || !this.#hooks.has(hook)) this.#later({ type: 'role.done', ...command })
    else
      this.#hooks.run({ hook, life: words, words, timeLimitMs, onEnd: (failure) => this.#roleEnded(command, failure) })
  }

  introduce(words: RoleWords): void {
    const { type, sdk } = this.#options
    this.#note(words)
    if (type.aware) {
      if (this.isExpected(words.incarnation)) sdk().introduce(words)
    } else if (this.#hooks.has('onPeers')) {
      this.#hooks.run({ hook: 'onPeers', life: words, words, timeLimitMs: type.roleTimeoutMs, onEnd: () => {} })
    }
  }

  #note(words: RoleWords): void {
    if (words.component === this.#options.component) this.#words = words
  }

  /** Resolves to null when the program says that it has begun anew; its probe, where that had failed, is asked again. */
  reset(timeLimitMs: number): Promise<Reason | null> {
    const { component, type, sdk } = this.#options
    const life = this.#life
    const notRunning = { code: 'reset.notRunning', detail: 'its process does not run, or ends' }
    if (!life?.isReady || life.stop || life.exit) return Promise.resolve(notRunning)
    if (!type.aware && !this.#hooks.has('onReset'))
      return Promise.resolve({ code: 'unsupported', detail: 'its type has no hook onReset' })
    const { incarnation } = life
    const { promise, resolve } = Promise.withResolvers<Reason | null>()
    const onEnd = (failure: Reason | null): void => {
      if (failure === null && life.stop === null && life.exit === null) this.#probeAgain(life)
      resolve(failure)
    }
    life.onEnding.push(() => resolve(notRunning))
    if (type.aware) void sdk().run({ kind: 'reset', component, incarnation, timeLimitMs }).then(onEnd)
    else this.#hooks.run({ hook: 'onReset', life: { component, incarnation }, words: this.#words, timeLimitMs, onEnd })
    return promise
  }

  close(): void {
    this.#life?.cancelTimer()
    this.#life?.stop?.cancel()
    this.#life?.prober?.close()
    this.#life = null
  }

  started({ incarnation, pid }: Guarded<'onStarted'>): void {
    const life = this.#lifeOf(incarnation)
    if (!life) return
    life.pid = pid
    const { type } = this.#options
    if (type.aware || life.stop) return
    if (type.probe) this.#probe(life)
    else this.#ready(life, null)
  }

  startFailed({ incarnation, code, detail }: Guarded<'onStartFailed'>): void {
    const life = this.#lifeOf(incarnation)
    if (!life) return
    this.close()
    this.#emit({ type: 'process.startFailed', component: this.#options.component, incarnation, code, detail })
  }

  exited({ incarnation, exitCode, signal, atMs }: Guarded<'onExited'>): void {
    const life = this.#lifeOf(incarnation)
    if (!life) return
    life.cancelTimer()
    life.stop?.cancel()
    this.#endErrands(life)
    life.exit = {
      type: 'process.exited',
      component: this.#options.component,
      incarnation,
      detail: describeExit({ exitCode, signal }),
      atMs,
    }
    // Of a stop in order only its own hook is left: it may have been what ended the program, and has more to do.
    if (!life.stop) this.#hooks.clear()
    if (!this.#hooks.isBusy) this.#reportExit()
  }

  stopFailed({ incarnation, detail }: Guarded<'onStopFailed'>): void {
    if (this.#lifeOf(incarnation))
      this.#emit({ type: 'process.stopFailed', component: this.#options.component, incarnation, detail })
  }

  registered({ incarnation, endpoint, release }: Registered): void {
    const life = this.#lifeOf(incarnation)
    if (!life || life.stop || life.exit) return
    const { type } = this.#options
    this.#ready(life, endpoint, release)
    if (type.probe && !life.prober) this.#probe(life)
  }

  /** It may connect again within the time it has to start. */
  disconnected({ incarnation }: ComponentLife): void {
    const { component, type, clock } = this.#options
    const life = this.#lifeOf(incarnation)
    if (!life || life.stop || life.exit) return
    life.cancelTimer()
    life.cancelTimer = clock.setTimer(type.startTimeoutMs, () => {
      const detail = `has not connected again within ${type.startTimeoutMs} ms`
      this.#emit({ type: 'health.failed', component, incarnation, code: 'sdk.disconnected', detail })
    })
  }

  /** It ends, or has: what it was to be asked beside that is of no account. */
  #endErrands(life: Life): void {
    life.prober?.close()
    for (const onEnding of life.onEnding.splice(0)) onEnding()
  }

  #probeAgain(life: Life): void {
    if (!life.prober?.isClosed) return
    this.#probe(life)
  }

  #lifeOf(incarnation: number): Life | null {
    return this.#life?.incarnation === incarnation ? this.#life : null
  }

  #ready(life: Life, endpoint: string | null, release: string | null = null): void {
    life.cancelTimer()
    life.isReady = true
    const { component, instance } = this.#options
    this.#emit({
      type: 'process.ready',
      component,
      incarnation: life.incarnation,
      endpoint: endpoint ?? instance.endpoint,
      ...(release === null ? {} : { release }),
    })
  }

  #probe(life: Life): void {
    const { component, type, tasks, clock } = this.#options
    const { incarnation } = life
    life.prober = new Prober({
      probe: type.probe!,
      clock,
      isStarted: life.isReady,
      execute: ({ command, timeLimitMs }) => {
        const { promise, resolve } = Promise.withResolvers<string | null>()
        const environment = this.environmentOf({ component, incarnation }, this.#words)
        tasks.run(
          {
            component,
            task: 'probe',
            incarnation,
            command,
            environment,
            workingDirectory: type.workingDirectory,
            isExclusive: type.exclusive,
            timeLimitMs,
          },
          { onEnd: (failure) => resolve(failure?.detail ?? null) },
        )
        return promise
      },
      onFirstSuccess: () => this.#ready(life, null),
      onFailed: (detail) => this.#emit({ type: 'health.failed', component, incarnation, code: 'probe.failed', detail }),
    })
  }

  #startTimedOut(incarnation: number): void {
    const life = this.#lifeOf(incarnation)
    if (!life) return
    const { component, type } = this.#options
    life.prober?.close()
    const what = type.aware ? 'has not registered' : 'no probe has passed'
    this.#emit({
      type: 'process.startFailed',
      component,
      incarnation,
      code: 'start.timedOut',
      detail: `${what} within ${type.startTimeoutMs} ms`,
    })
    // Unless the machine, on hearing this, has ordered it already.
    if (this.#life === life && !life.stop) this.stop({ component, incarnation, timeoutMs: 0 })
  }

  #signal({ incarnation }: Life, deadlineMs: number): void {
    const { component, type, guard, clock } = this.#options
    const timeoutMs = Math.max(0, deadlineMs - clock.nowMs())
    guard.stop({ component, task: null, incarnation, signal: timeoutMs > 0 ? type.stopSignal : 'SIGKILL', timeoutMs })
  }

  #roleEnded(command: RoleCommand, failure: Reason | null): void {
    this.#emit(failure ? { type: 'role.failed', ...command, ...failure } : { type: 'role.done', ...command })
  }

  #hookStopFailed(detail: string): void {
    const { component } = this.#options
    const exit = this.#life?.exit
    if (exit) this.#emit({ type: 'process.stopFailed', component, incarnation: exit.incarnation, detail })
  }

  #reportExit(): void {
    const exit = this.#life?.exit
    if (!exit) return
    this.#life = null
    this.#emit(exit)
  }

  environmentOf(life: ComponentLife, words: RoleWords | null): Record<string, string> {
    const { cluster, node, type, instance, baseEnvironment, socketPath } = this.#options
    const pid = this.#life?.pid ?? null
    return environmentOf({
      cluster,
      node,
      type,
      instance,
      base: baseEnvironment,
      socketPath: type.aware ? socketPath : null,
      life,
      words,
      pid,
    })
  }

  #emit(event: AgentEvent): void {
    this.#options.onEvent(event)
  }

  #later(event: AgentEvent): void {
    queueMicrotask(() => this.#emit(event))
  }
}

function commandOf({ component, incarnation, role, token }: RoleWords): RoleCommand {
  return { component, incarnation, role, token }
}
