/**
 * A cluster of real `rolecall node` processes on this machine, in a folder of its own: for the demo, the system tests and the
 * benchmarks. Its nodes end with the process that started it, whatever happens, unless it is to be kept.
 */
import { mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ComponentId, nodeOf } from '../../machines/model/ids.ts'
import type { ClusterView } from '../../machines/model/view.ts'
import { type ControlClient, connectControl } from '../manage/controlClient.ts'
import { environmentOf, processTree, signalAll } from './processes.ts'

export interface LocalClusterOptions {
  /** Made, and removed by `remove`. */
  readonly directory: string
  /** The binary, with what comes before its arguments. */
  readonly command: readonly string[]
  /** The text of `rolecall.yaml`; state and sockets belong below the folder. */
  readonly configuration: string
  readonly nodes: readonly string[]
  /** The nodes live on when this process ends. */
  readonly isKept?: boolean
}

export interface StartOptions {
  readonly file?: string
  readonly environment?: Readonly<Record<string, string>>
  readonly flags?: readonly string[]
}

const stopTimeoutMs = 15_000
const controlTimeoutMs = 1_000

export class LocalCluster {
  readonly directory: string
  readonly configurationFile: string
  readonly nodes: readonly string[]
  readonly #options: LocalClusterOptions
  readonly #guards = new Map<string, Bun.Subprocess>()

  constructor(options: LocalClusterOptions) {
    this.#options = options
    this.directory = options.directory
    this.nodes = options.nodes
    this.configurationFile = join(options.directory, 'rolecall.yaml')
    mkdirSync(options.directory, { recursive: true })
    writeFileSync(this.configurationFile, options.configuration)
  }

  /**
   * Of another file in the same folder, or with more in the environment, where that is given. `flags`: further ones of
   * `rolecall node`.
   */
  start(node: string, { file = this.configurationFile, environment = {}, flags = [] }: StartOptions = {}): void {
    const log = openSync(this.logFile(node), 'a')
    const setpriv = this.#options.isKept ? null : Bun.which('setpriv')
    const guard = Bun.spawn(
      [
        ...(setpriv ? [setpriv, '--pdeathsig', 'KILL', '--'] : []),
        ...this.#options.command,
        'node',
        '--config',
        file,
        '--name',
        node,
        ...flags,
      ],
      // A session of its own: Ctrl-C is for whoever runs the cluster, who then stops it.
      {
        detached: true,
        stdin: 'ignore',
        stdout: log,
        stderr: log,
        env: { ...process.env, NOTIFY_SOCKET: '', ...environment },
      },
    )
    guard.unref()
    this.#guards.set(node, guard)
  }

  startAll(): void {
    for (const node of this.nodes) this.start(node)
  }

  logFile(node: string): string {
    return join(this.directory, `${node}.log`)
  }

  stateDirectory(node: string): string {
    return join(this.directory, 'state', node)
  }

  control(node: string, timeoutMs = controlTimeoutMs): ControlClient {
    return connectControl({ path: join(this.directory, 'run', node, 'control.sock'), timeoutMs })
  }

  guardPid(node: string): number {
    const guard = this.#guards.get(node)
    if (!guard) throw new Error(`${node} was never started`)
    return guard.pid
  }

  isRunning(node: string): boolean {
    return this.#guards.get(node)?.exitCode === null && this.#guards.get(node)?.signalCode === null
  }

  /** The exit code of a node's guard, once it has ended; 128 and more: by a signal. */
  exited(node: string): Promise<number> {
    this.guardPid(node)
    return this.#guards.get(node)!.exited
  }

  /** Every process of a node: guard, node process, components with what they started. */
  processesOf(node: string): number[] {
    return processTree(this.guardPid(node))
  }

  /** The processes of a component, the outermost first. */
  processesOfComponent(component: ComponentId): number[] {
    return this.processesOf(nodeOf(component)).filter((pid) => environmentOf(pid, 'ROLECALL_COMPONENT') === component)
  }

  /** kill -9 of every process of a node, the guard first. */
  killNode(node: string): void {
    signalAll(this.processesOf(node), 'SIGKILL')
  }

  /** What the first node that answers sees; null: none does. */
  async view(of: readonly string[] = this.nodes): Promise<ClusterView | null> {
    for (const node of of) {
      try {
        if (this.isRunning(node)) return await this.control(node).view()
      } catch {
        // Starting, or just killed: the next one.
      }
    }
    return null
  }

  /** The first view for which the condition holds. Rejects with `what` when that takes longer than the limit. */
  async until(
    what: string,
    condition: (view: ClusterView) => boolean,
    options: { timeoutMs?: number; of?: readonly string[] } = {},
  ): Promise<ClusterView> {
    const endMs = performance.now() + (options.timeoutMs ?? 20_000)
    for (;;) {
      const view = await this.view(options.of)
      if (view !== null && condition(view)) return view
      if (this.nodes.every((node) => this.#guards.has(node) && !this.isRunning(node)))
        throw new Error(`every node has ended: ${readFileSync(this.logFile(this.nodes[0]!), 'utf8').slice(-500)}`)
      if (performance.now() >= endMs)
        throw new Error(
          `not in time: ${what}; last seen: ${JSON.stringify(view?.assignments)}; logs in ${this.directory}`,
        )
      await Bun.sleep(10)
    }
  }

  /** Ends all nodes: in order, and those that do not end in time at once. */
  async stop(): Promise<void> {
    const running = this.nodes.filter((node) => this.isRunning(node))
    for (const node of running) signalAll([this.guardPid(node)], 'SIGTERM')
    const allEnded = Promise.all(running.map((node) => this.#guards.get(node)!.exited))
    await Promise.race([allEnded, Bun.sleep(stopTimeoutMs)])
    this.kill()
  }

  /** Ends everything now. Synchronous, so that it works on the way out. */
  kill(): void {
    for (const node of this.nodes) if (this.#guards.has(node) && this.isRunning(node)) this.killNode(node)
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true })
  }
}

/** Every node alive, every component in the role and phase it is meant to have, every assignment served. */
export function isWhole(view: ClusterView): boolean {
  return (
    view.master !== null &&
    view.vice !== null &&
    view.nodes.every(({ availability }) => availability === 'alive') &&
    view.assignments.every(({ health }) => health === 'served') &&
    view.components.every(
      ({ role, phase, intendedRole }) =>
        role === intendedRole && (phase === 'ready' || phase === 'stopped') && role !== 'offline',
    )
  )
}
