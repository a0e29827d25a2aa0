/**
 * Heartbeats, node machines on real engines, and the crudest of elections over them, with drifting clocks and faults. After
 * everything that happens I1 and I2 of `machines/logic/lease.ts` are checked in true time: no two leader leases, and no node
 * that can still act while a master under its lease holds it for isolated.
 */
import { clockDrift } from '../../machines/logic/lease.ts'
import type { NodeName } from '../../machines/model/ids.ts'
import { nodeMachine } from '../../machines/node.ts'
import { Engine } from '../../src/engine/engine.ts'
import { timing as defaultTiming } from './configuration.ts'
import { DriftingWorld } from './driftingWorld.ts'
import { type ClusterNode, HeartbeatCluster } from './heartbeatCluster.ts'
import { TimingHistory } from './timingHistory.ts'

export interface ElectingOptions {
  readonly seed: number
  readonly nodeCount: number
  readonly lossRate: number
  readonly delayMaxMs: number
  readonly durationMs: number
  /** The timings of leases change all the time. */
  readonly isTimingChanging?: boolean
}

const timing = { ...defaultTiming, nodeLeaseMs: 260, selfStopMs: 50, takeOverMarginMs: 0 }

interface Elector {
  engine: Engine
  /** Durable. */
  epoch: number
  votes: Set<NodeName>
}

export class ElectingCluster {
  readonly counts = { mastership: 0, leaderLease: 0, acting: 0, isolated: 0 }
  readonly timings: TimingHistory
  readonly #options: ElectingOptions
  readonly #names: NodeName[]
  readonly #electors = new Map<NodeName, Elector>()
  readonly #cluster: HeartbeatCluster
  readonly #world: DriftingWorld
  #cuts: ReadonlySet<string> = new Set()

