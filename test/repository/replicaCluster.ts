/**
 * Replicas with their membership and their heartbeats, put together as in a node, in simulated time, over a network that loses,
 * doubles and delays. A disk outlives the crashes of its node. Checks after everything that happens what must always hold.
 */
import { expect } from 'bun:test'
import { isEligible, type LogEntry, type Member } from '../../machines/logic/replicatedLog.ts'
import { type MembershipEffect, membership } from '../../machines/membership.ts'
import { Engine } from '../../src/engine/engine.ts'
import { createHeartbeats, type HeartbeatEvent, type Heartbeats } from '../../src/guard/heartbeats.ts'
import type { Retention } from '../../src/repository/log.ts'
import { MemoryDisk } from '../../src/repository/memoryStore.ts'
import { createReplica, type Replica } from '../../src/repository/replica.ts'
import type { Outcome } from '../../src/repository/tree.ts'
import { decodeBody, encodeBody } from '../../src/wire/codec.ts'
import { consensusEnvelope } from '../../src/wire/messages/consensus.ts'
import { timing } from '../support/configuration.ts'
import { DriftingWorld } from '../support/driftingWorld.ts'

export interface ReplicaClusterOptions {
  readonly names?: readonly string[]
  /** Voters from the beginning; the others are there, and wait to be admitted. */
  readonly founders?: readonly string[]
  /** A founder that is an arbiter. */
  readonly arbiter?: string
  readonly seed?: number
  readonly lossRate?: number
  readonly doubleRate?: number
  readonly delayMs?: (random: () => number) => number
  /** Of one batch of writes. */
  readonly diskMs?: (random: () => number) => number
  readonly retention?: Retention
  /** How long the guard takes to answer. */
  readonly askMs?: (random: () => number) => number
  readonly onApplied?: (name: string, entry: LogEntry, outcome: Outcome) => void
}

export interface RunningNode {
  readonly name: string
  readonly life: number
  readonly engine: Engine
  readonly heartbeats: Heartbeats
  readonly replica: Replica
  isMaster: boolean
  isUp: boolean
}

export class ReplicaCluster {
  readonly world: DriftingWorld
  readonly names: readonly string[]
  readonly nodes = new Map<string, RunningNode>()
  readonly disks = new Map<string, MemoryDisk>()
  /** What membership did: `131 n1 mastership.acquired e1`. */
  readonly log: string[] = []
  readonly messages: string[] = []
  messageBytesMax = 0
  isCut: (from: string, to: string) => boolean = () => false
  readonly ended = new Set<string>()
  readonly foreign: string[] = []
  /** Everything any node applied, by index: what is committed never changes. */
  readonly committed = new Map<number, string>()
  readonly leaders = new Map<number, string>()
  readonly #options: ReplicaClusterOptions
  readonly #lives = new Map<string, number>()

  constructor(options: ReplicaClusterOptions = {}) {
    this.#options = options
    this.names = options.names ?? ['n1', 'n2', 'n3']
    this.world = new DriftingWorld(options.seed ?? 1)
    this.world.afterEach = () => this.#check()
    for (const name of this.names) this.start(name)
  }

  of(name: string): RunningNode {
    return this.nodes.get(name)!
  }

  get master(): RunningNode | undefined {
    return [...this.nodes.values()].find(({ isMaster, isUp }) => isMaster && isUp)
  }

  run(forMs: number): void {
    this.world.run(this.world.nowMs + forMs)
  }

  get founders(): readonly string[] {
    return this.#options.founders ?? this.names
  }

  /** Lets the leader lead the members to what is wanted, for so long. */
  reconcile(wanted: readonly { name: string; kind: Member['kind'] }[], forMs: number): void {
    for (let passedMs = 0; passedMs < forMs; passedMs += 20) {
      const up = [...this.nodes.values()].filter(({ isUp }) => isUp)
      const disks = Object.fromEntries(up.map(({ name }) => [name, this.disks.get(name)!.id]))
      for (const { replica } of up) replica.reconcileMembers(wanted, disks)
      this.run(20)
    }
  }

