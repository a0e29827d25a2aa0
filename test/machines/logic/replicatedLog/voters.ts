/**
 * Replicas with nothing around them but the rules: no store, no clock, and a network that delivers when told to. What they say is
 * kept as lines, so that a test reads like a conversation:
 *
 *     n1 > n2 append e2 after 1.1: 2.2 noop (committed 0)
 *     n2 > n1 has 2 (committed 0)
 *
 * An entry `2.5` is the fifth of the log, of epoch 2.
 */

import type {
  Bond,
  ConsensusMessage,
  LogEntry,
  LogReader,
  MemberKind,
  Membership,
  Position,
  ReplicaState,
} from '../../../../machines/logic/replicatedLog.ts'
import * as rules from '../../../../machines/logic/replicatedLog.ts'

export interface Letter {
  readonly from: string
  readonly to: string
  readonly message: ConsensusMessage
  /** Of the sender, if it has changed since. */
  readonly disk?: string
  /** Of the receiver, when it was sent. */
  readonly life?: number
}

export class ArrayLog implements LogReader {
  constructor(
    public entries: readonly LogEntry[] = [],
    /** What the snapshot before the first entry stands for. */
    public start: Position = { index: 0, epoch: 0 },
  ) {}

  get firstIndex(): number {
    return this.start.index + 1
  }

  get lastIndex(): number {
    return this.start.index + this.entries.length
  }

  epochAt(index: number): number | null {
    return index === this.start.index ? this.start.epoch : (this.entries[index - this.firstIndex]?.epoch ?? null)
  }

  read(index: number, { countMax }: { countMax: number }): readonly LogEntry[] {
    const first = index - this.firstIndex
    return this.entries.slice(first, first + countMax)
  }

  write(entries: readonly LogEntry[]): void {
    if (entries[0]) this.entries = [...this.entries.slice(0, entries[0].index - this.firstIndex), ...entries]
  }

  /** Everything up to `index` goes into the snapshot. */
  compact(index: number): void {
    const start = { index, epoch: this.epochAt(index)! }
    this.entries = this.entries.slice(index - this.start.index)
    this.start = start
  }

  /** The snapshot takes the place of all. */
  install(start: Position): void {
    this.start = start
    this.entries = []
  }
}

/** What a crash leaves. */
interface Kept {
  readonly epoch: number
  readonly votedFor: string | null
  readonly commitIndex: number
  readonly entries: readonly LogEntry[]
  readonly start: Position
  readonly base: Membership
}

interface Voter {
  state: ReplicaState
  readonly log: ArrayLog
  bond: Bond
  /** Who it is among the members at `log.start`. */
  base: Membership
  kept: Kept
  /** What waits until it is written. */
  outbox: Letter[]
  /** In this life it led, or took an append of its leader that was sent to this life. */
  hasMet: boolean
  readonly life: number
}

const unbound: Bond = { nowMs: 0, promiseUntilMs: 0, isLeaderEnded: false }

/** Bound by a promise that has not run out. */
export const bound: Bond = { nowMs: 0, promiseUntilMs: 1, isLeaderEnded: false }
export const free: Bond = { nowMs: 1, promiseUntilMs: 0, isLeaderEnded: false }

export interface VotersOptions {
  /** Writing takes until `sync`; else everything is durable at once. */
  readonly isLazy?: boolean
  /** Of a snapshot. */
  readonly snapshotBytes?: number
  readonly kinds?: Readonly<Record<string, MemberKind>>
}

export class Voters {
  readonly #voters = new Map<string, Voter>()
  readonly #options: VotersOptions
  readonly lines: string[] = []
  letters: Letter[] = []

