/**
 * What `rolecall node` runs: the small process that everything of a node hangs on. It starts the node process and, on its
 * behalf, the components; whichever way any of them ends, the guard sees it, clears away what hung on it, and tells the
 * other guards, so that nothing of the node acts unseen.
 *
 *   guard ends          the kernel, the node process and the warden end the components; the peers' guards notice
 *   node process ends   the guard kills the components, tells the peers, and starts it again, with a limit
 *   component ends      the node process is told
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { getLogger } from '@logtape/logtape'
import type { Configuration } from '../../machines/model/configuration.ts'
import { realClock } from '../engine/clock.ts'
import { ComponentProcesses } from './components.ts'
import { exitCodes } from './exitCodes.ts'
import { nextIncarnation } from './incarnation.ts'
import { Launcher, without } from './launcher.ts'
import { Liveness } from './liveness.ts'
import { takeLock } from './lock.ts'
import { type NodeProcess, startNodeProcess } from './nodeProcess.ts'
import { createNotifier, type Notifier } from './notify.ts'
import { raisePriority } from './priority.ts'
import type { NodeFrame } from './protocol.ts'
import { RestartLimit, restartCountMax, restartWindowMs } from './restartLimit.ts'
import { fromShared, toShared } from './sharedTime.ts'
import { markerName, markerOf, sweepLeftovers } from './sweep.ts'
import { startWarden, type Warden } from './warden.ts'

const logger = getLogger(['rolecall', 'guard'])

/** To hand over every role and stop every component, once asked to leave. */
export const leaveTimeoutMs = 10_000
/** After `node.left` the node process ends by itself within this time, or is killed. */
const endTimeoutMs = 1000
const sweepTimeoutMs = 5000
const killTimeoutMs = 10_000

export interface GuardOptions {
  readonly configurationFile: string
  readonly name: string
  readonly configuration: Configuration
  /** What the node process is started with, before its arguments. Default: this program's `node-process`. */
  readonly nodeProcessCommand?: readonly string[]
  readonly leaveTimeoutMs?: number
}

/** With these the node process says that another try would end the same way. */
const hopelessCodes: readonly number[] = [exitCodes.configuration, exitCodes.cannotUse]

/** Runs the node until it is told to leave or cannot go on. Resolves to the exit code (exitCodes.ts); never rejects. */
export async function runGuard(options: GuardOptions): Promise<number> {
  const { configuration, name } = options
  const directories = {
    state: join(configuration.stateDirectory, name),
    runtime: join(configuration.runtimeDirectory, name),
  }
  try {
    for (const path of Object.values(directories)) mkdirSync(path, { recursive: true, mode: 0o700 })
    const lock = takeLock(join(directories.runtime, 'guard.lock'))
    if (!lock.isHeld) {
      logger.error('node {name} runs already, as process {holder}', { name, holder: lock.holder })
      return exitCodes.alreadyRunning
    }
    const notifier = createNotifier(process.env)
    const warden = startWarden(name)
    try {
      await sweepLeftovers(markerOf({ ...configuration, node: name }), { timeoutMs: sweepTimeoutMs })
      return await new Guard(options, { stateDirectory: directories.state, notifier, warden }).run()
    } finally {
      warden.close()
      notifier.close()
      lock.release()
    }
  } catch (error) {
    logger.error('node {name} cannot run here: {error}', {
      name,
      error: error instanceof Error ? error.message : String(error),
    })
    return exitCodes.cannotUse
  }
}

class Guard {
  readonly #options: GuardOptions
  readonly #notifier: Notifier
  readonly #warden: Warden
  readonly #stateDirectory: string
  readonly #marker: string
  readonly #components: ComponentProcesses
  readonly #liveness: Liveness
  readonly #restarts = new RestartLimit()
  readonly #over = Promise.withResolvers<number>()
  #incarnation: number
  #nodeProcess: NodeProcess | null = null
  #timer: Timer | null = null
  /** Set when the end has begun: what the guard will return. */
  #exitCode: number | null = null

