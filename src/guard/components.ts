/**
 * The process groups of this node's components (CMF, SPEC P2): started, watched and ended here, in the guard, so that they
 * end with it and with the node process, and so that their end is known for certain. A group is gone when nothing of it is
 * alive any more; only then is its exit reported, since another node may take over on that word.
 */
import { getLogger } from '@logtape/logtape'
import type { Clock } from '../engine/clock.ts'
import type { Launcher } from './launcher.ts'
import { LeaseBackstop } from './leaseBackstop.ts'
import type { FrameOf, GuardFrame, NodeFrame } from './protocol.ts'
import { markerName } from './sweep.ts'
import type { Warden } from './warden.ts'

const logger = getLogger(['rolecall', 'guard'])

/** After SIGKILL, until `component.stopFailed`. */
export const killTimeoutMs = 2000
/** Then it is looked for in this interval, for as long as it takes. */
const lingerIntervalMs = 1000
const processCountMax = 4096

export interface ComponentProcessesOptions {
  readonly clock: Clock
  readonly launcher: Launcher
  readonly warden: Pick<Warden, 'started' | 'ended'>
  readonly marker: string
  readonly selfStopMs: () => number
  /** Until when this node may keep its exclusive primaries; null: it never could. */
  readonly leaseUntilMs: () => number | null
  readonly onFrame: (frame: GuardFrame) => void
}

type Spawn = FrameOf<NodeFrame, 'component.spawn'>
type Group = Pick<Spawn, 'component' | 'task' | 'incarnation'>

interface Running extends Group {
  readonly groupId: number
  readonly isExclusive: boolean
  /** When SIGKILL is due; null: nobody asked for an end. */
  killAtMs: number | null
  cancel: () => void
}

export class ComponentProcesses {
  readonly #options: ComponentProcessesOptions
  readonly #running = new Map<string, Running>()
  readonly #backstop: LeaseBackstop
  #waiting: (() => void)[] = []

  constructor(options: ComponentProcessesOptions) {
    this.#options = options
    const { clock, selfStopMs, leaseUntilMs } = options
    const onOver = (component: string): void => this.#killActive(component)
    this.#backstop = new LeaseBackstop({ clock, selfStopMs, leaseUntilMs, onOver })
  }

  /** Something acts, or may, that must not without the lease. */
  get isExclusiveActive(): boolean {
    return [...this.#running.values()].some(
      ({ component, task, isExclusive }) => task === null && isExclusive && this.#backstop.isActive(component),
    )
  }

  /** Answers with `component.started` or `component.startFailed`. */
  spawn(order: Spawn): void {
    const { clock, launcher, warden, marker, onFrame } = this.#options
    const group = groupOf(order)
    const refusal = this.#refusal(group)
    if (refusal) {
      onFrame({ type: 'component.startFailed', ...group, ...refusal })
      return
    }
    const launched = launcher.launch({
      source: { component: group.component, task: group.task },
      command: order.command,
      environment: { ...order.environment, [markerName]: marker },
      workingDirectory: order.workingDirectory,
      onExit: (exit) => this.#leaderExited(running, exit, clock.nowMs()),
    })
    if (!launched.isStarted) {
      onFrame({ type: 'component.startFailed', ...group, code: launched.code, detail: launched.detail })
      return
    }
    const { pid } = launched
    const running: Running = {
      ...group,
      groupId: pid,
      isExclusive: order.isExclusive,
      killAtMs: null,
      cancel: () => {},
    }
    this.#running.set(keyOf(group), running)
    warden.started(pid)
    onFrame({ type: 'component.started', ...group, pid })
  }

  /**
   * Signals the group, and kills it when its leader is still there after `timeoutMs`. Ends in `component.exited`, or after
   * another `killTimeoutMs` in `component.stopFailed`. What is not running has had its last frame: nothing is done.
   */
  stop({ signal, timeoutMs, ...group }: FrameOf<NodeFrame, 'component.stop'>): void {
    const running = this.#running.get(keyOf(group))
    if (!running) return
    this.#options.launcher.signalGroup(running.groupId, signal as NodeJS.Signals)
    this.#killWithin(running, signal === 'SIGKILL' ? 0 : timeoutMs)
  }

