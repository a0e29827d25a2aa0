/**
 * The copies of a datagram that come by the other links, recognised without opening them: opening costs ten times what
 * comparing does, and with two links every second datagram is a copy. What equals an authentic datagram byte for byte is
 * authentic; that it is played again is found by its number as ever.
 */
import type { Incarnation } from '../../machines/model/ids.ts'
import type { Peer } from './peer.ts'

interface Kept {
  readonly datagram: Uint8Array
  readonly peer: Peer
  /** Of the peer's life then. */
  readonly incarnation: Incarnation
  readonly sequence: number
}

/** The copy follows at once, or is opened like any other: so many are kept, the last with each low part of the tag. */
const slotCount = 64

export class Twins {
  readonly #slots: (Kept | undefined)[] = new Array(slotCount)

  /** The bytes are copied. */
  keep(datagram: Uint8Array, { peer, sequence }: { peer: Peer; sequence: number }): void {
    this.#slots[slotOf(datagram)] = {
      datagram: new Uint8Array(datagram),
      peer,
      incarnation: peer.incarnation,
      sequence,
    }
  }

  /** What it is a copy of; null: of none that is kept, or of one from an earlier life. */
  find(datagram: Uint8Array): { readonly peer: Peer; readonly sequence: number } | null {
    const kept = this.#slots[slotOf(datagram)]
    if (!kept || kept.datagram.length !== datagram.length || kept.incarnation !== kept.peer.incarnation) return null
    return Buffer.compare(kept.datagram, datagram) === 0 ? kept : null
  }
}

function slotOf(datagram: Uint8Array): number {
  return (datagram[datagram.length - 1] ?? 0) % slotCount
}
