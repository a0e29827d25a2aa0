/**
 * The process agent: runs programs as components (SPEC C1, C3). The guard owns the processes; here is what is to run, when
 * it is ready, whether it is healthy, and how it is told its role: over the SDK's socket, or by hooks (issue 2 point 6). Several
 * places of one component share its program (`sharedProcess.ts`).
 */
import { join } from 'node:path'
import type { Configuration } from '../../../machines/model/configuration.ts'
import {
  type ComponentId,
  componentId,
  componentNameOf,
  hostOf,
  type Incarnation,
  type NodeName,
} from '../../../machines/model/ids.ts'
import { isShared } from '../../../machines/model/redundancy.ts'
import type { Clock } from '../../engine/clock.ts'
import type { GuardClient, GuardHandlers } from '../../guard/client.ts'
import type { AgentEvent, ComponentAgent } from '../agent.ts'
import type { SdkCallbacks, SdkServer } from '../sdk/server.ts'
import { SharedProcess } from '../sharedProcess.ts'
import { Program } from './program.ts'
import { Tasks } from './tasks.ts'

export interface ProcessAgentOptions {
  readonly node: NodeName
  readonly configuration: Configuration
  readonly guard: GuardClient
  readonly createSdk: (callbacks: Omit<SdkCallbacks, 'onCheckpoint'>) => SdkServer
  readonly clock: Clock
  readonly onEvent: (event: AgentEvent) => void
  /** What programs inherit; default: this process's environment. */
  readonly baseEnvironment?: Readonly<Record<string, string | undefined>>
}

/** The guard's words on process groups are handed in through the last four. */
export interface ProcessAgent
  extends ComponentAgent,
    Pick<GuardHandlers, 'onStarted' | 'onStartFailed' | 'onExited' | 'onStopFailed'> {
  readonly sdk: SdkServer
  /** What programs are from their next start on. */
  configure(configuration: Configuration): void
  /** A component that is stopped is no longer here. */
  end(component: ComponentId): void
  /** Whether this life of the component's program is there: nobody else may register as it. */
  isExpected(component: ComponentId, incarnation: Incarnation): boolean
  /** Whether the component has places for several assignments. */
  isShared(component: ComponentId): boolean
}

/** Where the SDK server of a node listens: programs find it in ROLECALL_SOCKET. */
export function sdkSocketPath(at: { runtimeDirectory: string; node: NodeName }): string {
  return join(at.runtimeDirectory, at.node, 'sdk.sock')
}