  constructor(options: ElectingOptions) {
    this.#options = options
    this.#world = new DriftingWorld(options.seed)
    this.#names = Array.from({ length: options.nodeCount }, (_, index) => `n${index + 1}`)
    this.timings = new TimingHistory(this.#world, timing, this.#names)
    const rates = new Map(
      this.#names.map((name, index) => [name, [1 - clockDrift, 1 + clockDrift, 1][(index + options.seed) % 3]!]),
    )
    this.#cluster = new HeartbeatCluster({
      names: this.#names,
      timing,
      world: this.#world,
      rateOf: (name) => rates.get(name)!,
      offsetMsOf: (name) => 5000 + 1000 * this.#names.indexOf(name),
      delayMs: () => this.#delayMs(),
      onStart: (node) => this.#start(node),
      onEvent: (name, event) => {
        if ('node' in event) this.#electors.get(name)!.engine.send(event.node, { ...event })
        if (event.type === 'leader.heard') this.#enter(this.#cluster.nodes.get(name)!, event.epoch)
      },
    })
    this.#cluster.isCut = (from, to) => this.#isLost(from, to)
  }

  /** Throws at the first true instant at which an invariant does not hold. */
  run(): void {
    this.#world.afterEach = () => this.#check()
    this.#sometimes(300, () => this.#cut())
    if (this.#options.isTimingChanging) this.#changeTimings()
    for (const name of this.#names) {
      this.#sometimes(60, () => this.#campaign(this.#cluster.nodes.get(name)!))
      this.#sometimes(1500, () => this.#freeze(name))
      this.#sometimes(2000, () => this.#cluster.start(name, this.#cluster.nodes.get(name)!.incarnation + 1))
    }
    this.#cluster.run(this.#options.durationMs)
  }

  #changeTimings(): void {
    this.#sometimes(300, () => this.timings.want())
    this.#sometimes(5, () => this.timings.settle())
    for (const name of this.#names) {
      this.#sometimes(120, () => this.#apply(name, { isAll: false }))
      this.#sometimes(30, () => this.timings.report(name))
    }
  }

  #apply(name: NodeName, which: { isAll: boolean }): void {
    const node = this.#cluster.nodes.get(name)!
    if (!node.isFrozen && this.timings.apply(name, which)) this.#configure(node)
  }

  /** The guard, and the machines that wait. */
  #configure({ name, heartbeats }: ClusterNode): void {
    const { holding, waiting } = this.timings.of(name)
    const peers = this.#names.filter((other) => other !== name)
    heartbeats.configure({ peers, voters: this.#names, timing: { ...timing, ...waiting }, holding })
    for (const peer of peers)
      this.#electors.get(name)!.engine.send(peer, {
        type: 'timing.changed',
        timing: { ...waiting, endedGraceMs: timing.endedGraceMs },
      })
  }

  #start(node: ClusterNode): void {
    const before = this.#electors.get(node.name)
    before?.engine.stop()
    const engine = new Engine({
      node: node.name,
      incarnation: node.incarnation,
      clock: node.clock,
      catalogue: { node: { machine: nodeMachine, version: 1 } },
      recorder: { append: () => {} },
      perform: () => {},
    })
    for (const name of this.#names)
      if (name !== node.name) engine.start(name, 'node', { node: name, self: node.name, timing })
    const epoch = before?.epoch ?? 0
    this.#electors.set(node.name, { engine, epoch, votes: new Set() })
    this.timings.startAgain(node.name)
    if (this.#options.isTimingChanging) this.#configure(node)
    node.heartbeats.setMastership({ epoch, leader: null, vice: null, commitIndex: 0 })
  }

  #sometimes(meanMs: number, act: () => void): void {
    this.#world.after(this.#world.between(0, 2 * meanMs), () => {
      act()
      this.#sometimes(meanMs, act)
    })
  }

  #delayMs(): number {
    return this.#world.random() < 0.8 ? this.#world.between(0, 0.1) : this.#world.between(0, this.#options.delayMaxMs)
  }

  #isLost(from: NodeName, to: NodeName): boolean {
    return this.#cuts.has(`${from} ${to}`) || this.#world.random() < this.#options.lossRate
  }

  /** Nothing, one direction between two nodes, or half the cluster is cut off. */
  #cut(): void {
    const kind = this.#world.random()
    const side = new Map(this.#names.map((name) => [name, this.#world.random() < 0.5]))
    const routes = this.#names.flatMap((from) => this.#names.map((to) => [from, to] as const))
    const victim = Math.floor(this.#world.random() * routes.length)
    const cut = routes.filter(
      ([from, to], index) => kind > 0.3 && (kind > 0.5 ? side.get(from) !== side.get(to) : index === victim),
    )
    this.#cuts = new Set(cut.map(([from, to]) => `${from} ${to}`))
  }

  #freeze(name: NodeName): void {
    const node = this.#cluster.nodes.get(name)!
    node.isFrozen = true
    this.#world.after(this.#world.between(1, 500), () => {
      if (this.#cluster.nodes.get(name) === node) this.#cluster.thaw(name)
    })
  }

  #enter(node: ClusterNode, epoch: number): void {
    const elector = this.#electors.get(node.name)!
    if (epoch <= elector.epoch) return
    Object.assign(elector, { epoch, votes: new Set() })
  }

  /** In a new epoch, following nobody: said to the heartbeats before any vote leaves. */
  #stand(node: ClusterNode, epoch: number): void {
    this.#enter(node, epoch)
    node.heartbeats.setMastership({ epoch, leader: null, vice: null, commitIndex: 0 })
  }

  #mayVote({ heartbeats, isFrozen }: ClusterNode, epoch: number): boolean {
    return !isFrozen && heartbeats.askPromise({ epoch, exempt: null }) === null
  }

  #campaign(node: ClusterNode): void {
    const { name, incarnation } = node
    const epoch = this.#electors.get(name)!.epoch + 1
    if (!this.#mayVote(node, epoch)) return
    this.#stand(node, epoch)
    this.#electors.get(name)!.votes.add(name)
    for (const to of this.#names) {
      if (to === name || this.#isLost(name, to)) continue
      this.#world.after(this.#delayMs(), () => this.#vote(this.#cluster.nodes.get(to)!, { name, incarnation, epoch }))
    }
  }

  #vote(voter: ClusterNode, candidate: { name: NodeName; incarnation: number; epoch: number }): void {
    if (candidate.epoch <= this.#electors.get(voter.name)!.epoch || !this.#mayVote(voter, candidate.epoch)) return
    this.#stand(voter, candidate.epoch)
    if (this.#isLost(voter.name, candidate.name)) return
    this.#world.after(this.#delayMs(), () => this.#count(voter.name, candidate))
  }

  #count(voter: NodeName, candidate: { name: NodeName; incarnation: number; epoch: number }): void {
    const node = this.#cluster.nodes.get(candidate.name)!
    const elector = this.#electors.get(candidate.name)!
    if (node.incarnation !== candidate.incarnation || node.isFrozen || elector.epoch !== candidate.epoch) return
    const isElected = elector.votes.size > this.#names.length / 2
    if (isElected || !elector.votes.add(voter) || elector.votes.size <= this.#names.length / 2) return
    this.counts.mastership += 1
    // All that is committed is applied before a mastership begins.
    this.#apply(candidate.name, { isAll: true })
    this.#cluster.lead(candidate.name, candidate.epoch)
    for (const name of this.#names)
      if (name !== candidate.name) elector.engine.send(name, { type: 'mastership.acquired' })
  }

  #check(): void {
    const nodes = [...this.#cluster.nodes.values()]
    const leaders = nodes.filter(({ heartbeats }) => heartbeats.isLeaderLeaseValid())
    if (leaders.length > 1) {
      throw new Error(`I1: ${leaders.map(({ name }) => name)} hold the leader lease at ${this.#world.nowMs}`)
    }
    this.counts.leaderLease += leaders.length
    for (const master of leaders) for (const node of nodes) if (node !== master) this.#checkIsolation(master, node)
  }

  #checkIsolation(master: ClusterNode, node: ClusterNode): void {
    const stoppedAtMs = node.clock.trueMs(node.heartbeats.nodeLeaseUntilMs() + node.heartbeats.selfStopMs())
    const actsForMs = stoppedAtMs - this.#world.nowMs
    if (actsForMs > 0) this.counts.acting += 1
    if (this.#electors.get(master.name)!.engine.snapshot(node.name).value !== 'isolated') return
    this.counts.isolated += 1
    if (actsForMs > 1e-6) {
      throw new Error(`I2: ${node.name} is isolated for ${master.name} and may act for ${actsForMs} ms more`)
    }
  }
}
