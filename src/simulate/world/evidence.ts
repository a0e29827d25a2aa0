/**
 * What the guards' connections to each other would show (DESIGN §3): a life that began or was cleared away, a guard whose process
 * is gone while its kernel lives. Word of it goes on being repeated while the path is cut, as TCP does, and never comes from a
 * machine without power. What it is taken for is judged by the real `LivenessPeer`.
 */
import type { NodeName } from '../../../machines/model/ids.ts'
import type { LivenessPort, PeerEnded } from '../../guard/liveness.ts'
import { LivenessPeer } from '../../guard/livenessPeer.ts'
import type { ProcessClock } from './clocks.ts'
import type { Paths } from './paths.ts'
import type { World } from './world.ts'

const latencyMs = 0.3
const repeatMs = 200

/** What a machine's kernel would say of its guard. */
type Condition =
  | { readonly type: 'state'; readonly incarnation: number; readonly isAlive: boolean }
  | { readonly type: 'closed' }
  | { readonly type: 'silent' }

interface Listener {
  readonly process: ProcessClock
  readonly judges: Map<NodeName, LivenessPeer>
  /** Peers with which a connection was made. */
  readonly connected: Set<NodeName>
}

export class Evidence {
  readonly #world: World
  readonly #paths: Paths
  readonly #conditions = new Map<NodeName, Condition>()
  readonly #listeners = new Map<NodeName, Listener>()

  constructor(world: World, paths: Paths) {
    this.#world = world
    this.#paths = paths
  }

  open(
    process: ProcessClock,
    options: {
      self: NodeName
      incarnation: number
      peers: readonly NodeName[]
      onEnded: (ended: PeerEnded) => void
    },
  ): LivenessPort {
    const { self, peers, onEnded } = options
    const judges = new Map<NodeName, LivenessPeer>()
    const listener: Listener = { process, judges, connected: new Set() }
    this.#listeners.set(self, listener)
    let { incarnation } = options
    const say = (isAlive: boolean): void => this.#become(self, { type: 'state', incarnation, isAlive })
    say(true)
    const setPeers = (names: readonly NodeName[]): void => {
      for (const gone of [...judges.keys()].filter((name) => !names.includes(name))) {
        judges.delete(gone)
        listener.connected.delete(gone)
      }
      for (const peer of names.filter((name) => !judges.has(name))) {
        judges.set(peer, new LivenessPeer(peer, onEnded))
        this.#tell(peer, self, this.#conditions.get(peer) ?? { type: 'silent' })
      }
    }
    setPeers(peers)
    return {
      alive(next) {
        incarnation = next
        say(true)
      },
      ended: () => say(false),
      get endedPeers() {
        return [...judges.values()].map(({ ended }) => ended).filter((ended) => ended !== null)
      },
      setPeers: (next) => setPeers(Object.keys(next)),
      close: () => {
        if (this.#listeners.get(self) === listener) this.guardGone(self)
      },
    }
  }

  /** The guard's process is gone; the kernel closes its connections and refuses new ones. */
  guardGone(node: NodeName): void {
    this.#listeners.delete(node)
    this.#become(node, { type: 'closed' })
  }

  /** The machine is off: nothing comes from it any more. */
  powerCut(node: NodeName): void {
    this.#listeners.delete(node)
    this.#conditions.set(node, { type: 'silent' })
  }

  #become(node: NodeName, condition: Condition): void {
    this.#conditions.set(node, condition)
    for (const listener of this.#listeners.keys()) if (listener !== node) this.#tell(node, listener, condition)
  }

  /** Until it has arrived, or is out of date. */
  #tell(from: NodeName, to: NodeName, condition: Condition): void {
    if (condition.type === 'silent') return
    const listener = this.#listeners.get(to)
    const attempt = (): void => {
      if (this.#conditions.get(from) !== condition || this.#listeners.get(to) !== listener || !listener) return
      if (this.#paths.isOpen(from, to) && this.#paths.isOpen(to, from)) this.#arrive(from, listener, condition)
      else this.#world.after(repeatMs, attempt)
    }
    this.#world.after(latencyMs, attempt)
  }

  #arrive(from: NodeName, { process, judges, connected }: Listener, condition: Condition): void {
    process.receive(() => {
      const judge = judges.get(from)
      if (!judge) return
      if (condition.type === 'state') {
        connected.add(from)
        const { incarnation, isAlive } = condition
        judge.heard({ cluster: '', node: from, sequence: 0, incarnation, isAlive }, null)
      } else {
        const lost = connected.delete(from) ? 'closed' : null
        judge.refused(lost, { isAnyUp: false, areAllRefused: true })
      }
    })
  }
}
