/**
 * The self-test of a component that is offline (SPEC R8): by its `onSelfTest` hook; without one, a program that speaks the SDK protocol
 * is started for it, asked, and ended. A start that is ordered meanwhile ends the test, and waits until nothing of it is left.
 */
import type { ComponentType } from '../../../machines/model/configuration.ts'
import type { ComponentId, Incarnation } from '../../../machines/model/ids.ts'
import type { Clock } from '../../engine/clock.ts'
import type { AgentEvent, Reason } from '../agent.ts'
import type { SdkServer } from '../sdk/server.ts'
import type { Program } from './program.ts'
import type { Tasks } from './tasks.ts'

export interface SelfTestOptions {
  readonly component: ComponentId
  /** Of the last life: this one is none that a machine counts. */
  readonly incarnation: Incarnation
  readonly type: ComponentType
  /** A program of the component's that is this test's alone. */
  readonly createProgram: (onEvent: (event: AgentEvent) => void) => Program
  readonly tasks: Tasks
  readonly sdk: () => SdkServer
  readonly clock: Clock
  readonly timeLimitMs: number
  /** Nothing of it is left. null: passed. */
  readonly onEnd: (failure: Reason | null) => void
}

export class SelfTest {
  readonly program: Program
  readonly #options: SelfTestOptions
  readonly #deadlineMs: number
  /** What came of it; undefined: not known yet. */
  #result: Reason | null | undefined = undefined
  #kill: () => void = () => {}
  /** A start that waits. */
  #next: { readonly incarnation: Incarnation; readonly begin: () => void } | null = null

  constructor(options: SelfTestOptions) {
    this.#options = options
    this.#deadlineMs = options.clock.nowMs() + options.timeLimitMs
    this.program = options.createProgram((event) => this.#heard(event))
  }

  begin(): void {
    const { type, component, incarnation } = this.#options
    if (type.hooks.onSelfTest) this.#runHook(type.hooks.onSelfTest)
    else if (type.aware) {
      this.#kill = () => this.program.stop({ component, incarnation, timeoutMs: 0 })
      this.program.start({ component, incarnation }, null)
    } else queueMicrotask(() => this.#end({ code: 'unsupported', detail: 'its type has no hook onSelfTest' }))
  }

  /** The component is to be started: that comes first. */
  giveWay(next: { readonly incarnation: Incarnation; readonly begin: () => void }): void {
    this.#next = next
    this.#result ??= { code: 'selfTest.interrupted', detail: 'the component was to be started' }
    this.#kill()
  }

  /** The start that waited is not wanted any more. */
  forget(incarnation: Incarnation): void {
    if (this.#next?.incarnation === incarnation) this.#next = null
  }

  #runHook(command: readonly string[]): void {
    const { component, incarnation, type, tasks, timeLimitMs } = this.#options
    const environment = this.program.environmentOf({ component, incarnation }, null)
    const { workingDirectory, exclusive: isExclusive } = type
    const task = { component, task: 'onSelfTest', incarnation, command, environment, workingDirectory, isExclusive }
    this.#kill = tasks.run(
      { ...task, timeLimitMs },
      {
        onEnd: (failure) => {
          const code = failure?.code === 'timedOut' ? 'selfTest.timedOut' : 'selfTest.failed'
          this.#result ??= failure && { code, detail: `onSelfTest: ${failure.detail}` }
          this.#end(this.#result)
        },
      },
    )
  }

  #heard(event: AgentEvent): void {
    if (event.type === 'process.ready') void this.#ask()
    else if (event.type === 'process.startFailed' || event.type === 'health.failed') this.#failed(event)
    else if (event.type === 'process.exited')
      this.#end(this.#result === undefined ? { code: 'process.exited', detail: event.detail } : this.#result)
  }

  async #ask(): Promise<void> {
    const { component, incarnation, type, clock, sdk } = this.#options
    const timeLimitMs = Math.max(1, this.#deadlineMs - clock.nowMs())
    const failure = await sdk().run({ kind: 'selfTest', component, incarnation, timeLimitMs })
    if (this.#result !== undefined) return
    this.#result = failure
    this.program.stop({ component, incarnation, timeoutMs: type.stopTimeoutMs })
  }

  #failed({ code, detail }: Reason): void {
    this.#result ??= { code, detail }
    this.#kill()
  }

  #end(result: Reason | null): void {
    this.program.close()
    this.#options.onEnd(result)
    this.#next?.begin()
  }
}
