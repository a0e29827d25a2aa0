/** What nodes say of their disks: to found a cluster, to join one, to know a node of another (`machines/logic/formation.ts`). */
import { z } from 'zod'
import { nodeName } from './model.ts'

/** Ids of stores and clusters. */
export const idLengthMax = 64

const id = z.string().min(1).max(idLengthMax)

/** The one message that nodes of all releases understand: a later one may add keys, which are passed over. */
export const hello = z.object({
  type: z.literal('hello'),
  /** What the sender's release understands (`machines/logic/protocol.ts`). */
  protocols: z.object({ oldest: z.int().min(1), newest: z.int().min(1) }),
  /** Id of the sender's store. */
  disk: id,
  /** null: it is empty. */
  founded: z
    .strictObject({
      cluster: id,
      /** null: compacted away. */
      founders: z
        .array(
          z.strictObject({ name: nodeName, disk: z.string().max(idLengthMax), kind: z.enum(['voter', 'arbiter']) }),
        )
        .max(64)
        .nullable(),
    })
    .nullable(),
  /** An answer is not answered. */
  isAnswer: z.boolean(),
})

export type HelloMessage = z.infer<typeof hello>