  /** Until somebody is master and a majority follows. */
  settle(): RunningNode {
    for (let step = 0; step < 1000; step += 1) {
      this.run(5)
      if (this.master?.replica.vice) return this.master
    }
    throw new Error(`no master with a vice:\n${this.log.slice(-40).join('\n')}`)
  }

  /** The process is gone, and with it all that is not on its disk. */
  crash(name: string): void {
    const node = this.of(name)
    this.disks.get(name)!.crash({ isInFlightKept: this.world.random() < 0.5 })
    node.isUp = false
    node.isMaster = false
    node.heartbeats.stop()
    node.engine.stop()
  }

  /** The others get evidence that its process ended. */
  tellEnded(name: string): void {
    this.ended.add(name)
    for (const node of this.nodes.values()) {
      if (!node.isUp || node.name === name) continue
      node.heartbeats.ended(name, this.#lives.get(name)!)
      node.heartbeats.releasePromise(name)
      node.engine.send('membership', { type: 'leader.ended', leader: name })
    }
  }

  start(name: string): void {
    const life = (this.#lives.get(name) ?? 0) + 1
    this.#lives.set(name, life)
    this.ended.delete(name)
    const { diskMs = () => 0.1, askMs } = this.#options
    const { random } = this.world
    const disk =
      this.disks.get(name) ??
      new MemoryDisk({ clock: this.world.clock(), id: `${name}-1`, latencyMs: () => diskMs(random) })
    this.disks.set(name, disk)
    const plain = this.world.clock({ offsetMs: 10_000 * (this.names.indexOf(name) + 1) })
    /** What is left of a life that is over does nothing. */
    const alive = (act: () => void) => () => void (node?.isUp !== false && act())
    const clock = { ...plain, setTimer: (ms: number, callback: () => void) => plain.setTimer(ms, alive(callback)) }
    let node: RunningNode | undefined
    const heartbeats = createHeartbeats({
      self: name,
      incarnation: life,
      peers: this.names.filter((other) => other !== name),
      voters: this.founders,
      timing,
      clock,
      send: (to, heartbeat) =>
        this.#transmit(node!, to, (peer) => peer.heartbeats.receive(name, heartbeat, { incarnation: life })),
      onEvent: (event) => this.#heard(node!, event),
      turn: (callback) => void this.world.after(0, alive(callback)),
    })
    const engine = new Engine({
      node: name,
      incarnation: life,
      clock,
      catalogue: { membership: { machine: membership, version: 1 } },
      recorder: { append: () => {} },
      perform: (effect) => this.#perform(node!, effect as MembershipEffect),
    })
    const replica = createReplica({
      self: name,
      clock,
      store: disk.open(),
      ...(this.#options.retention && { retention: this.#options.retention }),
      timing: () => timing,
      membership: { send: (event) => engine.send('membership', event as never) },
      send: (to, message) => {
        this.messages.push(`${name} > ${to} ${message.message.type}`)
        const bytes = encodeBody(message).slice()
        this.messageBytesMax = Math.max(this.messageBytesMax, bytes.length)
        this.#transmit(node!, to, (peer) => {
          peer.replica.receive(name, consensusEnvelope.parse(decodeBody(bytes)))
        })
      },
      askPromise(question, answer) {
        // As from another process: some time later.
        const ask = () => {
          const untilMs = heartbeats.askPromise(question)
          answer({ nowMs: clock.nowMs(), promiseUntilMs: untilMs ?? Number.NEGATIVE_INFINITY })
        }
        if (askMs) clock.setTimer(askMs(random), ask)
        else ask()
      },
      isLeaderClaiming: () => clock.nowMs() < heartbeats.promiseUntilMs(),
      isLeaseDropped: () => heartbeats.isLeaseDropped(),
      isLeaderLeaseValid: () => heartbeats.isLeaderLeaseValid(),
      aliveVoters: () => heartbeats.aliveNodes(),
      onApplied: (entry, _isOwn, outcome) => {
        this.#applied(name, entry)
        this.#options.onApplied?.(name, entry, outcome)
      },
      onMembers: () => {},
      onForeign: (node, cluster) => void this.foreign.push(`${name} refuses ${node} of ${cluster}`),
      onMastership: (mastership) => {
        const { epoch, leader } = mastership
        if (leader === name) expect([epoch, this.leaders.get(epoch) ?? name]).toEqual([epoch, name])
        if (leader === name) this.leaders.set(epoch, name)
        heartbeats.setMastership(mastership)
      },
    })
    node = { name, life, engine, heartbeats, replica, isMaster: false, isUp: true }
    this.nodes.set(name, node)
    engine.start('membership', 'membership', {
      self: name,
      voters: replica.members.map((member) => member.name),
      isEligible: isEligible(replica.members, { name, disk: replica.disk }),
      timing: { ...timing, successionDelayMs: 2 * timing.heartbeatIntervalMs },
      seed: this.names.indexOf(name) * 1000 + life,
    })
    const members = this.founders.map((founder): Member => {
      return { name: founder, disk: `${founder}-1`, kind: founder === this.#options.arbiter ? 'arbiter' : 'voter' }
    })
    if (disk.id === `${name}-1` && this.founders.includes(name)) replica.found({ cluster: 'c1', members })
    heartbeats.start()
    const tick = () => {
      replica.tick()
      clock.setTimer(timing.heartbeatIntervalMs, tick)
    }
    clock.setTimer(this.world.between(0, timing.heartbeatIntervalMs), tick)
    engine.send('membership', { type: 'membership.start', epoch: replica.epoch })
  }

  #transmit(from: RunningNode, to: string, deliver: (node: RunningNode) => void): void {
    const { lossRate = 0, doubleRate = 0, delayMs = () => 0.2 } = this.#options
    const { world } = this
    const copies = world.random() < doubleRate ? 2 : 1
    for (let copy = 0; copy < copies; copy += 1) {
      if (world.random() < lossRate || this.isCut(from.name, to)) continue
      world.after(delayMs(world.random), () => {
        const node = this.nodes.get(to)
        if (node?.isUp) deliver(node)
      })
    }
  }

  #heard(node: RunningNode, event: HeartbeatEvent): void {
    const { engine, replica } = node
    if (event.type === 'leader.heard') engine.send('membership', { ...event })
    else if (event.type === 'leaderLease.gained') replica.leaseGained()
    else if (event.type === 'leaderLease.lost') engine.send('membership', { type: 'lease.lost' })
    else if (event.type === 'peer.confirmedSilent' && event.node === replica.leader) {
      engine.send('membership', { type: 'leader.suspected', leader: event.node })
    }
  }

  #perform(node: RunningNode, effect: MembershipEffect): void {
    const { name, heartbeats, replica } = node
    const epoch = 'epoch' in effect ? ` e${effect.epoch}` : ''
    this.log.push(`${Math.round(this.world.nowMs)} ${name} ${effect.type}${epoch}`)
    switch (effect.type) {
      case 'mastership.acquired':
      case 'mastership.lost':
        node.isMaster = effect.type === 'mastership.acquired'
        break
      case 'leader.changed':
        break
      case 'lease.drop':
        heartbeats.dropLease()
        break
      default:
        replica.perform(effect)
    }
  }

  #applied(name: string, entry: LogEntry): void {
    // It keeps places only.
    if (name === this.#options.arbiter) return
    const text = JSON.stringify(entry)
    const known = this.committed.get(entry.index) ?? text
    if (known !== text) throw new Error(`${name} applies ${text}, but ${known} was committed`)
    this.committed.set(entry.index, text)
  }

  #check(): void {
    const holders = [...this.nodes.values()].filter((node) => node.isUp && node.heartbeats.isLeaderLeaseValid())
    if (holders.length > 1) throw new Error(`${holders.map(({ name }) => name)} hold the leader's lease at once`)
  }
}
