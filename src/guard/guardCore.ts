/**
 * What a guard decides, without a hand on the world: everything it stands on comes in through `GuardPorts`, the real ones in
 * guard.ts, simulated ones in a simulation. It runs lives of the node process one after the other, each with its heartbeats
 * (heartbeatService.ts); whichever way one ends, it clears away what hung on it, and only then tells the other guards.
 *
 *   node process ends    its heartbeats end at once; the guard kills the components, tells the peers, starts it again, with a limit
 *   node process hangs   (no progress for `hungAfterMs`) it is killed: as above
 *   component ends       the node process is told
 *   lease ends           exclusive primaries that are still there `selfStopMs` later are killed (leaseBackstop.ts)
 */
import { getLogger } from '@logtape/logtape'
import type { Configuration, Timing } from '../../machines/model/configuration.ts'
import type { NodeName } from '../../machines/model/ids.ts'
import type { Clock } from '../engine/clock.ts'
import { ComponentProcesses } from './components.ts'
import { exitCodes } from './exitCodes.ts'
import {
  type HeartbeatNetwork,
  type HeartbeatNetworkOptions,
  HeartbeatService,
  type Surroundings,
} from './heartbeatService.ts'
import type { Launcher } from './launcher.ts'
import type { LivenessPort, PeerEnded } from './liveness.ts'
import type { NodeProcess } from './nodeProcess.ts'
import type { Notifier } from './notify.ts'
import { type FrameOf, type GuardNote, type GuardProblem, guardNoteCountMax, type NodeFrame } from './protocol.ts'
import { RestartLimit, restartCountMax, restartWindowMs } from './restartLimit.ts'
import type { SharedTime } from './sharedTime.ts'
import { SilenceWatch } from './silenceWatch.ts'
import { surroundingsOf } from './surroundings.ts'
import type { Warden } from './warden.ts'
import { type Watchdog, WatchdogFeeder } from './watchdog.ts'

const logger = getLogger(['rolecall', 'guard'])

/** To hand over every role and stop every component, once asked to leave. */
export const leaveTimeoutMs = 10_000
/** After `node.left` the node process ends by itself within this time, or is killed. */
const endTimeoutMs = 1000
const killTimeoutMs = 10_000
/** A node process that has not begun to count by then hangs too. */
const startTimeoutMs = 60_000

export interface GuardPorts {
  readonly clock: Clock
  /** Calls back at the next turn of the event loop. */
  readonly turn: (callback: () => void) => void
  readonly sharedTime: SharedTime
  /** Durable before it returns; throws when that cannot be. */
  readonly nextIncarnation: () => number
  /** `onFrame` and `onExit` are not called before this has returned. `onExit`: nothing of the process is left. */
  readonly startNodeProcess: (life: {
    readonly incarnation: number
    readonly onFrame: (frame: NodeFrame) => void
    readonly onExit: (exit: { exitCode: number | null; signal: string | null }) => void
  }) => NodeProcess
  readonly launcher: Launcher
  readonly warden: Warden
  /** The mark that everything started here carries in its environment. */
  readonly marker: string
  /** Throws when an own link cannot be listened on. */
  readonly openLiveness: (options: {
    readonly incarnation: number
    readonly peers: Surroundings['peers']
    readonly onEnded: (ended: PeerEnded) => void
  }) => LivenessPort
  /** Rejects when a link cannot be opened. The one of an earlier life is closed by then. */
  readonly openHeartbeatNetwork: (options: HeartbeatNetworkOptions) => Promise<HeartbeatNetwork>
  readonly notifier: Notifier
  /** null: none is configured, or it cannot be used. */
  readonly watchdog: Watchdog | null
  /** What is known from the start to be less than it should be. */
  readonly problems: readonly GuardProblem[]
}

export interface GuardSettings {
  readonly name: NodeName
  readonly configuration: Configuration
  readonly leaveTimeoutMs?: number
}

/** With these the node process says that another try would end the same way. */
const hopelessCodes: readonly number[] = [exitCodes.configuration, exitCodes.cannotUse]

interface Life {
  readonly process: NodeProcess
  readonly service: HeartbeatService
  readonly watch: SilenceWatch
}

export class GuardCore {
  readonly #settings: GuardSettings
  readonly #ports: GuardPorts
  readonly #components: ComponentProcesses
  readonly #liveness: LivenessPort
  readonly #feeder: WatchdogFeeder | null
  readonly #problems: GuardProblem[]
  /** For the black box of the next life that takes part. */
  #notes: GuardNote[] = []
  readonly #restarts = new RestartLimit()
  readonly #over = Promise.withResolvers<number>()
  #surroundings: Surroundings
  #incarnation: number
  #life: Life | null = null
  /** What the present life of the node process has counted; null: nothing yet. */
  #progress: number | null = null
  #isSilent = false
  #cancel: () => void = () => {}
  /** Set when the end has begun: what the guard will return. */
  #exitCode: number | null = null

