/**
 * A component's program. It knows the truth about itself: when it begins and ceases to act as primary, whatever its node believes.
 * It counts as acting from the moment it begins to carry out the command to be primary, and until it has carried out the next one.
 * One that stood still with its machine does nothing when it wakes, unless its node holds its lease; one that need not be exclusive goes
 * on at once, as nobody has it look at the lease. It has a role for each assignment that it serves.
 */
import type { ComponentId } from '../../../machines/model/ids.ts'
import { activeRoles, type Role } from '../../../machines/model/roles.ts'
import type { Token } from '../../../machines/model/token.ts'
import type { RoleInvocation } from '../../agents/sdk/options.ts'
import type { Random } from '../random.ts'
import type { MachineClock } from '../world/clocks.ts'
import type { Scheduled, World } from '../world/world.ts'
import type { SimulatedSdk } from './sdk.ts'

/** What a program may do wrong; each from 0 to 1, drawn a command. */
export interface ProgramFaults {
  hangRate: number
  failRate: number
  crashRate: number
  slowRate: number
}

export interface Acting {
  readonly component: ComponentId
  readonly assignment: string
  readonly role: Role
  readonly token: Token
}

export interface ProgramOptions {
  readonly world: World
  readonly machine: MachineClock
  readonly random: Random
  readonly faults: ProgramFaults
  readonly component: ComponentId
  readonly incarnation: number
  readonly isAware: boolean
  readonly isExclusive: (assignment: string) => boolean
  /** It picks its own role, and says which. */
  readonly isSelfDetermining: boolean
  /** Whether its node may keep primaries: what one that is not aware, and so is never told, goes by when it wakes. */
  readonly isLeaseHeld: () => boolean
  /** What the environment says when it starts: all that a program that is not aware ever hears. */
  readonly initial: { assignment: string; role: Role; token: Token } | null
  readonly slowMs: number
  readonly onRole: (acting: Acting) => void
  readonly onToken: (holder: string, token: Token) => void
  readonly onExit: (exit: { exitCode: number | null; signal: string | null }) => void
}

/** What one that picks its own role may pick. */
const pickedRoles = ['primary', 'primary', 'secondary', 'spare'] as const satisfies readonly Role[]

/** At the least. */
const pickedForMs = 5_000

const callbackMaxMs = 4
const writeIntervalMs = 250

export class SimulatedProgram {
  readonly component: ComponentId
  readonly incarnation: number
  isAlive = true
  /** The role that it says it has picked; null: it leaves that to others. */
  announced: Role | null = null
  #pickedAtMs = 0
  readonly #options: ProgramOptions
  /** By assignment. */
  readonly #acting = new Map<string, Acting>()
  /** Of the command that counts, for each assignment. */
  readonly #latestIds = new Map<string, number>()
  #isPaused = false
  #held: (() => void)[] = []
  /** It stood still: it does nothing as primary until it knows of a lease again. */
  #isWary = false
  /** By the machine's clock, which nobody sets. */
  #leaseUntilMs = 0
  /** What comes next of each. */
  #looking: Pick<Scheduled, 'run'> = { run: null }
  #writing: Pick<Scheduled, 'run'> = { run: null }

  constructor(options: ProgramOptions) {
    this.#options = options
    this.component = options.component
    this.incarnation = options.incarnation
    const { initial, isAware, isSelfDetermining, random } = options
    if (isSelfDetermining) this.announced = random.pick<Role>(pickedRoles)
    if (initial && !isAware && activeRoles.includes(initial.role)) this.#take({ component: this.component, ...initial })
  }

  /** What it does; nothing as long as it was told nothing. */
  get roles(): readonly Acting[] {
    return [...this.#acting.values()]
  }

  #actsFor(assignment: string): boolean {
    const acting = this.#acting.get(assignment)
    return acting !== undefined && activeRoles.includes(acting.role)
  }

