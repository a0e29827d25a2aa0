/** Up to which revision a node goes by the shared configuration, for good (src/node/timings.ts). A datagram, repeated while it matters. */
import { z } from 'zod'
import { idLengthMax } from './hello.ts'
import { count } from './model.ts'

export const configurationApplied = z.strictObject({
  type: z.literal('configuration.applied'),
  /** Id of the store in which that is kept. */
  disk: z.string().min(1).max(idLengthMax),
  index: count,
})
