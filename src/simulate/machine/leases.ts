/** The true instants at which a node begins and ceases to hold its leases, seen from where they are acted upon. */
import type { NodeName } from '../../../machines/model/ids.ts'
import type { ObservedEvent } from '../observation.ts'
import type { World } from '../world/world.ts'
import type { NodeLife } from './nodeLife.ts'

interface Watched {
  isHeld: boolean
  epoch: number
  untilMs: number
  isArmed: boolean
}

export class LeaseWatch {
  readonly #world: World
  readonly #node: NodeName
  readonly #observe: (event: ObservedEvent) => void
  readonly #leader: Watched = { isHeld: false, epoch: 0, untilMs: 0, isArmed: false }
  readonly #own: Watched = { isHeld: false, epoch: 0, untilMs: 0, isArmed: false }

  constructor(options: { world: World; node: NodeName; observe: (event: ObservedEvent) => void }) {
    this.#world = options.world
    this.#node = options.node
    this.#observe = options.observe
  }

  get isNodeLeaseHeld(): boolean {
    return this.#own.isHeld
  }

  look({ parts, process }: NodeLife): void {
    if (parts === null || !process.isAlive) return
    const { sight, replica } = parts
    this.#see(this.#leader, sight.isLeaderLeaseValid() ? process.trueMs(sight.leaderLeaseUntilMs()) : 0, replica.epoch)
  }

  /** The node asks for its guard whenever it looks at its leases. */
  guardEnded(): void {
    this.#see(this.#leader, 0, this.#leader.epoch)
  }

  /** The guard says until when (true time) the node may keep exclusive primaries; it is the guard that stops them in the end. */
  granted(untilMs: number): void {
    const own = this.#own
    const isFoundLonger = !own.isHeld && untilMs > own.untilMs && untilMs <= this.#world.nowMs
    this.#see(own, Math.max(untilMs, own.untilMs), 0)
    if (isFoundLonger) this.#observe({ type: 'nodeLease.lost', node: this.#node, endedAtMs: untilMs })
  }

  /** The node process has ended, and with it whatever it held. */
  ended(): void {
    this.#see(this.#leader, 0, this.#leader.epoch)
    if (this.#own.isHeld) this.#tell(this.#own, false)
    this.#own.untilMs = 0
  }

  #see(lease: Watched, untilMs: number, epoch: number): void {
    if (lease.isHeld && (epoch !== lease.epoch || untilMs <= this.#world.nowMs)) this.#tell(lease, false)
    lease.untilMs = untilMs
    lease.epoch = epoch
    if (!lease.isHeld && untilMs > this.#world.nowMs) this.#tell(lease, true)
    this.#arm(lease)
  }

  /** A renewal does not move the timer: it looks again when it ends. */
  #arm(lease: Watched): void {
    if (!lease.isHeld || lease.isArmed) return
    lease.isArmed = true
    this.#world.at(lease.untilMs, () => {
      lease.isArmed = false
      if (lease.isHeld && lease.untilMs <= this.#world.nowMs) this.#tell(lease, false)
      this.#arm(lease)
    })
  }

  #tell(lease: Watched, isHeld: boolean): void {
    lease.isHeld = isHeld
    const node = this.#node
    if (lease === this.#leader)
      this.#observe({ type: isHeld ? 'leaderLease.gained' : 'leaderLease.lost', node, epoch: lease.epoch })
    else if (isHeld) this.#observe({ type: 'nodeLease.gained', node })
    else this.#observe({ type: 'nodeLease.lost', node, endedAtMs: this.#world.nowMs })
  }
}
