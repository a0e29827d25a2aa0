/**
 * What `rolecall node` runs: the small process that everything of a node hangs on. It starts the node process and, on its
 * behalf, the components; it sends the heartbeats and holds the leases; whichever way any of these ends, it sees it, clears
 * away what hung on it, and tells the other guards, so that nothing of the node acts unseen. What it decides is in
 * guardCore.ts; here is the real world it stands on.
 *
 *   guard ends          the kernel, the node process and the warden end the components; the peers' guards notice
 *   guard hangs         the node process kills the components, the guard and itself (client.ts)
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { getLogger } from '@logtape/logtape'
import type { Configuration } from '../../machines/model/configuration.ts'
import { realClock } from '../engine/clock.ts'
import { exitCodes } from './exitCodes.ts'
import { GuardCore, type GuardPorts } from './guardCore.ts'
import { openHeartbeatNetwork } from './heartbeatNetwork.ts'
import { nextIncarnation } from './incarnation.ts'
import { ProcessLauncher, without } from './launcher.ts'
import { Liveness } from './liveness.ts'
import { takeLock } from './lock.ts'
import { startNodeProcess } from './nodeProcess.ts'
import { createNotifier } from './notify.ts'
import { raisePriority } from './priority.ts'
import type { GuardProblem } from './protocol.ts'
import { createSharedTime } from './sharedTime.ts'
import { markerName, markerOf, sweepLeftovers } from './sweep.ts'
import { startWarden } from './warden.ts'
import { openWatchdog, type Watchdog } from './watchdog.ts'

const logger = getLogger(['rolecall', 'guard'])

const sweepTimeoutMs = 5000

export interface GuardOptions {
  readonly configurationFile: string
  readonly name: string
  readonly configuration: Configuration
  /** What the node process is started with, before its arguments. Default: this program's `node-process`. */
  readonly nodeProcessCommand?: readonly string[]
  readonly leaveTimeoutMs?: number
  /** Told to the first life of the node process only: by the next, more may be known of the cluster than the operator knew. */
  readonly isFoundingForced?: boolean
}

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
    // Before the priority is raised: the warden needs none.
    const warden = startWarden(name)
    try {
      await sweepLeftovers(markerOf({ ...configuration, node: name }), { timeoutMs: sweepTimeoutMs })
      const ports = realPorts(options, { stateDirectory: directories.state, notifier, warden })
      return await runWithSignals(new GuardCore(options, ports))
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

function realPorts(
  options: GuardOptions,
  at: Pick<GuardPorts, 'notifier' | 'warden'> & { stateDirectory: string },
): GuardPorts {
  const { configuration, name, configurationFile, nodeProcessCommand = ownCommand() } = options
  const marker = markerOf({ ...configuration, node: name })
  const { cluster, secret } = configuration
  const ownLinks = configuration.nodes[name]!.links
  const problems: GuardProblem[] = []
  let isFoundingForced = options.isFoundingForced ?? false
  const note = (problem: GuardProblem | null): void => {
    if (problem === null) return
    logger.warn('{text}', { text: problem.text })
    problems.push(problem)
  }
  note(raisePriority({ isRealtime: configuration.guard?.realtime ?? true }))
  const watchdog = watchdogOf(configuration, note)
  return {
    clock: realClock,
    turn: (callback) => void setImmediate(callback),
    sharedTime: createSharedTime(realClock),
    nextIncarnation: () => nextIncarnation(at.stateDirectory),
    startNodeProcess: ({ incarnation, ...callbacks }) => {
      const parameters = ['--config', configurationFile, '--name', name, '--incarnation', String(incarnation)]
      if (isFoundingForced) parameters.push('--form')
      isFoundingForced = false
      return startNodeProcess({
        command: [...nodeProcessCommand, ...parameters],
        environment: { ...without(process.env, []), [markerName]: marker },
        ...callbacks,
      })
    },
    launcher: new ProcessLauncher(),
    warden: at.warden,
    marker,
    openLiveness: (of) => new Liveness({ cluster, secret, node: name, links: ownLinks, ...of }),
    openHeartbeatNetwork: (of) => openHeartbeatNetwork({ self: name, cluster, secret, ownLinks, ...of }),
    notifier: at.notifier,
    watchdog,
    problems,
  }
}

function watchdogOf({ watchdog }: Configuration, note: (problem: GuardProblem) => void): Watchdog | null {
  if (!watchdog) return null
  const opened = openWatchdog(watchdog)
  if (opened.watchdog === null) {
    note({ code: 'watchdog.unusable', text: `the watchdog is not fed: ${opened.detail}` })
  } else if (opened.timeoutMs === null) {
    note({ code: 'watchdog.unusable', text: `${watchdog.device} takes no timeout, and keeps its own` })
  }
  return opened.watchdog
}

/** SIGTERM and the first SIGINT: leave in order. A second SIGINT: at once. */
async function runWithSignals(core: GuardCore): Promise<number> {
  const onSignal = (signal: NodeJS.Signals): void => {
    if (!core.isLeaving) core.leave()
    else if (signal === 'SIGINT') core.interrupt()
  }
  process.on('SIGTERM', onSignal)
  process.on('SIGINT', onSignal)
  try {
    return await core.run()
  } finally {
    process.off('SIGTERM', onSignal)
    process.off('SIGINT', onSignal)
  }
}

/** This program's hidden command, compiled or run from source. */
function ownCommand(): string[] {
  const isCompiled = Bun.main.startsWith('/$bunfs/')
  return [process.execPath, ...(isCompiled ? [] : [Bun.main]), 'node-process']
}
