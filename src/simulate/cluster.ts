/** The simulated cluster: machines on one world, and everything that is observed of them, in one stream. */
import type { CrimContext, CrimEffect, CrimEvent } from '../../machines/crim.ts'
import type { Configuration } from '../../machines/model/configuration.ts'
import type { NodeName } from '../../machines/model/ids.ts'
import { activeRoles } from '../../machines/model/roles.ts'
import { compareTokens, type Token } from '../../machines/model/token.ts'
import type { FileConfiguration } from '../configuration/tree.ts'
import type { EndRecord, StartRecord, StepRecord } from '../engine/record.ts'
import { actorOf } from '../node/parts.ts'
import type { BlackBox, RecorderOptions } from '../recorder/index.ts'
import type { KeptEntry } from '../repository/entry.ts'
import { commandsSeen } from './commands.ts'
import { fileOf, servedTypeOf } from './file.ts'
import { Machine } from './machine/machine.ts'
import type { ProgramFaults } from './machine/program.ts'
import { strangersOf } from './membership.ts'
import type { HeldRole, ObservedEvent, Observer } from './observation.ts'
import { placementOf, servableOf } from './placement.ts'
import { randomOf } from './random.ts'
import { Evidence } from './world/evidence.ts'
import { Networks } from './world/networks.ts'
import { Paths } from './world/paths.ts'
import { World } from './world/world.ts'

export interface ClusterOptions {
  readonly seed: number
  readonly configuration: Configuration
  /** Of clocks; 0: all run alike. At most 0.01, which the rules of the leases allow for. */
  readonly driftMax: number
  /** Messages travel as bytes, not as objects. */
  readonly isEncoding: boolean
  /** Some guards are of another release: heartbeats travel as bytes, in formats that both sides read. */
  readonly isMixed: boolean
  readonly observer: Observer
  readonly openRecorder: ((options: RecorderOptions) => BlackBox) | null
}

const linkCount = 2

export class Cluster {
  readonly world = new World()
  readonly paths: Paths
  readonly machines: readonly Machine[]
  readonly programFaults: ProgramFaults = { hangRate: 0, failRate: 0, crashRate: 0, slowRate: 0 }
  readonly configuration: Configuration
  readonly thrown: { node: NodeName; process: string; atMs: number; error: unknown }[] = []
  /** Faults that strike when a node is elected. */
  readonly onElected = new Set<(elected: Machine) => void>()
  stepCount = 0
  /** The plot that leaves what is committed on one disk only has been played: once a run is all that can be asked. */
  isDiskWiped = false
  /** A change to the configuration has not been taken back yet. */
  isReconfigured = false
  readonly file: FileConfiguration
  readonly #servable: readonly string[]
  readonly #highest = new Map<string, Token>()
  #digest = 0
  #otherDigest = 0
  readonly #options: ClusterOptions

  constructor(options: ClusterOptions) {
    const { seed, configuration, driftMax, openRecorder } = options
    this.#options = options
    this.configuration = configuration
    this.file = fileOf(configuration)
    this.#servable = servableOf(configuration)
    const nodes = Object.keys(configuration.nodes)
    const { world } = this
    this.paths = new Paths({ world, random: randomOf(seed, 'network'), nodes, linkCount })
    const networks = new Networks(this.paths, { ...options, random: randomOf(seed, 'formats') })
    const evidence = new Evidence(world, this.paths)
    const clocks = randomOf(seed, 'clocks')
    // Every other time at the ends of what is allowed: the rules of the leases have no slack there.
    const ends = randomOf(seed, 'ends of clocks')
    const areAtEnds = ends.chance(0.5)
    const driftOf = (drift: number): number => (areAtEnds ? ends.pick([-driftMax, driftMax]) : drift)
    this.machines = nodes.map(
      (name) =>
        new Machine({
          world,
          networks,
          evidence,
          random: randomOf(seed, `machine ${name}`),
          configuration,
          file: this.file,
          name,
          clock: { rate: 1 + driftOf(clocks.between(-driftMax, driftMax)), offsetMs: clocks.between(0, 1e6) },
          programFaults: this.programFaults,
          openRecorder,
          observe: (event) => this.observe(event),
          onRecord: (machine, record) => this.#recorded(machine, record),
          onCommitted: (machine, entry) => this.#committed(machine, entry),
          onThrown: (machine, process, error) =>
            this.thrown.push({ node: machine.name, process, atMs: world.nowMs, error }),
        }),
    )
  }

  /** Who leads, of several the one of the latest epoch; null: nobody. */
  get leader(): Machine | null {
    const epochOf = ({ life }: Machine): number => (life?.parts?.replica.isLeader ? life.parts.replica.epoch : -1)
    return this.machines.reduce<Machine | null>(
      (best, machine) => (epochOf(machine) > (best === null ? -1 : epochOf(best)) ? machine : best),
      null,
    )
  }

