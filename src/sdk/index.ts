/**
 * The TypeScript SDK for HA-aware programs, for Bun and Node, without dependencies (docs/sdk-protocol.md). A program that was
 * started by rolecall calls `connect` and says what it does in each role:
 *
 *     const rolecall = await connect({ endpoint: 'http://10.0.0.1:8080' }, {
 *       async onRole({ role }) { … },
 *       async onCheckpoint({ data }) { … },
 *     })
 *     await rolecall.checkpoint({ data: change })   // every secondary has it
 */
import { Client, type ConnectOptions, type Rolecall } from './client.ts'
import type { Handlers } from './handlers.ts'

export type { AssignmentName, ComponentId, Incarnation, NodeName } from '../../machines/model/ids.ts'
export type { Role } from '../../machines/model/roles.ts'
export type { Peer } from '../../machines/model/status.ts'
export type { Token } from '../../machines/model/token.ts'
export type { ConnectOptions, Rolecall } from './client.ts'
export { CheckpointError, RegisterError, RolecallError } from './errors.ts'
export type * from './handlers.ts'
export type { HeldRole } from './held.ts'
export type { CheckpointFailureCode, Json, RecordRefusalCode, RegisterRefusalCode } from './protocol.ts'

/** Registers with the node. What is not given comes from the environment. Rejects with a `RegisterError`. */
export function connect(options: ConnectOptions, handlers: Handlers): Promise<Rolecall> {
  return Client.connect(options, handlers)
}
