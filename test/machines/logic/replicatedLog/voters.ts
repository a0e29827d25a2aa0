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
  Position,
  ReplicaState,
} from '../../../../machines/logic/replicatedLog.ts'
import * as rules from '../../../../machines/logic/replicatedLog.ts'

export interface Letter {
  readonly from: string
  readonly to: string
  readonly message: ConsensusMessage
}

export class ArrayLog implements LogReader {
  constructor(public entries: readonly LogEntry[] = []) {}

  get lastIndex(): number {
    return this.entries.length
  }

  epochAt(index: number): number | null {
    return index === 0 ? 0 : (this.entries[index - 1]?.epoch ?? null)
  }

  read(index: number, { countMax }: { countMax: number }): readonly LogEntry[] {
    return this.entries.slice(index - 1, index - 1 + countMax)
  }

  write(entries: readonly LogEntry[]): void {
    if (entries[0]) this.entries = [...this.entries.slice(0, entries[0].index - 1), ...entries]
  }
}

interface Voter {
  state: ReplicaState
  readonly log: ArrayLog
  bond: Bond
}

const unbound: Bond = { nowMs: 0, promiseUntilMs: 0, isLeaderEnded: false }

/** Bound by a promise that has not run out. */
export const bound: Bond = { nowMs: 0, promiseUntilMs: 1, isLeaderEnded: false }

export class Voters {
  readonly #voters = new Map<string, Voter>()
  readonly lines: string[] = []
  letters: Letter[] = []

  /** Each with the epochs of its entries: `[1, 1, 2]`. Its own epoch is that of the last. */
  constructor(logs: Record<string, readonly number[]>) {
    const voters = Object.keys(logs)
    for (const [self, epochs] of Object.entries(logs)) {
      const entries = epochs.map((epoch, place) => ({ index: place + 1, epoch, command: { type: 'noop' } as const }))
      const epoch = epochs.at(-1) ?? 0
      const state = rules.initialState({ self, voters, epoch, votedFor: null, commitIndex: 0 })
      this.#voters.set(self, { state, log: new ArrayLog(entries), bond: unbound })
    }
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

  /** Leads what it was elected for, and sends its no-op. */
  claim(name: string): void {
    const voter = this.of(name)
    const claim = rules.claimed(voter.state, voter.log, voter.state.epoch)!
    voter.state = claim.state
    this.#extend(name, claim.entry, true)
  }

  /** Elected by whoever would, without any words. */
  elect(name: string): void {
    const lines = this.lines.length
    this.campaign(name)
    this.deliverAll()
    this.claim(name)
    this.lines.length = lines
  }

  propose(name: string): void {
    const voter = this.of(name)
    this.#extend(
      name,
      rules.proposed(voter.state, voter.log, { type: 'set', entries: [{ key: 'k', value: 1 }], conditions: [] }),
      false,
    )
  }

  tick(name: string): void {
    const voter = this.of(name)
    const { state, due } = rules.ticked(voter.state, voter.log)
    voter.state = state
    for (const { to, isEmpty } of due) this.#append(name, to, isEmpty)
  }

  /** Delivers what is on its way, answers included, as far as `isDelivered` lets it; the rest is lost. */
  deliverAll(isDelivered: (letter: Letter) => boolean = () => true): void {
    for (let letter = this.letters.shift(); letter; letter = this.letters.shift()) {
      if (isDelivered(letter)) this.deliver(letter)
    }
  }

  deliver({ from, to, message }: Letter): void {
    const voter = this.of(to)
    switch (message.type) {
      case 'vote.request': {
        const { state, reply } = rules.considerVote(voter.state, voter.log, {
          from,
          request: message,
          bond: voter.bond,
        })
        voter.state = state
        this.#say(to, from, reply)
        return
      }
      case 'vote.reply':
        voter.state = rules.considerVoteReply(voter.state, from, message)
        return
      case 'append.request': {
        const { state, write, reply } = rules.considerAppend(voter.state, voter.log, { from, request: message })
        voter.state = state
        voter.log.write(write)
        if (reply) this.#say(to, from, reply)
        return
      }
      case 'append.reply': {
        const { state, isRejected } = rules.considerAppendReply(voter.state, voter.log, { from, reply: message })
        voter.state = state
        for (const other of Object.keys(state.leadership?.progress ?? {})) {
          const isDue = (isRejected && other === from) || rules.isSendable(voter.state, voter.log, other)
          if (isDue) this.#append(to, other, false)
        }
      }
    }
  }

  #extend(name: string, entry: LogEntry, isClaim: boolean): void {
    const voter = this.of(name)
    voter.log.write([entry])
    for (const to of Object.keys(voter.state.leadership!.progress)) {
      if (isClaim || rules.isSendable(voter.state, voter.log, to)) this.#append(name, to, false)
    }
    voter.state = rules.ownDurable(voter.state, voter.log, voter.log.lastIndex)
  }

  #append(from: string, to: string, isEmpty: boolean): void {
    const voter = this.of(from)
    const { state, request } = rules.appendFor(voter.state, voter.log, { to, isEmpty })
    voter.state = state
    this.#say(from, to, request)
  }

  #say(from: string, to: string, message: ConsensusMessage): void {
    this.letters.push({ from, to, message })
    this.lines.push(`${from} > ${to} ${textOf(message)}`)
  }
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
    case 'transfer.timeoutNow':
      return `campaign, e${message.epoch} ends`
  }
}

function place({ epoch, index }: Position): string {
  return `${epoch}.${index}`
}
