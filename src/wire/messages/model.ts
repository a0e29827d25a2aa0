/** The model's words as they travel: strict schemas of the types in machines/model. */
import { z } from 'zod'
import { roles } from '../../../machines/model/roles.ts'

export const nodeName = z.string().min(1).max(64)
export const assignmentName = z.string().min(1).max(64)
export const count = z.int().min(0)
export const componentId = z.templateLiteral([z.string().min(1), '/', z.string().min(1)])
export const role = z.enum(roles)
export const token = z.strictObject({ epoch: count, index: count })

export const failure = z.strictObject({ code: z.string().max(64), detail: z.string().max(1000) })

export const componentStatus = z.strictObject({
  component: componentId,
  role,
  phase: z.enum(['preparing', 'assuming', 'ready', 'stopping', 'stopped', 'stopFailed']),
  incarnation: count,
  token,
  failure: failure.nullable(),
  isActive: z.boolean(),
  endpoint: z.string().max(500).nullable(),
  announced: role.exactOptional(),
  loadPercent: count.exactOptional(),
  release: z.string().max(64).exactOptional(),
})

export const peer = z.strictObject({
  component: componentId,
  node: nodeName,
  role,
  endpoint: z.string().max(500).nullable(),
  release: z.string().max(64).exactOptional(),
  rank: count.exactOptional(),
  token,
})

/** The step of a node that a message follows from, and its time: so that causes cross nodes in the black box. */
export const origin = {
  cause: z.strictObject({ node: nodeName, incarnation: count, sequence: count }).nullable(),
  time: z.strictObject({ us: count, count }),
}
