/** What the machine of a node is told, in short. */
import type { Message } from '../../../src/engine/step.ts'
import { timing } from '../../support/configuration.ts'

export const input = { node: 'n2', self: 'n1', timing }
export const ofSelf = { node: 'n1', self: 'n1', timing }

export const heard = (incarnation: number): Message => ({ type: 'peer.heard', incarnation })
export const ended = (incarnation: number | null, how = 'connection.reset'): Message => ({
  type: 'peer.ended',
  incarnation,
  how,
})
export const left = (incarnation: number): Message => ({ type: 'peer.left', incarnation })
export const fenced = (incarnation: number): Message => ({ type: 'fence.confirmed', incarnation, how: 'fenced' })
export const suspected: Message = { type: 'peer.suspected', silentForMs: 101 }
export const confirmed = (silentForMs: number, waitedMs = silentForMs): Message => ({
  type: 'peer.confirmedSilent',
  silentForMs,
  waitedMs,
})
export const acquiredAfter = (commandedLife: number): Message => ({ type: 'mastership.acquired', commandedLife })
export const acquired = acquiredAfter(0)
