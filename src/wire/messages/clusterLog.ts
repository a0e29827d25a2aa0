/** The cluster log between nodes (SPEC P8), on the reliable channel. Its records are opaque here: the spool's thread checks them. */
import { z } from 'zod'
import { count, nodeName } from './model.ts'

/** Bounds of one answer: small beside what the channel takes, so that roles never wait behind it. */
export const logBatchBytesMax = 32_768
export const logBatchCountMax = 256

export const archiveFailureLengthMax = 200

/** Four times as many nodes as a cluster can have: those that were removed count until their records are gone. */
export const logOriginCountMax = 256

const position = z.strictObject({ incarnation: count, sequence: count })
const positions = z.array(z.strictObject({ node: nodeName, position })).max(logOriginCountMax)

export const clusterLogMessages = [
  /** What is there of that node's stream after this place? All before it is on the asker's disk. */
  z.strictObject({ type: z.literal('log.want'), origin: nodeName, after: position, isFollowed: z.boolean() }),
  z.strictObject({
    type: z.literal('log.records'),
    origin: nodeName,
    after: position,
    upTo: position,
    /** All that the node recorded up to this time was recorded before `upTo`; 0: there is more. */
    completeUs: count,
    /** Up to here the records are gone for good; null: none are. */
    gapTo: position.nullable(),
    records: z.array(z.instanceof(Uint8Array)).max(logBatchCountMax),
  }),
  /** What the sender has of each node's stream, what it knows to be archived, and why it cannot archive, if it should. */
  z.strictObject({
    type: z.literal('log.positions'),
    positions,
    archived: positions,
    archiveFailure: z.string().max(archiveFailureLengthMax).nullable(),
  }),
] as const

export type ClusterLogMessage = z.infer<(typeof clusterLogMessages)[number]>
