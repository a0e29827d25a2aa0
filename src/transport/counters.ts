/** What a network counts, since it was opened. */
export const refusalReasons = [
  /** Did not open: damaged, forged, or of another cluster. */
  'notSealed',
  /** Opened, but is no envelope or frame. */
  'malformed',
  /** Is for another node. */
  'misdirected',
  /** Its sender is not among the peers. */
  'unknownSender',
  /** From an earlier life of the sender, for another life of this node, or too far behind. */
  'stale',
  /** Seen already: the copy on another link, or a replay. With n links, n − 1 of n datagrams end here. */
  'duplicate',
  /** Its body is not a message. */
  'unparsable',
] as const

export type RefusalReason = (typeof refusalReasons)[number]

export interface NetworkCounters {
  /** Datagrams that arrived, whatever became of them. */
  receivedCount: number
  /** Messages handed to `onMessage`. */
  deliveredCount: number
  /** Datagrams handed to a link; one on two links counts twice. */
  sentCount: number
  refusedCount: Record<RefusalReason, number>
  retransmittedCount: number
  /** Messages that `post` did not take: queue full, or too long. */
  postRefusedCount: number
  /** Messages that `send` did not take: too long for one datagram. */
  sendRefusedCount: number
  /** Messages that were posted and given up, as `onDropped` was told. */
  droppedCount: number
  /** Sends that a link failed. */
  linkFailureCount: number
}

export function zeroCounters(): NetworkCounters {
  return {
    receivedCount: 0,
    deliveredCount: 0,
    sentCount: 0,
    refusedCount: {
      notSealed: 0,
      malformed: 0,
      misdirected: 0,
      unknownSender: 0,
      stale: 0,
      duplicate: 0,
      unparsable: 0,
    },
    retransmittedCount: 0,
    postRefusedCount: 0,
    sendRefusedCount: 0,
    droppedCount: 0,
    linkFailureCount: 0,
  }
}
