/**
 * A computer: its clock, its disk, the guard process with the real `GuardCore`, the node process that it starts, and the programs
 * of components. Each process can end or stand still by itself; all of them go with the power.
 */
import type { Configuration } from '../../../machines/model/configuration.ts'
import { type ComponentId, componentNameOf, type NodeName } from '../../../machines/model/ids.ts'
import { roles } from '../../../machines/model/roles.ts'
import type { FileConfiguration } from '../../configuration/tree.ts'
import type { EndRecord, StartRecord, StepRecord } from '../../engine/record.ts'
import { exitCodes } from '../../guard/exitCodes.ts'
import { GuardCore } from '../../guard/guardCore.ts'
import type { Launched, LaunchOrder } from '../../guard/launcher.ts'
import type { NodeProcess } from '../../guard/nodeProcess.ts'
import type { BlackBox, RecorderOptions } from '../../recorder/index.ts'
import type { KeptEntry } from '../../repository/entry.ts'
import { programTypeOf, servedTypeOf } from '../file.ts'
import type { ObservedEvent } from '../observation.ts'
import type { Random } from '../random.ts'
import { MachineClock, ProcessClock } from '../world/clocks.ts'
import type { Evidence } from '../world/evidence.ts'
import type { Networks } from '../world/networks.ts'
import type { World } from '../world/world.ts'
import { SimulatedDisk } from './disk.ts'
import { LeaseWatch } from './leases.ts'
import { NodeLife } from './nodeLife.ts'
import { type ProgramFaults, SimulatedProgram } from './program.ts'

export interface MachineOptions {
  readonly world: World
  readonly networks: Networks
  readonly evidence: Evidence
  readonly random: Random
  readonly configuration: Configuration
  readonly file: FileConfiguration
  readonly name: NodeName
  readonly clock: { rate: number; offsetMs: number }
  readonly programFaults: ProgramFaults
  readonly openRecorder: ((options: RecorderOptions) => BlackBox) | null
  readonly observe: (event: ObservedEvent) => void
  readonly onRecord: (machine: Machine, record: EndRecord | StartRecord | StepRecord) => void
  readonly onCommitted: (machine: Machine, entry: KeptEntry) => void
  /** A process threw: a programming error in what is simulated. */
  readonly onThrown: (machine: Machine, process: 'guard' | 'node', error: unknown) => void
}

/** Frames between guard and node process, signals, and the ends of processes. */
const pipeMs = 0.05
const exitSeenMs = 0.3
const wardenMs = 200
const hookMaxMs = 5
/** What looks after the guard (a service manager) starts it again so much later. */
const guardRestartMinMs = 100
const guardRestartMaxMs = 1_500

export class Machine {
  readonly name: NodeName
  readonly clock: MachineClock
  readonly disk: SimulatedDisk
  life: NodeLife | null = null
  guard: ProcessClock | null = null
  /** Its operator has it removed from the cluster: should it leave as removed, nobody starts its guard again before `rejoin`. */
  isRemoved = false
  #hasLeft = false
  readonly #options: MachineOptions
  readonly #leases: LeaseWatch
  readonly #programs = new Map<number, SimulatedProgram>()
  #lastPid = 1
  #bootCount = 0
  #isOn = false

  constructor(options: MachineOptions) {
    this.#options = options
    const { world, name, observe, clock } = options
    this.name = name
    this.clock = new MachineClock(world, clock)
    this.disk = new SimulatedDisk({
      world,
      random: options.random,
      name,
      onCommitted: (entry) => options.onCommitted(this, entry),
    })
    this.#leases = new LeaseWatch({ world, node: name, observe })
  }

