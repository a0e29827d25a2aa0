/**
 * The process agent: runs programs as components (SPEC C1, C3). The guard owns the processes; here is what is to run, when
 * it is ready, whether it is healthy, and how it is told its role: over the SDK's socket, or by hooks (issue 2 point 6). Several
 * places of one component share its program (`sharedProcess.ts`).
 */
import { join } from 'node:path'
import type { ComponentType, Configuration } from '../../../machines/model/configuration.ts'
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
import type {
  AgentEvent,
  ComponentAgent,
  ComponentLife,
  ErrandOrder,
  InvokeOrder,
  Reason,
  RoleWords,
  StopOrder,
} from '../agent.ts'
import { ProxiedProcess } from '../proxiedProcess.ts'
import type { SdkCallbacks, SdkServer } from '../sdk/server.ts'
import { type HostProcess, SharedProcess } from '../sharedProcess.ts'
import { LoadGates } from './loadGate.ts'
import { Program } from './program.ts'
import { SelfTest } from './selfTest.ts'
import { Tasks } from './tasks.ts'

export interface ProcessAgentOptions {
  readonly node: NodeName
  readonly configuration: Configuration
  readonly guard: GuardClient
  readonly createSdk: (callbacks: Omit<SdkCallbacks, 'onCheckpoint' | 'onRecord' | 'onSelfTestAsked'>) => SdkServer
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
  return new Agent(options)
}

type Guarded<Handler extends keyof GuardHandlers> = Parameters<GuardHandlers[Handler]>[0]

class Agent implements ProcessAgent {
  readonly sdk: SdkServer
  readonly #options: ProcessAgentOptions
  readonly #tasks: Tasks
  readonly #loads: LoadGates
  readonly #programs = new Map<ComponentId, Program>()
  readonly #shared = new Map<ComponentId, SharedProcess>()
  /** Those for which another component's program speaks. */
  readonly #proxied = new Map<ComponentId, ProxiedProcess>()
  /** By what the guard knows: the components and places that act in it. */
  readonly #active = new Map<ComponentId, Set<ComponentId>>()
  /** Under way: their programs stand in for the component's own. */
  readonly #selfTests = new Map<ComponentId, SelfTest>()
  /** Of the last life that was started of each component. */
  readonly #lives = new Map<ComponentId, Incarnation>()
  #configuration: Configuration

