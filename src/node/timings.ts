/**
 * The timings of leases, changed while the cluster runs (`machines/logic/lease.ts`, 5). `wanted` is the configuration's, `settled` the
 * key `cluster/timing`, which comes with the configuration when it is taken over.
 *
 * While the two differ, every node says to all others up to where it goes by the repository: its machines and its guard do, and no
 * later life of it will go by less (`configuration.applied`, repeated). When all have come as far as the last change, the master settles
 * what is wanted. Whoever does not say so is waited for without limit, and shown: it may come back and vote by what it knew.
 * For the same reason nobody becomes a voter before it has said so.
 */
import {
  type EffectiveTiming,
  effectiveTiming,
  isSameLeaseTiming,
  type LeaseTiming,
  leaseSettings,
  leaseTimingOf,
} from '../../machines/logic/lease.ts'
import type { WantedMember } from '../../machines/logic/members.ts'
import type { NodeName } from '../../machines/model/ids.ts'
import { logger } from '../log/log.ts'
import type { Parts } from './parts.ts'

const log = logger('node')

export const settledTimingKey = 'cluster/timing'
export const wantedTimingPrefix = 'configuration/timing'

interface Report {
  /** Id of the store that it is kept in. */
  readonly disk: string
  readonly index: number
}

export class Timings {
  readonly #parts: Parts
  /** Holds until the repository has a configuration. */
  readonly #file: LeaseTiming
  readonly #reports = new Map<NodeName, Report>()
  /** null: the repository has no configuration, or none that can be applied here. */
  #wanted: LeaseTiming | null = null
  /** Since when wanted and settled are what they are, as far as this node knows: not before. */
  #changedAt = 0

  constructor(parts: Parts, file: LeaseTiming) {
    this.#parts = parts
    this.#file = leaseTimingOf(file)
  }

  /** The configuration of the repository has changed, or is read for the first time. */
  take(wanted: LeaseTiming | null): EffectiveTiming {
    this.#wanted = wanted && leaseTimingOf(wanted)
    const settled = this.#settled ?? this.#file
    return effectiveTiming(settled, this.#wanted ?? settled)
  }

  /** Wanted or settled timings may be others from this revision on. */
  changedAt(revision: number): void {
    this.#changedAt = revision
  }

  get isSettled(): boolean {
    if (this.#wanted === null) return true
    return this.#settled !== null && isSameLeaseTiming(this.#settled, this.#wanted)
  }

  /** Nodes that have not said that they go by the timings that are wanted. */
  waitedFor(): NodeName[] {
    if (this.isSettled) return []
    const { self, configuration, peers, replica } = this.#parts
    const members = replica.members.filter(({ kind }) => kind !== 'arbiter').map(({ name }) => name)
    // Who is configured and no member yet votes for nobody and is given nothing; who is not configured any more may still act.
    const removed = peers.filter((name) => !configuration.nodes[name])
    const concerned = new Set([self, ...removed, ...members])
    return [...concerned].filter((name) => !this.#hasApplied(name)).sort()
  }

  /** A node becomes a voter only when it goes by the repository: by its file it might promise less than others count on. */
  admissible(wanted: readonly WantedMember[]): readonly WantedMember[] {
    const { members } = this.#parts.replica
    const isVoter = (name: NodeName) => members.some((member) => member.name === name && member.kind === 'voter')
    if (this.#wanted === null) return wanted
    return wanted.map((member) =>
      member.kind === 'voter' && !isVoter(member.name) && !this.#hasApplied(member.name)
        ? { ...member, kind: 'learner' }
        : member,
    )
  }

  /** What another node says. */
  reported(node: NodeName, { disk, index }: Report): void {
    const last = this.#reports.get(node)
    if (last?.disk === disk && last.index >= index) return
    this.#reports.set(node, { disk, index })
    if (!this.isSettled) this.#settle()
  }

  /** To be called now and then. */
  tick(): void {
    const isOpen = !this.isSettled || this.#isWaitingToVote()
    if (!isOpen || this.#wanted === null) return
    this.#keep()
    this.#say()
    if (!this.isSettled) this.#settle()
  }

  get #settled(): LeaseTiming | null {
    const value = this.#parts.replica.tree.get(settledTimingKey)?.value as LeaseTiming | undefined
    return value && leaseSettings.every((setting) => typeof value[setting] === 'number') ? value : null
  }

  #hasApplied(name: NodeName): boolean {
    const { self, replica, disks } = this.#parts
    const report = this.#reports.get(name)
    const disk = name === self ? replica.disk : disks.get(name)
    return report !== undefined && report.index >= this.#changedAt && (disk ?? report.disk) === report.disk
  }

  #isWaitingToVote(): boolean {
    const { self, replica, configuration } = this.#parts
    const own = configuration.nodes[self]
    const isVoter = replica.members.some(({ name, disk, kind }) => {
      return name === self && disk === replica.disk && kind === 'voter'
    })
    return own !== undefined && own.isEligible !== false && !isVoter
  }

  /** What is applied here, and known to the guard, is made to last. */
  #keep(): void {
    const { self, replica, guard } = this.#parts
    const index = replica.tree.revision
    const isKept = this.#reports.get(self)?.index === index
    if (isKept || !guard.isConfigured()) return
    replica.keepApplied(() => this.reported(self, { disk: replica.disk, index }))
  }

  #say(): void {
    const { self, peers, network } = this.#parts
    const own = this.#reports.get(self)
    if (own) for (const node of peers) network.send(node, { type: 'configuration.applied', ...own })
  }

  /** What was wanted in between, if it was deleted again, is only seen in the log; for all else there are the conditions. */
  #settle(): void {
    const { replica } = this.#parts
    if (!replica.isLeader || this.waitedFor().length > 0 || replica.isChanging(wantedTimingPrefix)) return
    const { tree } = replica
    const keys = [settledTimingKey, ...tree.list(wantedTimingPrefix).map(({ key }) => key)]
    const conditions = keys.map((key) => ({ key, index: tree.get(key)?.index ?? 0 }))
    const result = replica.propose([{ key: settledTimingKey, value: this.#wanted }], conditions)
    if (result.ok) log.info('every node has applied the timings of leases that are wanted: they are settled')
  }
}
