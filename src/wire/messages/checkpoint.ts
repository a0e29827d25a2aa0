/** Checkpoints between the components of an assignment, node to node (SPEC D6). */
import { z } from 'zod'
import { componentId, count, token } from './model.ts'

export const checkpointMessages = [
  z.strictObject({
    type: z.literal('checkpoint'),
    id: count,
    from: componentId,
    to: componentId,
    token,
    data: z.unknown(),
  }),
  z.strictObject({
    type: z.literal('checkpoint.answer'),
    id: count,
    /** null: the peer has it. */
    code: z.string().max(64).nullable(),
  }),
] as const