  /**
   * Each with the epochs of its entries: `[1, 1, 2]`. Its own epoch is that of the last. All are members, of the kind given (voters),
   * before the first entry; `null`: one with an empty log that knows nothing.
   */
  constructor(logs: Record<string, readonly number[] | null>, options: VotersOptions = {}) {
    this.#options = options
    const names = Object.keys(logs).filter((name) => logs[name] !== null)
    const members = names.map((name) => ({ name, disk: diskOf(name), kind: options.kinds?.[name] ?? 'voter' }))
    for (const [self, epochs] of Object.entries(logs)) {
      const base = epochs === null ? rules.noMembership : { ...rules.noMembership, members }
      this.#add(self, diskOf(self), {
        epoch: epochs?.at(-1) ?? 0,
        votedFor: null,
        commitIndex: 0,
        entries: (epochs ?? []).map((epoch, place) => ({ index: place + 1, epoch, command: { type: 'noop' } })),
        start: { index: 0, epoch: 0 },
        base,
      })
    }
  }

  get names(): string[] {
    return [...this.#voters.keys()]
  }

  of(name: string): Voter {
    return this.#voters.get(name)!
  }

  state(name: string): ReplicaState {
    return this.of(name).state
  }

  /** The epochs of its entries. */
  log(name: string): number[] {
    return this.of(name).log.entries.map(({ epoch }) => epoch)
  }

  /** As `n1 n2/learner`. */
  members(name: string): string {
    const members = rules.membersOf(this.state(name))
    return members.map(({ name, kind }) => (kind === 'voter' ? name : `${name}/${kind}`)).join(' ')
  }

  bind(names: readonly string[], bond: Bond): void {
    for (const name of names) this.of(name).bond = bond
  }

  /** Opens a ballot, and sends its requests. Returns false when that is not to be. */
  campaign(name: string, options: { isPre?: boolean; transfer?: rules.Transfer } = {}): boolean {
    const voter = this.of(name)
    const { isPre = false, transfer = null } = options
    const next = rules.campaigned(voter.state, { isPre, epoch: voter.state.epoch + 1, transfer }, voter.bond)
    if (next === null) return false
    voter.state = next
    const asking = rules.requestsOf(voter.state, voter.log)
    for (const to of asking?.to ?? []) this.#say(name, to, asking!.request)
    return true
  }

  /** Goes on without the other of two, which is fenced. Returns false when that is not safe. */
  force(name: string, other: string): boolean {
    const voter = this.of(name)
    const next = rules.forcedAlone(voter.state, voter.log, { other, hasMetThisLife: voter.hasMet })
    if (next === null) return false
    voter.state = next
    this.sync(name)
    this.claim(name)
    return true
  }

  /** Leads what it was elected for, and sends its no-op. */
  claim(name: string): void {
    const voter = this.of(name)
    const claim = rules.claimed(voter.state, voter.log, voter.state.epoch)!
    voter.hasMet = true
    this.#extend(name, claim, true)
  }

  /** Elected by whoever would, without any words. */
  elect(name: string): void {
    const lines = this.lines.length
    this.campaign(name)
    this.deliverAll()
    this.claim(name)
    this.lines.length = lines
  }

  propose(name: string, value: unknown = 1): void {
    const { state, log } = this.of(name)
    const entry = rules.proposed(state, log, { type: 'set', entries: [{ key: 'k', value }], conditions: [] })
    this.#extend(name, { state, entry }, false)
  }

  /** The next step towards `wanted` (`n1 n2/learner`), if there is one and now is a time for it. `gone`: is not heard any more. */
  change(name: string, wanted: string, options: { isBlind?: boolean; gone?: string } = {}): boolean {
    const { state, log } = this.of(name)
    if (rules.changeBar(state, log) !== null) return false
    const goal = wanted.split(' ').map((word) => {
      const [name, kind = 'voter'] = word.split('/')
      return { name: name!, kind: kind as MemberKind }
    })
    const heard = [...this.#voters].filter(([name]) => name !== options.gone)
    const disks = Object.fromEntries(heard.map(([name, { state }]) => [name, state.disk]))
    const caughtUp = options.isBlind ? this.names : rules.caughtUpNames(state, state.commitIndex)
    const members = rules.nextMembers(rules.membersOf(state), { self: name, wanted: goal, disks, caughtUp })
    if (members === null) return false
    this.#extend(name, rules.changed(state, log, members), false)
    return true
  }

  tick(name: string): void {
    const voter = this.of(name)
    const { state, due } = rules.ticked(voter.state, voter.log)
    voter.state = state
    for (const { to, isEmpty } of due) this.#send(name, to, isEmpty)
  }

  /** What is committed goes into the snapshot. */
  compact(name: string): void {
    const voter = this.of(name)
    const { commitIndex, memberships } = voter.state
    if (commitIndex < voter.log.firstIndex) return
    voter.base = memberships.findLast(({ index }) => index <= commitIndex)!
    voter.log.compact(commitIndex)
  }

  /** All that was written is durable, and what waited for it is said. */
  sync(name: string): void {
    const voter = this.of(name)
    const { epoch, votedFor, commitIndex } = voter.state
    const { entries, start } = voter.log
    voter.kept = { epoch, votedFor, commitIndex, entries, start, base: voter.base }
    this.letters.push(...voter.outbox.splice(0))
    voter.state = rules.ownDurable(voter.state, voter.log, voter.log.lastIndex)
  }

  /** Dies and starts again, with what was durable. */
  crash(name: string): void {
    const { kept, state } = this.of(name)
    this.#add(name, state.disk, kept)
  }

  /** Starts again with another, empty disk. */
  wipe(name: string, disk: string): void {
    const nowhere = { index: 0, epoch: 0 }
    this.#add(name, disk, {
      epoch: 0,
      votedFor: null,
      commitIndex: 0,
      entries: [],
      start: nowhere,
      base: rules.noMembership,
    })
  }

  /** Delivers what is on its way, answers included, as far as `isDelivered` lets it; the rest is lost. */
  deliverAll(isDelivered: (letter: Letter) => boolean = () => true): void {
    for (let letter = this.letters.shift(); letter; letter = this.letters.shift()) {
      if (isDelivered(letter)) this.deliver(letter)
    }
  }

  deliver({ from, to, message, disk = this.state(from).disk, life = this.of(to).life }: Letter): void {
    const voter = this.of(to)
    const peer = { name: from, disk }
    switch (message.type) {
      case 'vote.request': {
        const asked = { from: peer, request: message, bond: voter.bond }
        const { state, reply } = rules.considerVote(voter.state, voter.log, asked)
        voter.state = state
        this.#say(to, from, reply)
        return
      }
      case 'vote.reply':
        voter.state = rules.considerVoteReply(voter.state, peer, message)
        return
      case 'append.request': {
        const request = { from: peer, request: message }
        const { state, write, reply } = rules.considerAppend(voter.state, voter.log, request)
        voter.state = state
        voter.log.write(write)
        voter.hasMet ||= reply?.hint === null && life === voter.life
        if (reply) this.#say(to, from, reply)
        return
      }
      case 'append.reply': {
        const { state, isRejected } = rules.considerAppendReply(voter.state, voter.log, { from: peer, reply: message })
        voter.state = state
        this.#sendNews(to, isRejected ? from : null)
        return
      }
      case 'install.request': {
        const { state, install, reply } = rules.considerInstall(voter.state, voter.log, {
          from: peer,
          request: message,
        })
        voter.state = state
        if (install) {
          voter.log.install(install.at)
          voter.base = { index: install.at.index, members: install.members, isForced: false }
        }
        if (reply) this.#say(to, from, reply)
        return
      }
      case 'install.reply': {
        const { state, isDue } = rules.considerInstallReply(voter.state, voter.log, { from: peer, reply: message })
        voter.state = state
        this.#sendNews(to, isDue ? from : null)
      }
    }
  }

  #add(self: string, disk: string, kept: Kept): void {
    const { entries, start, base, epoch, votedFor, commitIndex } = kept
    const memberships = rules.membershipsIn(base, entries)
    const state = rules.initialState({ self, disk, memberships, epoch, votedFor, commitIndex })
    const log = new ArrayLog(entries, start)
    const life = (this.#voters.get(self)?.life ?? 0) + 1
    this.#voters.set(self, { state, log, bond: unbound, base, kept, outbox: [], hasMet: false, life })
  }

  #extend(name: string, { state, entry }: rules.Proposed, isClaim: boolean): void {
    const voter = this.of(name)
    const before = Object.keys(voter.state.leadership?.progress ?? {})
    voter.state = state
    voter.log.write([entry])
    for (const to of Object.keys(voter.state.leadership!.progress)) {
      const isNew = isClaim || !before.includes(to)
      if (isNew || rules.isSendable(voter.state, voter.log, to)) this.#send(name, to, false)
    }
    if (!this.#options.isLazy) this.sync(name)
  }

  #sendNews(from: string, due: string | null): void {
    for (const to of Object.keys(this.state(from).leadership?.progress ?? {})) {
      const { state, log } = this.of(from)
      if (to === due || rules.isSendable(state, log, to)) this.#send(from, to, false)
    }
  }

  #send(from: string, to: string, isEmpty: boolean): void {
    const voter = this.of(from)
    const { state, request } = rules.requestFor(voter.state, voter.log, {
      to,
      isEmpty,
      snapshot: () => this.#snapshotOf(voter),
    })
    voter.state = state
    if (request) this.#say(from, to, request)
  }

  #snapshotOf({ log, base }: Voter): rules.Snapshot | null {
    if (log.start.index === 0) return null
    const totalBytes = this.#options.snapshotBytes ?? 10
    const read = (offset: number, countMax: number) => new Uint8Array(Math.min(countMax, totalBytes - offset))
    return { at: log.start, members: base.members, totalBytes, read }
  }

  #say(from: string, to: string, message: ConsensusMessage): void {
    const voter = this.of(from)
    const letter = { from, to, message, disk: voter.state.disk, life: this.of(to).life }
    this.lines.push(`${from} > ${to} ${textOf(message)}`)
    // What a leader sends it may send before it is durable; everything else relies on what was written.
    const isFree = message.type === 'append.request' || message.type === 'install.request'
    if (isFree && this.#options.isLazy) this.letters.push(letter)
    else voter.outbox.push(letter)
    if (!this.#options.isLazy) this.#flush(voter)
  }

  #flush(voter: Voter): void {
    const { epoch, votedFor, commitIndex } = voter.state
    const { entries, start } = voter.log
    voter.kept = { epoch, votedFor, commitIndex, entries, start, base: voter.base }
    this.letters.push(...voter.outbox.splice(0))
  }
}

