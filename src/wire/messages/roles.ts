/** Between the CRIM on the master and the nodes: what is, what shall be, what operators ask. All of it on the reliable channel. */
import { z } from 'zod'
import { assignmentName, componentId, componentStatus, count, nodeName, origin, peer, role, token } from './model.ts'

const command = {
  component: componentId,
  assignment: assignmentName,
  token,
  peers: z.array(peer).max(100),
  /** The mastership that commands: a node that knows a later one refuses. */
  epoch: count,
}

export const operation = z.discriminatedUnion('operation', [
  z.strictObject({ operation: z.literal('switchover'), assignment: assignmentName, to: nodeName.nullable() }),
  z.strictObject({ operation: z.literal('lock'), component: componentId }),
  z.strictObject({ operation: z.literal('unlock'), component: componentId }),
  z.strictObject({ operation: z.literal('fence'), node: nodeName, how: z.enum(['run', 'confirm']) }),
])

export const operationResult = z.discriminatedUnion('ok', [
  z.strictObject({ ok: z.literal(true), text: z.string() }),
  z.strictObject({
    ok: z.literal(false),
    code: z.enum(['no-such', 'no-quorum', 'needs-force', 'unavailable', 'timed-out', 'refused']),
    text: z.string(),
  }),
])

export const roleMessages = [
  /** `revision`: of the configuration that the master plans by. */
  z.strictObject({ type: z.literal('survey.request'), epoch: count, revision: count, ...origin }),
  z.strictObject({
    type: z.literal('survey.answer'),
    epoch: count,
    statuses: z.array(componentStatus).max(1000),
    ...origin,
  }),
  z.strictObject({ type: z.literal('component.status'), status: componentStatus, ...origin }),
  z.strictObject({
    type: z.literal('role.command'),
    ...command,
    role,
    level: count,
    timeLimitMs: count,
    ...origin,
  }),
  z.strictObject({ type: z.literal('peers.command'), ...command, ...origin }),
  z.strictObject({ type: z.literal('operation.request'), id: z.string().max(100), operation, ...origin }),
  z.strictObject({ type: z.literal('operation.answer'), id: z.string().max(100), result: operationResult, ...origin }),
  /** To every node, repeated while the sender hands its roles over. */
  z.strictObject({ type: z.literal('node.leaving'), ...origin }),
  z.strictObject({ type: z.literal('node.left'), ...origin }),
] as const