  /** A role command arrives. */
  told(id: number, { component: place, assignment, role, token }: RoleInvocation, sdk: SimulatedSdk): void {
    this.#receive(() => {
      const { random, faults, slowMs, onToken } = this.#options
      onToken(`program ${place} ${this.incarnation}`, token)
      const acting: Acting = { component: this.component, assignment, role, token }
      // One that has quiesced already, and is told so again, has nothing to finish.
      if (role === 'primary' || (role === 'quiescing' && this.#actsFor(assignment))) this.#take(acting)
      if (random.chance(faults.crashRate)) return this.exit({ exitCode: 1, signal: null })
      if (random.chance(faults.hangRate)) return
      this.#thinkBetter(sdk)
      const failure = random.chance(faults.failRate) ? { code: 'simulated', detail: 'as the fault has it' } : null
      const delayMs = random.between(0, random.chance(faults.slowRate) ? slowMs : callbackMaxMs)
      this.#latestIds.set(assignment, id)
      this.#after(delayMs, () => {
        // Another command has come meanwhile, and counts instead.
        if (id !== this.#latestIds.get(assignment)) return
        // One that has quiesced has finished what was begun and takes nothing new: another may act.
        if (role !== 'primary' && failure === null)
          this.#take(role === 'quiescing' ? { ...acting, role: 'spare' } : acting)
        sdk.answer(this, id, failure)
      })
    })
  }

  /** Not too often: what it says is decided anew each time, and told it again. */
  #thinkBetter(sdk: SimulatedSdk): void {
    const { world, random, faults } = this.#options
    if (this.announced === null || world.nowMs < this.#pickedAtMs + pickedForMs || !random.chance(faults.slowRate))
      return
    this.#pickedAtMs = world.nowMs
    this.announced = random.pick<Role>(pickedRoles)
    sdk.announce(this)
  }

  /** On an errand: to reset or test itself. */
  sent(answer: (failure: { code: string; detail: string } | null) => void): void {
    this.#receive(() => {
      const { random, faults } = this.#options
      if (random.chance(faults.hangRate)) return
      const failure = random.chance(faults.failRate) ? { code: 'simulated', detail: 'as the fault has it' } : null
      this.#after(random.between(0, callbackMaxMs), () => answer(failure))
    })
  }

  /** How long its node may act. */
  granted(remainingMs: number | null): void {
    this.#leaseUntilMs = this.#options.machine.nowMs() + (remainingMs ?? Number.POSITIVE_INFINITY)
  }

  /** It is asked to end by itself. */
  asked(): void {
    this.#receive(() => {
      const { random, faults } = this.#options
      if (random.chance(faults.hangRate)) return
      this.#after(random.between(0, callbackMaxMs), () => this.exit({ exitCode: 0, signal: null }))
    })
  }

  signal(signal: string): void {
    if (signal === 'SIGKILL') this.exit({ exitCode: null, signal })
    else this.asked()
  }

  exit(exit: { exitCode: number | null; signal: string | null }): void {
    if (!this.isAlive) return
    this.isAlive = false
    this.#options.onExit(exit)
  }

  /** The whole machine stands still. */
  pause(): void {
    this.#isPaused = true
    this.#isWary = true
    for (const acting of this.#acting.values())
      if (activeRoles.includes(acting.role)) this.#options.onRole({ ...acting, role: 'offline' })
  }

  resume(): void {
    this.#isPaused = false
    const held = this.#held
    this.#held = []
    for (const acting of this.#primaries) if (!this.#isWaryOf(acting)) this.#take(acting)
    this.#trust()
    for (const callback of held) this.#receive(callback)
  }

  #take(acting: Acting): void {
    this.#acting.set(acting.assignment, acting)
    const isActing = activeRoles.includes(acting.role)
    if (isActing && this.#isWaryOf(acting)) {
      // It stands by no more, and does not act yet.
      this.#options.onRole({ ...acting, role: 'offline' })
      // One that quiesces before it could go on has nothing to finish.
      if (acting.role === 'primary') this.#trust()
      return
    }
    this.#isWary = this.#isWary && this.#primaries.some((primary) => this.#isWaryOf(primary))
    this.#options.onRole(acting)
    if (isActing) this.#write()
  }

  get #primaries(): Acting[] {
    return [...this.#acting.values()].filter(({ role }) => role === 'primary')
  }

  #isWaryOf({ assignment }: Acting): boolean {
    return this.#isWary && this.#options.isExclusive(assignment)
  }

  #hasLease(): boolean {
    const { machine, isAware, isLeaseHeld } = this.#options
    if (!isAware) return isLeaseHeld()
    return machine.nowMs() < this.#leaseUntilMs
  }

  /** Looks again and again whether it may go on. */
  #trust(): void {
    const primaries = this.#primaries.filter((acting) => this.#isWaryOf(acting))
    if (!this.isAlive || this.#isPaused || primaries.length === 0) return
    if (this.#hasLease()) {
      this.#isWary = false
      for (const acting of primaries) this.#take(acting)
    } else {
      this.#looking.run = null
      this.#looking = this.#options.world.after(writeIntervalMs / 5, () => this.#trust())
    }
  }

  /** A primary writes to what stands behind it, with its token. */
  #write(): void {
    const { world, onToken } = this.#options
    this.#writing.run = null
    const active = [...this.#acting.values()].filter(({ role }) => activeRoles.includes(role))
    if (!this.isAlive || active.length === 0) return
    if (!this.#isPaused)
      for (const acting of active) if (!this.#isWaryOf(acting)) onToken(`resource ${acting.assignment}`, acting.token)
    this.#writing = world.after(writeIntervalMs, () => this.#write())
  }

  #after(delayMs: number, callback: () => void): void {
    this.#options.world.after(delayMs, () => this.#receive(callback))
  }

  #receive(callback: () => void): void {
    if (!this.isAlive) return
    if (this.#isPaused) this.#held.push(callback)
    else callback()
  }
}
