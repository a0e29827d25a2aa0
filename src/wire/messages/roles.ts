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

const errand = { component: componentId, token }

export const target = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('component'), component: componentId }),
  z.strictObject({ kind: z.literal('node'), node: nodeName }),
  z.strictObject({ kind: z.literal('assignment'), assignment: assignmentName }),
  z.strictObject({ kind: z.literal('group'), group: assignmentName }),
  z.strictObject({ kind: z.literal('cluster') }),
])

const manner = { isForced: z.boolean().exactOptional(), isDryRun: z.boolean().exactOptional() }

export const operation = z.discriminatedUnion('operation', [
  z.strictObject({
    operation: z.literal('switchover'),
    assignment: assignmentName,
    to: nodeName.nullable(),
    ...manner,
  }),
  z.strictObject({
    operation: z.literal('migrate'),
    assignment: assignmentName,
    from: nodeName,
    to: nodeName,
    ...manner,
  }),
  z.strictObject({ operation: z.literal('selfTest'), component: componentId, ...manner }),
  z.strictObject({ operation: z.enum(['lock', 'unlock', 'shutdown', 'restart']), target, ...manner }),
  z.strictObject({ operation: z.literal('maintenance'), target, isOn: z.boolean(), ...manner }),
  z.strictObject({ operation: z.literal('fence'), node: nodeName, how: z.enum(['run', 'confirm']) }),
  z.strictObject({ operation: z.literal('observe') }),
])

export const operationResult = z.discriminatedUnion('ok', [
  /** `plan`: of a dry run or `observe`, in the form of `docs/plan.md`; the node that asked passes it on as it is. */
  z.strictObject({ ok: z.literal(true), text: z.string(), plan: z.unknown().exactOptional() }),
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
  z.strictObject({ type: z.literal('reset.command'), ...errand, timeLimitMs: count, epoch: count, ...origin }),
  z.strictObject({ type: z.literal('selfTest.command'), ...errand, timeLimitMs: count, epoch: count, ...origin }),
  /** Everything there is to be ended, and begun anew, in this life of the node. */
  z.strictObject({
    type: z.literal('node.restart'),
    incarnation: count,
    reason: z.string().max(1000),
    epoch: count,
    ...origin,
  }),
  /** `code` null: it is done. */
  z.strictObject({
    type: z.literal('errand.answer'),
    ...errand,
    code: z.string().max(64).nullable(),
    detail: z.string().max(1000),
    ...origin,
  }),
  z.strictObject({ type: z.literal('operation.request'), id: z.string().max(100), operation, ...origin }),
  z.strictObject({ type: z.literal('operation.answer'), id: z.string().max(100), result: operationResult, ...origin }),
  /** To every node, repeated while the sender hands its roles over. */
  z.strictObject({ type: z.literal('node.leaving'), ...origin }),
  z.strictObject({ type: z.literal('node.left'), ...origin }),
] as const
