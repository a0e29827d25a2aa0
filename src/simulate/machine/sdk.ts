/**
 * The node's end of the SDK without a socket: simulated programs register, take role commands with a time limit, and answer.
 * Like the real server (src/agents/sdk) a command that comes before its program has registered waits for it, and a program has a
 * command open for each of its places.
 */
import { type ComponentId, hostOf } from '../../../machines/model/ids.ts'
import type {
  Checkpoint,
  Errand,
  ErrandFailure,
  ProgramLife,
  RoleInvocation,
  SdkServerOptions,
} from '../../agents/sdk/options.ts'
import type { SdkServer } from '../../agents/sdk/server.ts'
import type { ProcessClock } from '../world/clocks.ts'
import type { World } from '../world/world.ts'
import type { SimulatedProgram } from './program.ts'

/** The same for all: a socket keeps the order. */
const latencyMs = 0.1

interface OpenCommand {
  readonly id: number
  readonly invocation: RoleInvocation
  readonly cancel: () => void
}

export class SimulatedSdk implements SdkServer {
  readonly #options: SdkServerOptions
  readonly #process: ProcessClock
  readonly #world: World
  readonly #programs = new Map<ComponentId, SimulatedProgram>()
  readonly #commands = new Map<ComponentId, OpenCommand>()
  #lastId = 0

  constructor(options: SdkServerOptions, of: { process: ProcessClock; world: World }) {
    this.#options = options
    this.#process = of.process
    this.#world = of.world
  }

  /** A program connects. */
  register(program: SimulatedProgram): void {
    this.#later(() => {
      const { component, incarnation } = program
      if (!program.isAlive || !this.#options.isExpected(component, incarnation)) return
      this.#programs.set(component, program)
      for (const [of, command] of this.#commands)
        if (hostOf(of) === component && command.invocation.incarnation === incarnation) this.#say(program, command)
      this.#options.callbacks.onRegistered({ component, incarnation, endpoint: null, release: null, properties: {} })
      this.announce(program)
    })
  }

  /** One that picks its own role says which. */
  announce({ component, incarnation, announced }: SimulatedProgram): void {
    if (announced === null) return
    this.#later(() => {
      if (this.#programOf(component, incarnation) === null) return
      this.#options.callbacks.onAnnounced({ component, incarnation, role: announced })
    })
  }

  answer(program: SimulatedProgram, id: number, failure: { code: string; detail: string } | null): void {
    this.#later(() => {
      const command = [...this.#commands.values()].find((open) => open.id === id)
      if (!command || (command.invocation.via ?? command.invocation).incarnation !== program.incarnation) return
      command.cancel()
      this.#commands.delete(command.invocation.component)
      const { component, incarnation, role, token } = command.invocation
      const done = { component, incarnation, role, token }
      if (failure) this.#options.callbacks.onRoleFailed({ ...done, ...failure })
      else this.#options.callbacks.onRoleDone(done)
    })
  }

  invoke(invocation: RoleInvocation): void {
    const { component, incarnation, role, token, timeLimitMs } = invocation
    this.#commands.get(component)?.cancel()
    this.#lastId += 1
    const id = this.#lastId
    const cancel = this.#process.setTimer(timeLimitMs, () => {
      if (this.#commands.get(component)?.id !== id) return
      this.#commands.delete(component)
      const detail = `no answer to ${role} within ${timeLimitMs} ms`
      this.#options.callbacks.onRoleFailed({ component, incarnation, role, token, code: 'role.timedOut', detail })
    })
    const command = { id, invocation, cancel }
    this.#commands.set(component, command)
    const { component: by, incarnation: life } = invocation.via ?? invocation
    const program = this.#programOf(by, life)
    if (program) this.#say(program, command)
  }

  introduce(): void {}

  stop({ component, incarnation }: { component: ComponentId; incarnation: number }): boolean {
    const program = this.#programOf(component, incarnation)
    if (program) this.#toProgram(() => program.asked())
    return program !== null
  }

  isConnected({ component, incarnation }: ProgramLife): boolean {
    return this.#programOf(component, incarnation) !== null
  }

  /** Every simulated program speaks for whatever it is asked to. */
  startProxied({ via, component }: Parameters<SdkServer['startProxied']>[0]): void {
    const word = { state: 'ready', endpoint: null, release: null } as const
    const isThere = (): boolean => this.isConnected(via)
    if (isThere()) this.#later(() => isThere() && this.#options.callbacks.onProxied({ by: via, component, word }))
  }

  run({ kind, component, incarnation, timeLimitMs }: Errand): Promise<ErrandFailure | null> {
    const program = this.#programOf(component, incarnation)
    const { promise, resolve } = Promise.withResolvers<ErrandFailure | null>()
    const detail = `no answer within ${timeLimitMs} ms`
    const cancel = this.#process.setTimer(timeLimitMs, () => resolve({ code: `${kind}.timedOut`, detail }))
    const done = (failure: ErrandFailure | null): void =>
      this.#later(() => {
        cancel()
        resolve(failure)
      })
    if (program) this.#toProgram(() => program.sent(done))
    return promise
  }

  lease(remainingMs: number | null): void {
    for (const program of this.#programs.values()) if (program.isAlive) program.granted(remainingMs)
  }

  deliverCheckpoint(_checkpoint: Checkpoint): Promise<{ ok: true }> {
    return Promise.resolve({ ok: true })
  }

  close(): void {
    for (const { cancel } of this.#commands.values()) cancel()
    this.#commands.clear()
    this.#programs.clear()
  }

  #say(program: SimulatedProgram, { id, invocation }: OpenCommand): void {
    this.#toProgram(() => program.told(id, invocation, this))
  }

  #programOf(component: ComponentId, incarnation: number): SimulatedProgram | null {
    const program = this.#programs.get(hostOf(component))
    return program?.incarnation === incarnation && program.isAlive ? program : null
  }

  #toProgram(callback: () => void): void {
    this.#world.after(latencyMs, callback)
  }

  #later(callback: () => void): void {
    this.#world.after(latencyMs, () => this.#process.receive(callback))
  }
}