export function diskOf(name: string): string {
  return `${name}-disk`
}

function textOf(message: ConsensusMessage): string {
  switch (message.type) {
    case 'vote.request':
      return `${message.isPre ? 'would you vote' : 'vote'} for me in e${message.epoch}? my log ends at ${place(message.last)}`
    case 'vote.reply':
      return `${message.isPre ? 'pre-vote' : 'vote'} e${message.epoch}: ${message.refusal ?? 'yes'}`
    case 'append.request': {
      const entries = message.entries.map((entry) => `${place(entry)} ${entry.command.type}`).join(', ')
      return `append e${message.epoch} after ${place(message.previous)}: ${entries || '-'} (committed ${message.commitIndex})`
    }
    case 'append.reply':
      return message.hint === null
        ? `has ${message.index} (committed ${message.commitIndex})`
        : `lacks ${message.index}, perhaps agrees at ${place(message.hint)}`
    case 'install.request':
      return `snapshot e${message.epoch} at ${place(message.at)}: ${message.bytes.length} of ${message.totalBytes} from ${message.offset}`
    case 'install.reply':
      return message.offset >= message.totalBytes
        ? `has the snapshot at ${place(message.at)}`
        : `wants the snapshot at ${place(message.at)} from ${message.offset}`
    case 'transfer.timeoutNow':
      return `campaign, e${message.epoch} ends`
  }
}

function place({ epoch, index }: Position): string {
  return `${epoch}.${index}`
}