  get programs(): readonly SimulatedProgram[] {
    return [...this.#programs.values()]
  }

  get isOn(): boolean {
    return this.#isOn
  }

  get isAnyPaused(): boolean {
    return (this.guard?.isPaused ?? false) || (this.life?.process.isPaused ?? false)
  }

  /** Power on: the service manager starts the guard. */
  boot(): void {
    this.#isOn = true
    this.#startGuard()
  }

  /** Every process is gone at once, and no kernel says so. */
  cutPower(): void {
    if (!this.#isOn) return
    this.#isOn = false
    this.#bootCount += 1
    this.guard?.kill()
    this.guard = null
    this.#options.evidence.powerCut(this.name)
    this.#endNode()
    for (const program of this.programs) program.exit({ exitCode: null, signal: 'SIGKILL' })
    this.#options.observe({ type: 'node.ended', node: this.name })
  }

  /** The guard's process is gone: the kernel ends its children's groups, the node process reads the end of its input. */
  killGuard(): void {
    const { world, evidence } = this.#options
    if (!this.guard) return
    this.guard.kill()
    this.guard = null
    this.#leases.guardEnded()
    const { life } = this
    for (const program of this.programs)
      world.after(exitSeenMs, () => program.exit({ exitCode: null, signal: 'SIGKILL' }))
    if (life) {
      world.after(pipeMs, () => life.guardLost())
      world.after(wardenMs, () => this.life === life && this.#endNode())
    }
    evidence.guardGone(this.name)
    const boot = this.#bootCount
    world.after(wardenMs + this.#options.random.between(guardRestartMinMs, guardRestartMaxMs), () => {
      if (this.#isOn && boot === this.#bootCount && !this.guard && !this.#hasLeft) this.#startGuard()
    })
  }

  /** It leaves the cluster in order; then the service manager starts it again. */
  leave(): void {
    const core = this.#core
    this.guard?.receive(() => core?.leave())
  }

  /** It is to be in the cluster again. */
  rejoin(): void {
    this.isRemoved = false
    if (this.#hasLeft && this.#isOn) this.#startGuard()
  }

  killNode(signal: string | null = 'SIGKILL', exitCode: number | null = null): void {
    this.#nodeExit?.({ exitCode, signal })
  }

  pauseAll(): void {
    this.guard?.pause()
    this.life?.process.pause()
    for (const program of this.programs) program.pause()
  }

  resumeAll(): void {
    this.guard?.resume()
    this.life?.process.resume()
    for (const program of this.programs) program.resume()
  }

  #core: GuardCore | null = null
  #nodeExit: ((exit: { exitCode: number | null; signal: string | null }) => void) | null = null

  #startGuard(): void {
    const { world, configuration, name, networks, evidence } = this.#options
    const guard = this.#process('guard')
    this.#hasLeft = false
    this.guard = guard
    const core = new GuardCore(
      { name, configuration },
      {
        clock: guard,
        turn: (callback) => void guard.setTimer(0, callback),
        sharedTime: guard,
        nextIncarnation: () => this.disk.nextIncarnation(),
        startNodeProcess: (of) => this.#startNode(guard, of),
        launcher: {
          launch: (order) => this.#launch(guard, order),
          signalGroup: (pid, signal) => this.#signal(pid, signal),
          killGroup: async (pid) => {
            this.#signal(pid, 'SIGKILL')
            return true
          },
        },
        warden: { node() {}, started() {}, ended() {}, close() {} },
        marker: name,
        openLiveness: ({ incarnation, peers, onEnded }) =>
          evidence.open(guard, { self: name, incarnation, peers: Object.keys(peers), onEnded }),
        openHeartbeatNetwork: async (options) => networks.openHeartbeats(guard, name, options),
        notifier: { ready() {}, status() {}, stopping() {}, close() {} },
        watchdog: null,
        problems: [],
      },
    )
    const over = (exitCode: number): void => {
      if (this.guard !== guard) return
      this.#hasLeft = this.isRemoved && exitCode === exitCodes.removed
      this.killGuard()
    }
    this.#core = core
    core.run().then(
      (exitCode) => world.after(0, () => over(exitCode)),
      (error) => this.#options.onThrown(this, 'guard', error),
    )
  }

  #startNode(
    guard: ProcessClock,
    of: Parameters<ConstructorParameters<typeof GuardCore>[1]['startNodeProcess']>[0],
  ): NodeProcess {
    const { world, networks, random, configuration, file, name, openRecorder, observe, onRecord, onThrown } =
      this.#options
    // It was about to when the power went.
    if (!guard.isAlive) return { pid: ++this.#lastPid, send() {}, close() {}, kill() {} }
    const process = this.#process('node')
    const life: NodeLife = new NodeLife({
      world,
      networks,
      random,
      process,
      disk: this.disk,
      configuration,
      file,
      name,
      incarnation: of.incarnation,
      openRecorder,
      onRecord: (record) => onRecord(this, record),
      onLease: (seen) => this.#leases.look(seen),
      toGuard: (frame) => void world.after(pipeMs, () => guard.receive(() => of.onFrame(frame))),
      killGroup: (pid) => void this.#signal(pid, 'SIGKILL'),
      killGuard: () => this.killGuard(),
      isGuardAlive: () => guard.isAlive,
      exit: (exitCode) => exitBySelf(exitCode),
      onThrown: (error) => {
        onThrown(this, 'node', error)
        exitBySelf(1)
      },
    })
    const exitBySelf = (exitCode: number): void => {
      if (this.life === life) life.ending()
      exit({ exitCode, signal: null })
    }
    const exit = (how: { exitCode: number | null; signal: string | null }): void => {
      if (this.life !== life) return
      this.#endNode()
      world.after(exitSeenMs, () => guard.receive(() => of.onExit(how)))
    }
    this.life = life
    this.#nodeExit = exit
    observe({ type: 'node.started', node: name })
    return {
      pid: ++this.#lastPid,
      send: (frame) => {
        if (frame.type === 'lease.report' && frame.nodeUntilMs !== null && this.life === life)
          this.#leases.granted(this.clock.trueMs(frame.nodeUntilMs))
        world.after(pipeMs, () => life.take(frame))
      },
      close: () => void world.after(pipeMs, () => life.guardLost()),
      kill: () => void world.after(pipeMs, () => exit({ exitCode: null, signal: 'SIGKILL' })),
    }
  }

  #endNode(): void {
    if (!this.life) return
    this.life.close()
    this.disk.crash()
    this.life = null
    this.#nodeExit = null
    this.#leases.ended()
  }

  #launch(guard: ProcessClock, { command, environment, source, onExit }: LaunchOrder): Launched {
    const { world, random, configuration, observe, programFaults, name } = this.#options
    if (command.length === 0) return { isStarted: false, code: 'command.notFound', detail: 'no command' }
    const pid = ++this.#lastPid
    const component = source.component as ComponentId
    if (source.task !== null) {
      world.after(random.between(0.5, hookMaxMs), () => guard.receive(() => onExit({ exitCode: 0, signal: null })))
      return { isStarted: true, pid }
    }
    const type = programTypeOf(configuration, componentNameOf(component))
    const isExclusive = (assignment: string): boolean => servedTypeOf(configuration, assignment).exclusive
    const { ROLECALL_ASSIGNMENT: assignment, ROLECALL_ROLE: role, ROLECALL_TOKEN: token } = environment
    const [epoch, index] = (token ?? '0.0').split('.').map(Number)
    const program: SimulatedProgram = new SimulatedProgram({
      world,
      machine: this.clock,
      random,
      faults: programFaults,
      component,
      incarnation: Number(environment.ROLECALL_INCARNATION),
      isAware: type.aware,
      isExclusive,
      isSelfDetermining: type.selfDetermining === true,
      isLeaseHeld: () => this.#leases.isNodeLeaseHeld,
      initial:
        assignment === undefined
          ? null
          : {
              assignment,
              role: roles.find((each) => each === role) ?? 'offline',
              token: { epoch: epoch!, index: index! },
            },
      slowMs: type.roleTimeoutMs / 2,
      onRole: (acting) =>
        observe({ type: 'role.changed', node: name, isExclusive: isExclusive(acting.assignment), ...acting }),
      onToken: (holder, token) => observe({ type: 'token.taken', holder, token }),
      onExit: (exit) => {
        this.#programs.delete(pid)
        observe({ type: 'component.ended', node: name, component })
        world.after(exitSeenMs, () => guard.receive(() => onExit(exit)))
      },
    })
    this.#programs.set(pid, program)
    observe({ type: 'component.started', node: name, component, incarnation: program.incarnation })
    if (type.aware) world.after(random.between(1, 30), () => program.isAlive && this.life?.sdk?.register(program))
    return { isStarted: true, pid }
  }

  #signal(pid: number, signal: string): boolean {
    const program = this.#programs.get(pid)
    program?.signal(signal)
    return program !== undefined
  }

  #process(which: 'guard' | 'node'): ProcessClock {
    const { world, onThrown } = this.#options
    const process: ProcessClock = new ProcessClock({
      world,
      machine: this.clock,
      onThrown: (error) => {
        onThrown(this, which, error)
        if (which === 'guard') this.killGuard()
        else {
          this.life?.ending()
          this.killNode(null, 1)
        }
      },
    })
    return process
  }
}