export function createProcessAgent(options: ProcessAgentOptions): ProcessAgent {
  const { node, configuration, guard, clock, onEvent } = options
  const tasks = new Tasks({ guard, clock })
  const socketPath = sdkSocketPath({ runtimeDirectory: configuration.runtimeDirectory, node })
  const programs = new Map<ComponentId, Program>()
  const shared = new Map<ComponentId, SharedProcess>()
  let current = configuration
  const create = (component: ComponentId): Program | null => {
    const configured = current.components[componentNameOf(component)]
    if (!configured) return null
    return new Program({
      cluster: current.cluster,
      node,
      component,
      type: current.types[configured.type]!,
      instance: configured.instances[node] ?? { environment: {}, endpoint: null },
      baseEnvironment: options.baseEnvironment ?? process.env,
      socketPath,
      guard,
      tasks,
      sdk: () => sdk,
      clock,
      onEvent: (event) => said(event),
    })
  }
  /** A program that runs goes on as it was begun; the next begins as it is configured then. */
  const renew = (component: ComponentId): void => {
    const before = programs.get(component)
    if (before?.isRunning) return
    const program = create(component)
    if (program === null) return
    before?.close()
    programs.set(component, program)
  }
  const configure = (changed: Configuration): void => {
    current = changed
    for (const [name, { nodes }] of Object.entries(current.components))
      if (nodes.includes(node)) renew(componentId({ node, component: name }))
    for (const [host, process] of shared) if (process.isIdle && !isSharedHere(host)) shared.delete(host)
  }
  const isSharedHere = (component: ComponentId): boolean => {
    const { type } = current.components[componentNameOf(component)] ?? {}
    return type !== undefined && isShared(current.types[type]!)
  }
  configure(configuration)
  const of = (component: ComponentId): Program => {
    const program = programs.get(component)
    if (!program) throw new Error(`no component '${component}' on this node`)
    return program
  }
  /** The process that has the place; null: the component has one of its own. */
  const sharedOf = (component: ComponentId): SharedProcess | null => {
    const host = hostOf(component)
    if (host === component) return null
    const known = shared.get(host)
    if (known) return known
    const process = (): Program => {
      renew(host)
      return of(host)
    }
    const setActive = (activity: Parameters<GuardClient['setActive']>[0]): void => guard.setActive(activity)
    const made = new SharedProcess({ host, process, clock, setActive, onEvent })
    shared.set(host, made)
    return made
  }
  /** What is said of a program goes to its component's machine, or to the machines of its places. */
  const said = (event: AgentEvent): void => {
    const process = shared.get(hostOf(event.component))
    if (process) process.heard(event)
    else onEvent(event)
  }
  const sdk = options.createSdk({
    onRegistered: (registered) => of(registered.component).registered(registered),
    onRoleDone: (done) => said({ type: 'role.done', ...done }),
    onRoleFailed: (failed) => said({ type: 'role.failed', ...failed }),
    onErrorReport: (report) => said({ type: 'health.failed', ...report }),
    onDisconnected: (disconnected) => of(disconnected.component).disconnected(disconnected),
  })
  return {
    sdk,
    isExpected: (component, incarnation) => programs.get(component)?.isExpected(incarnation) ?? false,
    isShared: isSharedHere,
    configure,
    end(component) {
      // The process of a place is that of the others, too.
      if (hostOf(component) !== component) return
      programs.get(component)?.close()
      programs.delete(component)
    },
    start(order) {
      const process = sharedOf(order.component)
      if (process) return process.start(pickWords(order))
      renew(order.component)
      of(order.component).start(order, pickWords(order))
    },
    stop(order) {
      const process = sharedOf(order.component)
      if (process) process.stop(order)
      else of(order.component).stop(order)
    },
    invoke(order) {
      const invocation = { ...pickWords(order), level: order.level, timeLimitMs: order.timeLimitMs }
      const process = sharedOf(order.component)
      if (process) process.invoke(invocation)
      else of(order.component).invoke(invocation)
    },
    introduce(order) {
      const process = sharedOf(order.component)
      if (process) process.introduce(pickWords(order))
      else of(order.component).introduce(pickWords(order))
    },
    setActive({ component, incarnation, isActive }) {
      const process = sharedOf(component)
      if (process) process.setActive({ component, isActive })
      else guard.setActive({ component, incarnation, isActive })
    },
    close() {
      for (const program of programs.values()) program.close()
      tasks.close()
      sdk.close()
    },
    onStarted: (started) => {
      if (started.task === null) of(started.component as ComponentId).started(started)
    },
    onStartFailed: (failed) =>
      failed.task === null ? of(failed.component as ComponentId).startFailed(failed) : tasks.startFailed(failed),
    onExited: (exited) =>
      exited.task === null ? of(exited.component as ComponentId).exited(exited) : tasks.exited(exited),
    onStopFailed: (failed) =>
      failed.task === null ? of(failed.component as ComponentId).stopFailed(failed) : tasks.stopFailed(failed),
  }
}

/** Orders arrive as the machine's effects, which carry more (their type) than may go on to programs. */
function pickWords({ component, incarnation, assignment, role, token, peers }: Parameters<ComponentAgent['start']>[0]) {
  return { component, incarnation, assignment, role, token, peers }
}