  machine(name: NodeName): Machine {
    return this.machines.find((machine) => machine.name === name)!
  }

  observe(event: ObservedEvent): void {
    if (event.type === 'token.taken' && !this.#isTaken(event)) return
    this.#options.observer.observe({ atMs: this.world.nowMs, ...event })
  }

  /** Of every step of every machine so far, with its time and effects. */
  get digest(): string {
    return [this.#digest, this.#otherDigest].map((part) => (part >>> 0).toString(16).padStart(8, '0')).join('')
  }

  /** What the nodes believe and the programs do at this moment. */
  see(): void {
    const sights = this.machines.flatMap(({ name, life }) => {
      const parts = life?.parts
      if (!parts) return []
      const { epoch, leader } = parts.replica
      return [{ node: name, epoch, master: leader, members: parts.sight.aliveNodes() }]
    })
    const roles = this.machines.flatMap(({ name, programs }) =>
      programs.flatMap(({ component, roles }) =>
        roles.map(({ assignment, role }): HeldRole => ({ node: name, component, assignment, role })),
      ),
    )
    const strangers = strangersOf(this)
    const placement = () => placementOf(this)
    this.observe({ type: 'cluster.seen', sights, roles, servable: this.#servable, strangers, placement })
  }

  /** Shows the whole repository of a node. */
  seeRepository({ name, life }: Machine): void {
    const replica = life?.parts?.replica
    if (!replica) return
    const keys = new Map(
      replica.tree.list('').map(({ key, value, index }) => [key, { value: JSON.stringify(value), index }]),
    )
    this.observe({ type: 'repository.seen', node: name, index: replica.commitIndex, keys })
  }

  /** Primaries that act, by assignment. */
  actingCount(): number {
    const roles = this.machines.flatMap(({ programs }) => programs.flatMap((program) => program.roles))
    return roles.filter(({ role }) => activeRoles.includes(role)).length
  }

  #recorded(machine: Machine, record: EndRecord | StartRecord | StepRecord): void {
    this.stepCount += 1
    const effects = 'effects' in record ? record.effects : []
    const text = `${this.world.nowMs} ${machine.name} ${record.sequence} ${record.actor} ${record.hash} ${JSON.stringify(effects)}`
    this.#digest = Bun.hash.crc32(text, this.#digest)
    this.#otherDigest = Bun.hash.xxHash32(text, this.#otherDigest)
    if (record.actor === 'crim') this.#commanded(machine, record)
    if (record.actor !== 'membership') return
    for (const effect of effects) {
      if (effect.type === 'log.claim') {
        this.observe({ type: 'leader.elected', node: machine.name, epoch: Number(effect.epoch) })
        for (const react of [...this.onElected]) react(machine)
      }
      if (effect.type !== 'mastership.acquired' && effect.type !== 'mastership.lost') continue
      this.observe({ type: effect.type, node: machine.name, epoch: Number(effect.epoch) })
      if (effect.type === 'mastership.acquired') this.seeRepository(machine)
    }
  }

  /** What is not of a node that lives, or comes while it is put together, is of no account. */
  #commanded({ life }: Machine, record: EndRecord | StartRecord | StepRecord): void {
    if (record.kind !== 'step' || !life?.parts) return
    const { event, effects } = record as unknown as { event: CrimEvent; effects: readonly CrimEffect[] }
    const { context } = life.parts.engine.snapshot(actorOf.crim) as unknown as { context: CrimContext }
    for (const seen of commandsSeen({ event, effects, context })) this.observe(seen)
  }

  /** Whoever is master hands its mastership to its vice. */
  handOver(): void {
    const life = this.leader?.life
    life?.process.receive(() =>
      life.parts?.engine.send(actorOf.membership, { type: 'mastership.resign', successor: null }),
    )
  }

  /** What stands behind components of a type that is not exclusive refuses older tokens: it fences by itself. */
  #isTaken({ holder, token }: Extract<ObservedEvent, { type: 'token.taken' }>): boolean {
    const assignment = holder.startsWith('resource ') ? holder.slice('resource '.length) : null
    if (assignment === null) return true
    if (servedTypeOf(this.configuration, assignment).exclusive) return true
    const last = this.#highest.get(assignment)
    if (last && compareTokens(token, last) < 0) return false
    this.#highest.set(assignment, token)
    return true
  }

  #committed({ name }: Machine, entry: KeptEntry): void {
    const { index, epoch, command } = entry
    this.observe({ type: 'entry.committed', node: name, index, epoch, hash: hashOf(command) })
  }
}

/** Of commands: what one node was sent by another is the same object, unless messages travel as bytes. */
const hashes = new WeakMap<object, string>()

function hashOf(command: object): string {
  const known = hashes.get(command)
  if (known !== undefined) return known
  const hash = Bun.hash.crc32(JSON.stringify(sorted(command))).toString(16)
  hashes.set(command, hash)
  return hash
}

/** The same for the same content, in whichever order it was put together. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  )
}