  constructor(settings: GuardSettings, ports: GuardPorts) {
    this.#settings = settings
    this.#ports = ports
    this.#surroundings = surroundingsOf(settings.configuration, settings.name)
    const { clock, launcher, warden, marker, watchdog } = ports
    this.#components = new ComponentProcesses({
      clock,
      launcher,
      warden,
      marker,
      selfStopMs: () => this.#life?.service.selfStopMs() ?? this.#surroundings.holding.selfStopMs,
      leaseUntilMs: () => this.#life?.service.nodeLeaseUntilMs() ?? null,
      onFrame: (frame) =>
        this.#life?.process.send(
          frame.type === 'component.exited' ? { ...frame, atMs: ports.sharedTime.toShared(frame.atMs) } : frame,
        ),
    })
    this.#incarnation = ports.nextIncarnation()
    this.#liveness = ports.openLiveness({
      incarnation: this.#incarnation,
      peers: this.#surroundings.peers,
      onEnded: (ended) => this.#life?.service.peerEnded(ended),
    })
    this.#problems = [...ports.problems]
    const onFailed = (): void => this.#note({ code: 'watchdog.unusable', text: 'the watchdog device takes no food' })
    this.#feeder = watchdog && new WatchdogFeeder({ clock, watchdog, mayFeed: () => this.#isWell(), onFailed })
  }

  /** Resolves to the exit code (exitCodes.ts). */
  async run(): Promise<number> {
    void this.#startLife()
    try {
      return await this.#over.promise
    } finally {
      // Nothing of a component is left: there is nothing to reset the machine for.
      this.#feeder?.stop()
      this.#cancel()
      this.#endLife()
      this.#liveness.close()
    }
  }

  /** Leave in order: every role is handed over first. */
  leave(): void {
    if (this.#exitCode !== null) return
    logger.info('leaving')
    this.#ports.notifier.stopping()
    this.#exitCode = exitCodes.left
    this.#cancel()
    // Between two lives of the node process there is nothing to hand over.
    if (!this.#life) return this.#end(exitCodes.left)
    const limitMs = this.#settings.leaveTimeoutMs ?? leaveTimeoutMs
    this.#later(limitMs, () => {
      logger.error('the roles were not handed over within {limitMs} ms', { limitMs })
      this.#end(exitCodes.leaveTimedOut)
    })
    this.#life.process.send({ type: 'node.leave' })
  }

  get isLeaving(): boolean {
    return this.#exitCode !== null
  }

  /** Stop everything at once. */
  interrupt(): void {
    logger.warn('interrupted: stopping at once')
    this.#end(exitCodes.interrupted)
  }

  async #startLife(): Promise<void> {
    const { clock, turn, sharedTime, openHeartbeatNetwork } = this.#ports
    this.#progress = null
    this.#isSilent = false
    const service = new HeartbeatService({
      self: this.#settings.name,
      incarnation: this.#incarnation,
      surroundings: this.#surroundings,
      clock,
      turn,
      sharedTime,
      progress: () => this.#progress ?? 0,
      send: (frame) => this.#life?.process.send(frame),
    })
    try {
      await service.open(openHeartbeatNetwork)
      if (this.#exitCode !== null) return service.close()
      this.#startNodeProcess(service)
    } catch (error) {
      service.close()
      logger.error('the node cannot begin: {error}', { error: error instanceof Error ? error.message : String(error) })
      this.#over.resolve(exitCodes.cannotUse)
    }
  }

  #startNodeProcess(service: HeartbeatService): void {
    const { clock, startNodeProcess, warden } = this.#ports
    const process = startNodeProcess({
      incarnation: this.#incarnation,
      onFrame: (frame) => this.#take(frame),
      onExit: (exit) => void this.#nodeProcessEnded(exit),
    })
    const watch = new SilenceWatch({
      clock,
      afterMs: () => (this.#progress === null ? startTimeoutMs : this.#surroundings.timing.hungAfterMs),
      onSilent: (silentForMs) => this.#hung(silentForMs),
    })
    this.#life = { process, service, watch }
    warden.node(process.pid)
    process.send({ type: 'guard.problems', problems: this.#problems })
    for (const ended of this.#liveness.endedPeers) service.peerEnded(ended)
    logger.info('node process started: incarnation {incarnation}, process {pid}', {
      incarnation: this.#incarnation,
      pid: process.pid,
    })
  }

  /** Throws on a frame that cannot be obeyed: then the node process is killed. */
  #take(frame: NodeFrame): void {
    switch (frame.type) {
      case 'component.spawn':
        return this.#components.spawn(frame)
      case 'component.stop':
        return this.#components.stop(frame)
      case 'component.active':
        return this.#components.setActive(frame)
      case 'node.progress':
        return this.#progressed(frame.count)
      case 'configure':
        return this.#configure(frame)
      case 'node.ready':
        this.#life?.service.begin()
        this.#handOverNotes()
        return this.#ports.notifier.ready()
      case 'node.status':
        return this.#ports.notifier.status(frame.text)
      case 'node.left':
        return this.#left(frame)
      default:
        return this.#life?.service.take(frame)
    }
  }

  #progressed(count: number): void {
    if (count <= (this.#progress ?? -1)) return
    this.#progress = count
    this.#isSilent = false
    this.#life?.watch.heard()
  }

  #configure({ nodes, voters, timing, holding }: FrameOf<NodeFrame, 'configure'>): void {
    const peers = Object.fromEntries(Object.entries(nodes).filter(([node]) => node !== this.#settings.name))
    const merged = { ...this.#surroundings.timing, ...timing } as Timing
    this.#surroundings = { peers, voters, timing: merged, holding }
    this.#liveness.setPeers(peers)
    this.#life?.service.configure(this.#surroundings)
    this.#components.reconsider()
    this.#life?.process.send({ type: 'configured' })
  }

  /** Its kernel process is there and does nothing: its end is brought about, and then seen like any other. */
  #hung(silentForMs: number): void {
    if (this.#isSilent) return
    this.#isSilent = true
    logger.error('the node process hangs: no progress for {silentForMs} ms; it is killed', {
      silentForMs: Math.round(silentForMs),
    })
    this.#record({ code: 'node.hung', silentForMs })
    this.#life?.process.kill()
  }

  #record(note: Omit<GuardNote, 'atUs' | 'incarnation'>): void {
    const { clock } = this.#ports
    this.#notes.push({ ...note, incarnation: this.#incarnation, atUs: clock.wallUs() })
    if (this.#notes.length > guardNoteCountMax) this.#notes.shift()
  }

  #handOverNotes(): void {
    if (this.#notes.length > 0) this.#life?.process.send({ type: 'guard.notes', notes: this.#notes })
    this.#notes = []
  }

  #note(problem: GuardProblem): void {
    logger.error('{text}', { text: problem.text })
    this.#problems.push(problem)
    this.#life?.process.send({ type: 'guard.problems', problems: this.#problems })
  }

  /** The machine need not be reset: what acts here may act, and who decides turns. */
  #isWell(): boolean {
    if (this.#isSilent) return false
    const untilMs = this.#life?.service.nodeLeaseUntilMs() ?? null
    const hasLease = untilMs !== null && this.#ports.clock.nowMs() < untilMs
    return hasLease || !this.#components.isExclusiveActive
  }

  #endLife(): void {
    this.#life?.watch.stop()
    this.#life?.service.close()
    this.#life = null
  }

  async #nodeProcessEnded({ exitCode, signal }: { exitCode: number | null; signal: string | null }): Promise<void> {
    const { pid } = this.#life?.process ?? {}
    if (this.#exitCode === null) this.#record({ code: 'node.ended', ...(pid && { pid }), exitCode, signal })
    this.#endLife()
    this.#ports.warden.node(0)
    if (this.#exitCode === null)
      logger.error('the node process ended ({how}): stopping its components', {
        how: signal ?? `exit code ${exitCode}`,
      })
    await this.#killComponents()
    this.#liveness.ended()
    if (this.#exitCode !== null) return this.#over.resolve(this.#exitCode)
    if (exitCode !== null && hopelessCodes.includes(exitCode)) return this.#over.resolve(exitCode)
    const restart = this.#restarts.next(this.#ports.clock.nowMs())
    if (restart) return this.#later(restart.delayMs, () => this.#restart())
    logger.error('the node process ended more than {count} times in {seconds} s: giving up', {
      count: restartCountMax,
      seconds: restartWindowMs / 1000,
    })
    this.#over.resolve(exitCodes.nodeProcessFailed)
  }

  /** However long it takes: while something of a component is left, nobody may be told that this life has ended. */
  async #killComponents(): Promise<void> {
    while (!(await this.#components.killAll({ timeoutMs: killTimeoutMs })))
      logger.error('a component cannot be killed: waiting for the kernel to let go of it')
  }

  #restart(): void {
    try {
      this.#incarnation = this.#ports.nextIncarnation()
    } catch (error) {
      logger.error('the incarnation cannot be kept: {error}', { error: String(error) })
      this.#over.resolve(exitCodes.cannotUse)
      return
    }
    this.#liveness.alive(this.#incarnation)
    void this.#startLife()
  }

  /** Also asked to leave, and removed: the latter counts, or it would be started again. */
  #left({ isRemoved = false }: FrameOf<NodeFrame, 'node.left'>): void {
    this.#exitCode = isRemoved ? exitCodes.removed : (this.#exitCode ?? exitCodes.left)
    this.#later(endTimeoutMs, () => this.#life?.process.kill())
    this.#life?.process.close()
  }

  /** Kills everything; the node process's end leads to the guard's. */
  #end(exitCode: number): void {
    this.#exitCode = exitCode
    if (this.#life) this.#life.process.kill()
    else this.#over.resolve(exitCode)
  }

  /** One thing is waited for at a time. */
  #later(delayMs: number, callback: () => void): void {
    this.#cancel()
    this.#cancel = this.#ports.clock.setTimer(delayMs, callback)
  }
}
