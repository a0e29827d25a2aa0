/** What is kept of one peer: its life, the numbers of its datagrams, its channel, and when each link brought something. */
import type { Incarnation, NodeName } from '../../machines/model/ids.ts'
import type { Channel } from '../wire/channel.ts'
import { type ReplayVerdict, ReplayWindow } from '../wire/replayWindow.ts'

interface LinkRecord {
  readonly address: string
  highestSequence: number
  lastHeardMs: number | null
}

export class Peer {
  readonly name: NodeName
  readonly channel: Channel
  readonly links: readonly LinkRecord[]
  /** Ends the timer that drains the channel; null when none runs. `timerDueMs` is when it ends by itself. */
  cancelTimer: (() => void) | null = null
  timerDueMs = Number.POSITIVE_INFINITY
  /** The last life that is known to have ended: what comes from it is late, or from a disk that counts it anew. */
  endedIncarnation: Incarnation = 0
  /** Of its present life; 0: it has none. */
  mark = 0
  #window = new ReplayWindow()
  #sentSequence = 0

  constructor({ name, addresses, channel }: { name: NodeName; addresses: readonly string[]; channel: Channel }) {
    this.name = name
    this.channel = channel
    this.links = addresses.map((address) => ({ address, highestSequence: 0, lastHeardMs: null }))
  }

  get incarnation(): Incarnation {
    return this.channel.peerIncarnation
  }

  isAt(addresses: readonly string[]): boolean {
    return String(addresses) === String(this.links.map(({ address }) => address))
  }

  /** Nothing is sent to it any more. */
  rest(): void {
    this.cancelTimer?.()
    this.cancelTimer = null
    this.timerDueMs = Number.POSITIVE_INFINITY
  }

  nextSequence(): number {
    this.#sentSequence += 1
    return this.#sentSequence
  }

  /** It began a new life, which numbers its datagrams anew. Returns the messages posted to the old one. */
  begin(incarnation: Incarnation): readonly Uint8Array[] {
    this.#window = new ReplayWindow()
    for (const link of this.links) link.highestSequence = 0
    return this.channel.peerIs(incarnation)
  }

  /** A datagram of its present life came. What is played again does not make a link look alive. */
  hear({ sequence, link, nowMs }: { sequence: number; link: number; nowMs: number }): ReplayVerdict {
    const record = this.links[link]
    if (record && sequence > record.highestSequence) {
      record.highestSequence = sequence
      record.lastHeardMs = nowMs
    }
    return this.#window.accept(sequence)
  }
}
