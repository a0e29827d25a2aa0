/** What the master tells every node at each change (SPEC R9), so that any node can answer for the whole cluster. */
import { z } from 'zod'
import { assignmentName, componentId, count, failure, nodeName, origin, role } from './model.ts'

export const assignmentView = z.strictObject({
  name: assignmentName,
  redundancy: z.string(),
  health: z.enum(['served', 'degraded', 'unserved']),
  primary: componentId.nullable(),
  endpoint: z.string().nullable(),
  primaries: z.array(componentId).exactOptional(),
  secondaries: z.array(componentId),
  spares: z.array(componentId),
  reason: z.string().nullable(),
  state: z.enum(['locked', 'maintenance']).exactOptional(),
})

export const componentView = z.strictObject({
  component: componentId,
  type: z.string(),
  assignment: assignmentName.nullable(),
  role: z.union([role, z.literal('unknown')]),
  phase: z.enum(['preparing', 'assuming', 'ready', 'stopping', 'stopped', 'stopFailed', 'unknown']),
  intendedRole: role,
  incarnation: count,
  isLocked: z.boolean(),
  isBarred: z.boolean(),
  isMaintained: z.literal(true).exactOptional(),
  failure: failure.nullable(),
  endpoint: z.string().nullable(),
})

export const masterWord = z.strictObject({
  type: z.literal('master.word'),
  master: nodeName,
  epoch: count,
  /** Of this master's words, the later is higher. */
  revision: count,
  assignments: z.array(assignmentView).max(1000),
  components: z.array(componentView).max(10_000),
  /** What operators and recovery have set of nodes and of the whole cluster. Left out: nothing. */
  states: z
    .strictObject({
      nodes: z.record(nodeName, z.enum(['standby', 'held', 'maintenance'])),
      isMaintained: z.boolean(),
    })
    .exactOptional(),
  ...origin,
})

export type MasterWord = Omit<z.infer<typeof masterWord>, 'type' | 'cause' | 'time'>
