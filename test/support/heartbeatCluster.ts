/** Heartbeats of several nodes with a network between them, in simulated time. Whoever hears a claim of mastership follows. */
import type { NodeName } from '../../machines/model/ids.ts'
import { createHeartbeats, type HeartbeatEvent, type Heartbeats } from '../../src/guard/heartbeats.ts'
import type { Heartbeat } from '../../src/wire/messages/heartbeat.ts'
import { timing as defaultTiming } from './configuration.ts'
import { type DriftingClock, DriftingWorld } from './driftingWorld.ts'

export interface ClusterNode {
  readonly name: NodeName
  readonly incarnation: number
  readonly clock: DriftingClock
  readonly heartbeats: Heartbeats
  isFrozen: boolean
  readonly queue: (() => void)[]
}

export interface ClusterOptions {
  readonly names?: readonly NodeName[]
  readonly voters?: readonly NodeName[]
  readonly timing?: typeof defaultTiming
  readonly world?: DriftingWorld
  readonly rateOf?: (name: NodeName) => number
  readonly offsetMsOf?: (name: NodeName) => number
  /** One way. */
  readonly delayMs?: () => number
  readonly onEvent?: (node: NodeName, event: HeartbeatEvent) => void
  /** Claims are not followed, unless the test does. */
  readonly isSlow?: boolean
  /** Between the making of a node's heartbeats and their start. */
  readonly onStart?: (node: ClusterNode) => void
}

export class HeartbeatCluster {
  readonly world: DriftingWorld
  readonly nodes = new Map<NodeName, ClusterNode>()
  /** What was raised since last taken, by all nodes: `120 n2 peer.suspected n3`. */
  readonly log: string[] = []
  readonly sent: { from: NodeName; to: NodeName; heartbeat: Heartbeat }[] = []
  isCut: (from: NodeName, to: NodeName) => boolean = () => false
  /** Whether it is acknowledged at once that a peer has come back. */
  acceptsReturns = true
  onEvent: (node: NodeName, event: HeartbeatEvent) => void = () => {}
  progressOf: (name: NodeName) => number = () => Math.floor(this.world.nowMs)
  readonly #options: ClusterOptions
  readonly #names: readonly NodeName[]

  constructor(options: ClusterOptions = {}) {
    this.#options = options
    this.#names = options.names ?? ['n1', 'n2', 'n3']
    this.world = options.world ?? new DriftingWorld(1)
    for (const name of this.#names) this.start(name, 1)
  }

  /** Starts a node, or a later life of it. */
  start(name: NodeName, incarnation: number): void {
    this.nodes.get(name)?.heartbeats.stop()
    const { timing = defaultTiming, voters = this.#names, rateOf } = this.#options
    const plain = this.world.clock({ rate: rateOf?.(name) ?? 1, offsetMs: this.#options.offsetMsOf?.(name) ?? 10_000 })
    const queue: (() => void)[] = []
    /** Timers and datagrams of a frozen node wait in the order they came. */
    const awake = (act: () => void) => () => (node.isFrozen ? void queue.push(act) : act())
    const clock: DriftingClock = { ...plain, setTimer: (delayMs, callback) => plain.setTimer(delayMs, awake(callback)) }
    const heartbeats = createHeartbeats({
      self: name,
      incarnation,
      peers: this.#names.filter((other) => other !== name),
      voters,
      timing,
      clock,
      send: (to, heartbeat) => this.#send(node, to, heartbeat),
      onEvent: (event) => this.#raised(node, event),
      progress: () => this.progressOf(name),
      turn: (callback) => void this.world.after(0, awake(callback)),
    })
    const node: ClusterNode = { name, incarnation, clock, heartbeats, isFrozen: false, queue }
    this.nodes.set(name, node)
    this.#options.onStart?.(node)
    heartbeats.start()
  }

  of(name: NodeName): Heartbeats {
    return this.nodes.get(name)!.heartbeats
  }

  lead(name: NodeName, epoch: number, vice: NodeName | null = null): void {
    this.of(name).setMastership({ epoch, leader: name, vice, commitIndex: 0 })
  }

  freeze(name: NodeName): void {
    this.nodes.get(name)!.isFrozen = true
  }

  /** Timers that are due come first, what was received meanwhile only two turns of the event loop later. */
  thaw(name: NodeName): void {
    const node = this.nodes.get(name)!
    node.isFrozen = false
    for (const act of node.queue.splice(0)) act()
  }

  run(forMs: number): void {
    this.world.run(this.world.nowMs + forMs)
  }

  /** The log since last asked, without times unless wanted. */
  take({ withTimes = false } = {}): string[] {
    const taken = this.log.splice(0)
    return withTimes ? taken : taken.map((line) => line.slice(line.indexOf(' ') + 1))
  }

  #send(from: ClusterNode, to: NodeName, heartbeat: Heartbeat): void {
    this.sent.push({ from: from.name, to, heartbeat })
    if (this.sent.length > 1000) this.sent.shift()
    if (this.isCut(from.name, to)) return
    this.world.after(this.#options.delayMs?.() ?? 1, () => {
      const node = this.nodes.get(to)!
      const receive = () => node.heartbeats.receive(from.name, heartbeat, { incarnation: from.incarnation })
      if (node.isFrozen) node.queue.push(() => void this.world.after(0, () => this.world.after(0, receive)))
      else receive()
    })
  }

  #raised(node: ClusterNode, event: HeartbeatEvent): void {
    const { type, ...rest } = event
    const subject = 'node' in event ? ` ${event.node}` : 'leader' in event ? ` ${event.leader} ${event.epoch}` : ''
    this.log.push(`${Math.round(this.world.nowMs)} ${node.name} ${type}${subject}`)
    if (type === 'leader.heard' && !this.#options.isSlow) {
      const { leader, epoch, vice } = rest as Extract<HeartbeatEvent, { type: 'leader.heard' }>
      node.heartbeats.setMastership({ leader, epoch, vice, commitIndex: 0 })
    }
    if (event.type === 'peer.heard' && this.acceptsReturns) node.heartbeats.accept(event.node, event)
    this.onEvent(node.name, event)
    this.#options.onEvent?.(node.name, event)
  }
}