  setActive({ component, incarnation, isActive }: FrameOf<NodeFrame, 'component.active'>): void {
    const program = this.#ofComponent(component).find(({ task }) => task === null)
    if (program && program.incarnation > incarnation) return
    this.#backstop.setActive(component, isActive)
  }

  /** The lease or the time for stopping may have become shorter. */
  reconsider(): void {
    this.#backstop.reconsider()
  }

  /** Kills everything. Resolves when all of it has gone, to true; to false when that took longer than `timeoutMs`. */
  async killAll({ timeoutMs }: { timeoutMs: number }): Promise<boolean> {
    this.#backstop.clear()
    for (const running of this.#running.values()) this.#killWithin(running, 0)
    if (this.#running.size === 0) return true
    const { promise, resolve } = Promise.withResolvers<boolean>()
    this.#waiting.push(() => resolve(true))
    const cancel = this.#options.clock.setTimer(timeoutMs, () => resolve(false))
    const isGone = await promise
    cancel()
    return isGone
  }

  #refusal(group: Group): { code: string; detail: string } | null {
    const isThere =
      group.task === null
        ? this.#ofComponent(group.component).some(({ task }) => task === null)
        : this.#running.has(keyOf(group))
    if (isThere) return { code: 'process.alreadyRunning', detail: 'an earlier process of it has not gone yet' }
    if (this.#running.size < processCountMax) return null
    return { code: 'process.tooMany', detail: `${processCountMax} processes run on this node already` }
  }

  #ofComponent(component: string): Running[] {
    return [...this.#running.values()].filter((running) => running.component === component)
  }

  #killActive(component: string): void {
    const victims = this.#ofComponent(component).filter(({ isExclusive }) => isExclusive)
    if (victims.length === 0) return
    logger.error('the lease of this node is over and the node process has not stopped {component}: killed', {
      component,
    })
    for (const running of victims) this.#killWithin(running, 0)
  }

  #killWithin(running: Running, delayMs: number): void {
    const { clock } = this.#options
    const atMs = clock.nowMs() + delayMs
    if (running.killAtMs !== null && running.killAtMs <= atMs) return
    running.killAtMs = atMs
    running.cancel()
    if (delayMs <= 0) this.#kill(running)
    else running.cancel = clock.setTimer(delayMs, () => this.#kill(running))
  }

  /** The leader's exit is seen by `onExit`; this only sees to it that someone hears when that does not come. */
  #kill(running: Running): void {
    this.#options.launcher.signalGroup(running.groupId, 'SIGKILL')
    running.cancel = this.#options.clock.setTimer(killTimeoutMs, () => this.#stopFailed(running))
  }

  async #leaderExited(
    running: Running,
    exit: { exitCode: number | null; signal: string | null },
    atMs: number,
  ): Promise<void> {
    running.cancel()
    const { clock, launcher } = this.#options
    if (!(await launcher.killGroup(running.groupId, { timeoutMs: killTimeoutMs }))) {
      this.#stopFailed(running)
      while (!(await launcher.killGroup(running.groupId, { timeoutMs: 0 })))
        await new Promise<void>((resolve) => void clock.setTimer(lingerIntervalMs, resolve))
    }
    running.cancel()
    this.#options.warden.ended(running.groupId)
    this.#running.delete(keyOf(running))
    if (running.task === null) this.#backstop.setActive(running.component, false)
    this.#options.onFrame({ type: 'component.exited', ...groupOf(running), ...exit, atMs })
    if (this.#running.size > 0) return
    for (const resolve of this.#waiting) resolve()
    this.#waiting = []
  }

  #stopFailed(running: Running): void {
    const detail = `something of process group ${running.groupId} is still there ${killTimeoutMs} ms after SIGKILL`
    logger.error('{component}: {detail}', { component: running.component, detail })
    this.#options.onFrame({ type: 'component.stopFailed', ...groupOf(running), detail })
  }
}

function groupOf({ component, task, incarnation }: Group): Group {
  return { component, task, incarnation }
}

function keyOf({ component, task, incarnation }: Group): string {
  return `${component} ${task ?? ''} ${incarnation}`
}
