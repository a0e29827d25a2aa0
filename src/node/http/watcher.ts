/**
 * Counts what this node sees happen: fail-overs, outages, how long failures took to be noticed, changes of master, and how late its
 * own loop turns. It looks when something may have changed, at what costs nothing to look at.
 */
import { type ComponentId, type NodeName, nodeOf } from '../../../machines/model/ids.ts'
import { type NodeAvailability, upAvailabilities } from '../../../machines/model/status.ts'
import type { NodeContext } from '../../../machines/node.ts'
import { Histogram } from '../../manage/http/exposition.ts'
import { actorOf, type Parts } from '../parts.ts'

const secondsBounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300]
const gatherMs = 5
const lagIntervalMs = 250

interface Seen {
  primary: ComponentId | null
  /** Since when none serves; null: one does, or never did. */
  lostAtMs: number | null
  /** Who served last, and whether it fell or was relieved. */
  last: ComponentId | null
  isFallen: boolean
}

export class Watcher {
  readonly outageSeconds = new Histogram(secondsBounds)
  readonly detectionSeconds = new Histogram(secondsBounds)
  readonly lagSeconds = new Histogram([0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1])
  readonly failoverCounts = new Map<string, number>()
  readonly switchoverCounts = new Map<string, number>()
  mastershipChangeCount = 0
  readonly #parts: Parts
  readonly #seen = new Map<string, Seen>()
  readonly #availabilities = new Map<NodeName, NodeAvailability>()
  #leader: NodeName | null = null
  #timer: ReturnType<typeof setTimeout> | null = null
  #lagTimer: ReturnType<typeof setTimeout> | null = null

  constructor(parts: Parts) {
    this.#parts = parts
  }

  start(): void {
    this.#parts.publisher.changes(() => {
      this.#timer ??= setTimeout(() => this.#look(), gatherMs)
    })
    this.#turn(performance.now())
  }

  /** Nothing but the time it comes at: what is beyond the interval, the loop was busy. */
  #turn(expectedMs: number): void {
    const nowMs = performance.now()
    this.lagSeconds.observe(Math.max(0, nowMs - expectedMs) / 1000)
    this.#lagTimer = setTimeout(() => this.#turn(nowMs + lagIntervalMs), lagIntervalMs)
    this.#lagTimer.unref()
  }

  #look(): void {
    this.#timer = null
    const { replica, publisher, peers } = this.#parts
    for (const node of peers) this.#lookAtNode(node)
    if (replica.leader !== null && replica.leader !== this.#leader) {
      if (this.#leader !== null) this.mastershipChangeCount += 1
      this.#leader = replica.leader
    }
    const named = new Set<string>()
    for (const { name, primary } of publisher.word?.assignments ?? []) {
      named.add(name)
      this.#lookAtAssignment(name, primary)
    }
    for (const name of this.#seen.keys()) if (!named.has(name)) this.#seen.delete(name)
  }

  #lookAtNode(node: NodeName): void {
    const { engine, sight, configuration, clock } = this.#parts
    if (!engine.has(actorOf.node(node))) return
    const { availability } = engine.snapshot(actorOf.node(node)).context as NodeContext
    const before = this.#availabilities.get(node)
    this.#availabilities.set(node, availability)
    const isLost = availability === 'unreachable' || availability === 'ended'
    if (!isLost || before === undefined || !upAvailabilities.includes(before)) return
    const links = configuration.nodes[node]?.links ?? []
    const heardMs = links.flatMap((_, link) => sight.linkHeardMs(node, link) ?? [])
    if (heardMs.length > 0) this.detectionSeconds.observe((clock.nowMs() - Math.max(...heardMs)) / 1000, { node })
  }

  #isUp(node: NodeName): boolean {
    return node === this.#parts.self || upAvailabilities.includes(this.#availabilities.get(node) ?? 'unknown')
  }

  #lookAtAssignment(name: string, said: ComponentId | null): void {
    const nowMs = this.#parts.clock.nowMs()
    const primary = said !== null && this.#isUp(nodeOf(said)) ? said : null
    const seen = this.#seen.get(name)
    if (!seen) {
      this.#seen.set(name, { primary, lostAtMs: null, last: primary, isFallen: false })
      // From the beginning, so that the first one is a rise.
      for (const counts of [this.failoverCounts, this.switchoverCounts]) if (!counts.has(name)) counts.set(name, 0)
      return
    }
    if (primary === seen.primary) return
    if (primary === null) {
      seen.lostAtMs = nowMs
      seen.isFallen = this.#hasFallen(seen.primary!)
    } else this.#served(name, seen, primary, nowMs)
    seen.primary = primary
  }

  #served(name: string, seen: Seen, primary: ComponentId, nowMs: number): void {
    const isChange = seen.last !== null && seen.last !== primary
    if (isChange) add(seen.isFallen ? this.failoverCounts : this.switchoverCounts, name)
    if (seen.lostAtMs !== null) this.outageSeconds.observe((nowMs - seen.lostAtMs) / 1000, { assignment: name })
    seen.lostAtMs = null
    seen.last = primary
    seen.isFallen = false
  }

  /** Its node is gone, or it fell out of its role by itself. */
  #hasFallen(component: ComponentId): boolean {
    if (!this.#isUp(nodeOf(component))) return true
    const view = this.#parts.publisher.word?.components.find((each) => each.component === component)
    return view?.failure !== null && view?.failure !== undefined
  }
}

function add(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1)
}