  constructor(options: ProcessAgentOptions) {
    const { guard, clock } = options
    this.#options = options
    this.#configuration = options.configuration
    this.#tasks = new Tasks({ guard, clock })
    this.#loads = new LoadGates(clock, (load) => this.#said({ type: 'load.changed', ...load }))
    this.sdk = options.createSdk({
      onRegistered: (registered) => this.#present(registered.component).registered(registered),
      onRoleDone: (done) => this.#said({ type: 'role.done', ...done }),
      onRoleFailed: (failed) => this.#said({ type: 'role.failed', ...failed }),
      onErrorReport: (report) => this.#said({ type: 'health.failed', ...report }),
      onLoad: (load) => this.#loads.heard(load),
      onAnnounced: (announced) => {
        if (this.#typeOf(announced.component)?.selfDetermining) this.#said({ type: 'role.announced', ...announced })
      },
      onProxied: ({ by, component, word }) => {
        if (this.#proxyOf(component) === by.component) this.#proxiedOf(component)?.heard(word)
      },
      onDisconnected: (disconnected) => {
        this.#proxyLost(disconnected.component)
        this.#present(disconnected.component).disconnected(disconnected)
      },
    })
    this.configure(options.configuration)
  }

  isExpected(component: ComponentId, incarnation: Incarnation): boolean {
    const program = this.#selfTests.get(component)?.program ?? this.#programs.get(component)
    return program?.isExpected(incarnation) ?? false
  }

  isShared(component: ComponentId): boolean {
    const type = this.#typeOf(component)
    return type !== null && isShared(type)
  }

  configure(configuration: Configuration): void {
    this.#configuration = configuration
    const { node } = this.#options
    for (const [name, { nodes }] of Object.entries(configuration.components))
      if (nodes.includes(node)) this.#renew(componentId({ node, component: name }))
    for (const [host, process] of this.#shared) if (process.isIdle && !this.isShared(host)) this.#shared.delete(host)
  }

  end(component: ComponentId): void {
    this.#proxied.get(component)?.close()
    this.#proxied.delete(component)
    // The process of a place is that of the others, too.
    if (hostOf(component) !== component) return
    this.#programs.get(component)?.close()
    this.#programs.delete(component)
  }

  start(order: RoleWords): void {
    const words = pickWords(order)
    const process = this.#proxiedOf(order.component) ?? this.#sharedOf(order.component)
    if (process) process.start(words)
    else this.#startProgram(words, words)
  }

  stop(order: StopOrder): void {
    const process = this.#proxiedOf(order.component) ?? this.#sharedOf(order.component)
    if (process) process.stop(order)
    else this.#stopProgram(order)
  }

  invoke(order: InvokeOrder): void {
    const invocation = { ...pickWords(order), level: order.level, timeLimitMs: order.timeLimitMs }
    const process = this.#proxiedOf(order.component) ?? this.#sharedOf(order.component)
    if (process) process.invoke(invocation)
    else this.#own(order.component).invoke(invocation)
  }

  introduce(order: RoleWords): void {
    const process = this.#proxiedOf(order.component) ?? this.#sharedOf(order.component)
    if (process) process.introduce(pickWords(order))
    else this.#own(order.component).introduce(pickWords(order))
  }

  setActive({ component, incarnation, isActive }: ComponentLife & { isActive: boolean }): void {
    const proxy = this.#proxyOf(component)
    const process = this.#sharedOf(component)
    if (proxy !== null) this.#tellActive(component, { ...this.#lifeOf(proxy), isActive })
    else if (process) process.setActive({ component, isActive })
    else this.#tellActive(component, { component, incarnation, isActive })
  }

  lifeOf(life: ComponentLife): Incarnation {
    return this.#sharedOf(life.component)?.lifeOf(life) ?? life.incarnation
  }

  run({ kind, component: place, incarnation, timeLimitMs }: ErrandOrder): Promise<Reason | null> {
    const component = hostOf(place)
    if (!this.#programs.has(component)) return Promise.resolve({ code: 'no-such', detail: 'it is not on this node' })
    if (this.#proxyOf(component))
      return Promise.resolve({ code: 'unsupported', detail: 'it has no process of its own' })
    return kind === 'reset'
      ? this.#own(component).reset(timeLimitMs)
      : this.#test({ component, incarnation }, timeLimitMs)
  }

  close(): void {
    for (const program of this.#programs.values()) program.close()
    for (const { program } of this.#selfTests.values()) program.close()
    for (const process of this.#proxied.values()) process.close()
    this.#loads.close()
    this.#tasks.close()
    this.sdk.close()
  }

  onStarted(started: Guarded<'onStarted'>): void {
    if (started.task === null) this.#present(started.component as ComponentId).started(started)
  }

  onStartFailed(failed: Guarded<'onStartFailed'>): void {
    if (failed.task === null) this.#present(failed.component as ComponentId).startFailed(failed)
    else this.#tasks.startFailed(failed)
  }

  onExited(exited: Guarded<'onExited'>): void {
    if (exited.task === null) this.#present(exited.component as ComponentId).exited(exited)
    else this.#tasks.exited(exited)
  }

  onStopFailed(failed: Guarded<'onStopFailed'>): void {
    if (failed.task === null) this.#present(failed.component as ComponentId).stopFailed(failed)
    else this.#tasks.stopFailed(failed)
  }

  /** What is said of a program goes to its component's machine, or to the machines of its places. */
  #said(event: AgentEvent): void {
    if (event.type === 'process.exited') this.#proxyLost(event.component)
    const proxied = this.#proxied.get(event.component)
    const process = this.#shared.get(hostOf(event.component))
    if (proxied && (event.type === 'role.done' || event.type === 'role.failed')) proxied.answered(event)
    else if (process) process.heard(event)
    else this.#options.onEvent(event)
  }

  /** The component whose program speaks for this one; null: its own does. */
  #proxyOf(component: ComponentId): ComponentId | null {
    const { proxy } = this.#configuration.components[componentNameOf(component)] ?? {}
    return proxy === undefined ? null : componentId({ node: this.#options.node, component: proxy })
  }

  #proxiedOf(component: ComponentId): ProxiedProcess | null {
    const proxy = this.#proxyOf(component)
    if (proxy === null) return null
    const known = this.#proxied.get(component)
    if (known) return known
    const via = (): ComponentLife => this.#lifeOf(proxy)
    const { sdk } = this
    const { clock, onEvent } = this.#options
    const made = new ProxiedProcess({
      component,
      proxy: {
        get isConnected() {
          return sdk.isConnected(via())
        },
        start: ({ assignment }, timeLimitMs) => sdk.startProxied({ via: via(), component, assignment, timeLimitMs }),
        invoke: (order) => sdk.invoke({ ...order, via: via() }),
        introduce: (words) => sdk.introduce({ ...words, via: via() }),
      },
      startTimeoutMs: () => this.#typeOf(component)?.startTimeoutMs ?? 0,
      clock,
      onEvent,
    })
    this.#proxied.set(component, made)
    return made
  }

  #proxyLost(proxy: ComponentId): void {
    for (const [component, process] of this.#proxied) if (this.#proxyOf(component) === proxy) process.proxyLost()
  }

  #lifeOf(component: ComponentId): ComponentLife {
    return { component, incarnation: this.#lives.get(component) ?? 0 }
  }

  /** `of`: what acts, in the process that the guard knows. */
  #tellActive(of: ComponentId, { component, incarnation, isActive }: ComponentLife & { isActive: boolean }): void {
    const acting = this.#active.get(component) ?? new Set()
    this.#active.set(component, acting)
    if (isActive) acting.add(of)
    else acting.delete(of)
    this.#options.guard.setActive({ component, incarnation, isActive: acting.size > 0 })
  }

  #typeOf(component: ComponentId): ComponentType | null {
    const { components, types } = this.#configuration
    const configured = components[componentNameOf(component)]
    return configured ? types[configured.type]! : null
  }

  /** The component's own program, running or not. */
  #own(component: ComponentId): Program {
    const program = this.#programs.get(component)
    if (!program) throw new Error(`no component '${component}' on this node`)
    return program
  }

  /** The one that guard and SDK speak of. */
  #present(component: ComponentId): Program {
    return this.#selfTests.get(component)?.program ?? this.#own(component)
  }

  #create(component: ComponentId, onEvent: (event: AgentEvent) => void): Program | null {
    const { node, guard, clock, baseEnvironment = process.env } = this.#options
    const { cluster, components, runtimeDirectory } = this.#configuration
    const type = this.#typeOf(component)
    if (type === null) return null
    return new Program({
      cluster,
      node,
      component,
      type,
      isExclusive: type.exclusive || this.#speaksForExclusive(component),
      instance: components[componentNameOf(component)]!.instances[node] ?? { environment: {}, endpoint: null },
      baseEnvironment,
      socketPath: sdkSocketPath({ runtimeDirectory, node }),
      guard,
      tasks: this.#tasks,
      sdk: () => this.sdk,
      clock,
      onEvent,
    })
  }

  /** Without the lease it is ended for the sake of what it speaks for, which must do nothing without it. */
  #speaksForExclusive(component: ComponentId): boolean {
    const { components, types } = this.#configuration
    const name = componentNameOf(component)
    return Object.values(components).some(({ proxy, type }) => proxy === name && types[type]!.exclusive)
  }

  /** A program that runs goes on as it was begun; the next begins as it is configured then. */
  #renew(component: ComponentId): void {
    const before = this.#programs.get(component)
    if (before?.isRunning) return
    const program = this.#create(component, (event) => this.#said(event))
    if (program === null) return
    before?.close()
    this.#programs.set(component, program)
  }

