/**
 * The wires between simulated machines: for each direction of each link a path with faults of its own. Where nothing is wrong
 * the copies of a datagram arrive together, so one of them stands for all: the fast way, which nearly every datagram takes.
 */
import type { NodeName } from '../../../machines/model/ids.ts'
import type { Random } from '../random.ts'
import type { World } from './world.ts'

export interface PathFaults {
  lossRate: number
  duplicateRate: number
  delayMinMs: number
  delayMaxMs: number
  /** How many faults cut it at present. */
  cutCount: number
}

interface Pair {
  readonly links: readonly PathFaults[]
  isPlain: boolean
}

const plainDelayMinMs = 0.05
const plainDelayMaxMs = 0.25

export class Paths {
  readonly linkCount: number
  sentCount = 0
  readonly #world: World
  readonly #random: Random
  readonly #pairs = new Map<NodeName, Map<NodeName, Pair>>()

  constructor(options: { world: World; random: Random; nodes: readonly NodeName[]; linkCount: number }) {
    const { world, random, nodes, linkCount } = options
    this.#world = world
    this.#random = random
    this.linkCount = linkCount
    for (const from of nodes) {
      const to = nodes.map((name): [string, Pair] => [
        name,
        { links: Array.from({ length: linkCount }, plain), isPlain: true },
      ])
      this.#pairs.set(from, new Map(to))
    }
  }

  /** Changes the faults of one direction of one link. */
  change(from: NodeName, to: NodeName, link: number, change: (path: PathFaults) => void): void {
    const pair = this.#pair(from, to)
    change(pair.links[link]!)
    pair.isPlain = pair.links.every(isPlain)
  }

  /** Some link carries something from one to the other. */
  isOpen(from: NodeName, to: NodeName): boolean {
    return this.#pair(from, to).links.some(({ cutCount, lossRate }) => cutCount === 0 && lossRate < 1)
  }

  /** Sends a copy on every link; `deliver` is called for each that arrives. */
  carry(from: NodeName, to: NodeName, deliver: (link: number) => void): void {
    this.sentCount += 1
    const pair = this.#pair(from, to)
    if (pair.isPlain) {
      const delayMs = this.#random.between(plainDelayMinMs, plainDelayMaxMs)
      this.#world.after(delayMs, () => deliver(0))
      return
    }
    for (let link = 0; link < this.linkCount; link++) this.#carryOn(pair.links[link]!, link, deliver)
  }

  #carryOn(path: PathFaults, link: number, deliver: (link: number) => void): void {
    const copyCount = this.#random.chance(path.duplicateRate) ? 2 : 1
    for (let copy = 0; copy < copyCount; copy++) {
      const delayMs = this.#random.between(path.delayMinMs, path.delayMaxMs)
      if (path.cutCount > 0 || this.#random.chance(path.lossRate)) continue
      this.#world.after(delayMs, () => deliver(link))
    }
  }

  #pair(from: NodeName, to: NodeName): Pair {
    return this.#pairs.get(from)!.get(to)!
  }
}

export function plain(): PathFaults {
  return {
    lossRate: 0,
    duplicateRate: 0,
    delayMinMs: plainDelayMinMs,
    delayMaxMs: plainDelayMaxMs,
    cutCount: 0,
  }
}

function isPlain({ lossRate, duplicateRate, delayMaxMs, cutCount }: PathFaults): boolean {
  return lossRate === 0 && duplicateRate === 0 && cutCount === 0 && delayMaxMs === plainDelayMaxMs
}
