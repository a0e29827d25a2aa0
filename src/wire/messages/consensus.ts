/** What voters say to each other about the replicated log, as it travels (`machines/logic/replicatedLog/messages.ts`). */
import { z } from 'zod'
import type * as log from '../../../machines/logic/replicatedLog.ts'
import { installBytesMax } from '../../../machines/logic/replicatedLog.ts'
import { count, nodeName } from './model.ts'

/** Bounds of one command. */
export const keyLengthMax = 512
export const changeCountMax = 1024

const position = { index: count, epoch: count }

export const condition = z.strictObject({ key: z.string().min(1).max(keyLengthMax), index: count })
export const change = z.strictObject({ key: z.string().min(1).max(keyLengthMax), value: z.unknown() })

/** Bounds of the list of members, and of the id of a store. */
export const memberCountMax = 256
export const diskLengthMax = 64

const members = z
  .array(
    z.strictObject({
      name: nodeName,
      disk: z.string().max(diskLengthMax),
      kind: z.enum(['voter', 'arbiter', 'learner']),
    }),
  )
  .min(1)
  .max(memberCountMax)

export const logCommand = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('noop') }),
  z.strictObject({
    type: z.literal('set'),
    entries: z.array(change).min(1).max(changeCountMax),
    conditions: z.array(condition).max(changeCountMax),
  }),
  z.strictObject({ type: z.literal('members'), members, isForced: z.literal(true).optional() }),
])

export const consensusMessage = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('vote.request'),
    isPre: z.boolean(),
    epoch: count,
    last: z.strictObject(position),
    transfer: z.strictObject({ leader: nodeName, epoch: count }).nullable(),
  }),
  z.strictObject({
    type: z.literal('vote.reply'),
    isPre: z.boolean(),
    epoch: count,
    voterEpoch: count,
    refusal: z.enum(['promise', 'epoch', 'log', 'voted', 'stranger']).nullable(),
  }),
  z.strictObject({
    type: z.literal('append.request'),
    epoch: count,
    previous: z.strictObject(position),
    entries: z.array(z.strictObject({ ...position, command: logCommand })).max(1024),
    commitIndex: count,
  }),
  z.strictObject({
    type: z.literal('append.reply'),
    epoch: count,
    index: count,
    hint: z.strictObject(position).nullable(),
    commitIndex: count,
  }),
  z.strictObject({
    type: z.literal('install.request'),
    epoch: count,
    at: z.strictObject(position),
    members,
    offset: count,
    totalBytes: count,
    bytes: z.instanceof(Uint8Array).refine((bytes) => bytes.length <= installBytesMax, 'too long'),
  }),
  z.strictObject({
    type: z.literal('install.reply'),
    epoch: count,
    at: z.strictObject(position),
    offset: count,
    totalBytes: count,
  }),
  z.strictObject({ type: z.literal('transfer.timeoutNow'), epoch: count }),
]) satisfies z.ZodType<log.ConsensusMessage>

export type ConsensusMessage = log.ConsensusMessage

/** How it travels: of which cluster, '' while it has none, and from which disk. */
export const consensusEnvelope = z.strictObject({
  type: z.literal('consensus'),
  cluster: z.string().max(diskLengthMax),
  disk: z.string().min(1).max(diskLengthMax),
  message: consensusMessage,
})

export interface ConsensusEnvelope {
  readonly type: 'consensus'
  readonly cluster: string
  readonly disk: string
  readonly message: ConsensusMessage
}
