/** What a node asks the master about the configuration repository for those it serves (SPEC D5). On the reliable channel. */
import { z } from 'zod'
import { change, changeCountMax, condition } from './consensus.ts'
import { count } from './model.ts'

/** `read`: up to where must I have applied the log, so that what I read then is no older than this question? */
const ask = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('read') }),
  z.strictObject({
    kind: z.literal('transact'),
    conditions: z.array(condition).max(changeCountMax),
    changes: z.array(change).min(1).max(changeCountMax),
  }),
])

export type CcrAsk = z.infer<typeof ask>

/**
 * `not-leader`, `busy`: nothing was done, and asking again may help. `conflict`: a condition did not hold. `refused`: the shared
 * configuration would not be valid. `indeterminate`: it may have been done, or may still be.
 */
export const ccrAnswerCodes = [
  'not-leader',
  'busy',
  'overloaded',
  'conflict',
  'refused',
  'quota',
  'invalid',
  'too-large',
  'reserved',
  'indeterminate',
] as const

const problem = z.strictObject({ key: z.string().max(512), text: z.string().max(1000) })

const answer = z.discriminatedUnion('ok', [
  /** Of `read`: up to where. Of `transact`: the revision at which it was done. */
  z.strictObject({ ok: z.literal(true), index: count }),
  z.strictObject({
    ok: z.literal(false),
    code: z.enum(ccrAnswerCodes),
    text: z.string().max(2000),
    /** The revisions that the keys really have; 0: not there. */
    conflicts: z.array(condition).max(changeCountMax).optional(),
    problems: z.array(problem).max(1000).optional(),
  }),
])

export type CcrAnswer = z.infer<typeof answer>

const id = z.string().max(100)

export const ccrMessages = [
  z.strictObject({ type: z.literal('ccr.request'), id, ask }),
  z.strictObject({ type: z.literal('ccr.answer'), id, answer }),
] as const