  /** `words` null: a process for several places, which are told later. */
  #startProgram({ component, incarnation }: ComponentLife, words: RoleWords | null): void {
    const begin = (): void => {
      this.#lives.set(component, incarnation)
      this.#renew(component)
      this.#own(component).start({ component, incarnation }, words)
    }
    const test = this.#selfTests.get(component)
    if (test) test.giveWay({ incarnation, begin })
    else begin()
  }

  #stopProgram(order: StopOrder, told?: readonly RoleWords[]): void {
    this.#selfTests.get(order.component)?.forget(order.incarnation)
    this.#own(order.component).stop(order, told)
  }

  /** The process that has the place; null: the component has one of its own. */
  #sharedOf(component: ComponentId): SharedProcess | null {
    const host = hostOf(component)
    if (host === component) return null
    const known = this.#shared.get(host)
    if (known) return known
    const process: HostProcess = {
      takes: (role) => this.#own(host).takes(role),
      start: (life, words) => this.#startProgram(life, words),
      stop: (order, told) => this.#stopProgram(order, told),
      invoke: (order) => this.#own(host).invoke(order),
      introduce: (words) => this.#own(host).introduce(words),
    }
    const { clock, onEvent } = this.#options
    const setActive = (activity: ComponentLife & { isActive: boolean }): void => this.#tellActive(host, activity)
    const made = new SharedProcess({ host, process, clock, setActive, onEvent })
    this.#shared.set(host, made)
    return made
  }

  #test({ component, incarnation }: ComponentLife, timeLimitMs: number): Promise<Reason | null> {
    const type = this.#typeOf(component)
    if (type === null || this.#own(component).isRunning || this.#selfTests.has(component))
      return Promise.resolve({ code: 'selfTest.notOffline', detail: 'its process runs, or it is being tested' })
    const { promise, resolve } = Promise.withResolvers<Reason | null>()
    const test = new SelfTest({
      component,
      incarnation: Math.max(incarnation, this.#lives.get(component) ?? 0),
      type,
      createProgram: (onEvent) => this.#create(component, onEvent)!,
      tasks: this.#tasks,
      sdk: () => this.sdk,
      clock: this.#options.clock,
      timeLimitMs,
      onEnd: (failure) => {
        this.#selfTests.delete(component)
        resolve(failure)
      },
    })
    this.#selfTests.set(component, test)
    test.begin()
    return promise
  }
}

/** Orders arrive as the machine's effects, which carry more (their type) than may go on to programs. */
function pickWords({ component, incarnation, assignment, role, token, peers }: RoleWords): RoleWords {
  return { component, incarnation, assignment, role, token, peers }
}