  constructor(options: GuardOptions, at: { stateDirectory: string; notifier: Notifier; warden: Warden }) {
    const { configuration, name } = options
    this.#options = options
    this.#notifier = at.notifier
    this.#warden = at.warden
    this.#stateDirectory = at.stateDirectory
    this.#marker = markerOf({ ...configuration, node: name })
    this.#components = new ComponentProcesses({
      clock: realClock,
      launcher: new Launcher(),
      warden: at.warden,
      marker: this.#marker,
      selfStopMs: configuration.timing.selfStopMs,
      onFrame: (frame) =>
        this.#nodeProcess?.send(
          frame.type === 'component.exited' ? { ...frame, atMs: toShared(frame.atMs, realClock) } : frame,
        ),
    })
    this.#incarnation = nextIncarnation(at.stateDirectory)
    const others = Object.entries(configuration.nodes).filter(([node]) => node !== name)
    this.#liveness = new Liveness({
      cluster: configuration.cluster,
      secret: configuration.secret,
      node: name,
      incarnation: this.#incarnation,
      links: configuration.nodes[name]!.links,
      peers: Object.fromEntries(others.map(([node, { links }]) => [node, links])),
      onEnded: (ended) => this.#nodeProcess?.send({ type: 'peer.ended', ...ended }),
    })
  }

  async run(): Promise<number> {
    const onSignal = (signal: NodeJS.Signals): void => this.#signalled(signal)
    process.on('SIGTERM', onSignal)
    process.on('SIGINT', onSignal)
    raisePriority()
    try {
      this.#startNodeProcess()
      return await this.#over.promise
    } finally {
      process.off('SIGTERM', onSignal)
      process.off('SIGINT', onSignal)
      if (this.#timer) clearTimeout(this.#timer)
      this.#liveness.close()
    }
  }

  #startNodeProcess(): void {
    const { configurationFile, name, nodeProcessCommand = ownCommand() } = this.#options
    const parameters = ['--config', configurationFile, '--name', name, '--incarnation', String(this.#incarnation)]
    this.#nodeProcess = startNodeProcess({
      command: [...nodeProcessCommand, ...parameters],
      environment: { ...without(process.env, []), [markerName]: this.#marker },
      onFrame: (frame) => this.#take(frame),
      onExit: (exit) => void this.#nodeProcessEnded(exit),
    })
    this.#warden.node(this.#nodeProcess.pid)
    for (const ended of this.#liveness.endedPeers) this.#nodeProcess.send({ type: 'peer.ended', ...ended })
    logger.info('node process started: incarnation {incarnation}, process {pid}', {
      incarnation: this.#incarnation,
      pid: this.#nodeProcess.pid,
    })
  }

  #take(frame: NodeFrame): void {
    switch (frame.type) {
      case 'component.spawn':
        this.#components.spawn(frame)
        break
      case 'component.stop':
        this.#components.stop(frame)
        break
      case 'component.active':
        this.#components.setActive(frame)
        break
      case 'lease.set':
        this.#components.setLease({ untilMs: fromShared(frame.untilMs, realClock) })
        break
      case 'node.ready':
        this.#notifier.ready()
        break
      case 'node.status':
        this.#notifier.status(frame.text)
        break
      case 'node.left':
        this.#left()
        break
    }
  }

  async #nodeProcessEnded({ exitCode, signal }: { exitCode: number | null; signal: string | null }): Promise<void> {
    this.#nodeProcess = null
    this.#warden.node(0)
    if (this.#exitCode === null)
      logger.error('the node process ended ({how}): stopping its components', {
        how: signal ?? `exit code ${exitCode}`,
      })
    await this.#killComponents()
    this.#liveness.ended()
    if (this.#exitCode !== null) return this.#over.resolve(this.#exitCode)
    if (exitCode !== null && hopelessCodes.includes(exitCode)) return this.#over.resolve(exitCode)
    const restart = this.#restarts.next(performance.now())
    if (restart) this.#timer = setTimeout(() => this.#restart(), restart.delayMs)
    else {
      logger.error('the node process ended more than {count} times in {seconds} s: giving up', {
        count: restartCountMax,
        seconds: restartWindowMs / 1000,
      })
      this.#over.resolve(exitCodes.nodeProcessFailed)
    }
  }

  /** However long it takes: while something of a component is left, nobody may be told that this life has ended. */
  async #killComponents(): Promise<void> {
    while (!(await this.#components.killAll({ timeoutMs: killTimeoutMs })))
      logger.error('a component cannot be killed: waiting for the kernel to let go of it')
  }

  #restart(): void {
    try {
      this.#incarnation = nextIncarnation(this.#stateDirectory)
    } catch (error) {
      logger.error('the incarnation cannot be kept: {error}', { error: String(error) })
      this.#over.resolve(exitCodes.cannotUse)
      return
    }
    this.#liveness.alive(this.#incarnation)
    this.#startNodeProcess()
  }

  /** SIGTERM and the first SIGINT: leave in order. A second SIGINT: at once. */
  #signalled(signal: NodeJS.Signals): void {
    if (this.#exitCode === null) {
      this.#leave()
    } else if (signal === 'SIGINT') {
      logger.warn('interrupted: stopping at once')
      this.#end(exitCodes.interrupted)
    }
  }

  #leave(): void {
    logger.info('leaving')
    this.#notifier.stopping()
    this.#exitCode = exitCodes.left
    if (this.#timer) clearTimeout(this.#timer)
    // Between two lives of the node process there is nothing to hand over.
    if (!this.#nodeProcess) {
      this.#end(exitCodes.left)
      return
    }
    const limitMs = this.#options.leaveTimeoutMs ?? leaveTimeoutMs
    this.#timer = setTimeout(() => {
      logger.error('the roles were not handed over within {limitMs} ms', { limitMs })
      this.#end(exitCodes.leaveTimedOut)
    }, limitMs)
    this.#nodeProcess.send({ type: 'node.leave' })
  }

  #left(): void {
    this.#exitCode ??= exitCodes.left
    if (this.#timer) clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#nodeProcess?.kill(), endTimeoutMs)
    this.#nodeProcess?.close()
  }

  /** Kills everything; the node process's end leads to the guard's. */
  #end(exitCode: number): void {
    this.#exitCode = exitCode
    if (this.#nodeProcess) this.#nodeProcess.kill()
    else this.#over.resolve(exitCode)
  }
}

/** This program's hidden command, compiled or run from source. */
function ownCommand(): string[] {
  const isCompiled = Bun.main.startsWith('/$bunfs/')
  return [process.execPath, ...(isCompiled ? [] : [Bun.main]), 'node-process']
}
