/** How the tests of the component machine speak of its events and effects: `>` what it is told, `<` what it asks for. */
import { type ComponentEffect, type ComponentInput, component } from '../../../machines/component.ts'
import { activeRoles, type Role } from '../../../machines/model/roles.ts'
import type { Peer } from '../../../machines/model/status.ts'
import { formatToken, type Token } from '../../../machines/model/token.ts'
import type { Message } from '../../../src/engine/step.ts'
import { expectTranscript, type Rendering } from '../../support/machines.ts'

export const input: ComponentInput = {
  component: 'n1/ledger',
  node: 'n1',
  assignment: 'ledger',
  standby: 'hot',
  exclusive: true,
  withoutQuorum: 'stop',
  recovery: {},
  standsDown: true,
  roleTimeoutMs: 2000,
  startTimeoutMs: 8000,
  stopTimeoutMs: 5000,
  selfStopMs: 700,
  firstIncarnation: 1,
}

/** `1.4` */
export function token(text: string): Token {
  const [epoch, index] = text.split('.').map(Number)
  return { epoch: epoch!, index: index! }
}

/** A peer is named `n2/ledger primary 1.4`. */
export function peer(text: string): Peer {
  const [component, role, itsToken] = text.split(' ') as [Peer['component'], Role, string]
  return { component, node: component.split('/')[0]!, role, endpoint: null, token: token(itsToken) }
}

export function assign(role: Role, at: string, ...peers: string[]): Message {
  const level = activeRoles.includes(role) ? 1 : 2
  return { type: 'role.assign', role, token: token(at), level, timeLimitMs: 2000, peers: peers.map(peer) }
}

export const peersChange = (at: string, ...peers: string[]): Message => ({
  type: 'peers.change',
  token: token(at),
  peers: peers.map(peer),
})

export const ready = (incarnation: number, endpoint: string | null = null): Message => ({
  type: 'process.ready',
  incarnation,
  endpoint,
})

export const exited = (incarnation: number, detail = 'signal SIGKILL'): Message => ({
  type: 'process.exited',
  incarnation,
  detail,
})

export const startFailed = (incarnation: number): Message => ({
  type: 'process.startFailed',
  incarnation,
  code: 'start.failed',
  detail: 'no such file',
})

export const stopFailed = (incarnation: number): Message => ({
  type: 'process.stopFailed',
  incarnation,
  detail: 'still there after the kill',
})

export const done = (role: Role, at: string, incarnation: number): Message => ({
  type: 'role.done',
  role,
  token: token(at),
  incarnation,
})

export const failed = (role: Role, at: string, incarnation: number): Message => ({
  ...done(role, at, incarnation),
  type: 'role.failed',
  code: 'role.failed',
  detail: 'exit code 3',
})

export const healthFailed = (incarnation: number): Message => ({
  type: 'health.failed',
  incarnation,
  code: 'probe.failed',
  detail: '3 probes in a row',
})

export const restored = (incarnation: number): Message => ({ type: 'health.restored', incarnation })

export const load = (loadPercent: number, incarnation = 1): Message => ({
  type: 'load.changed',
  incarnation,
  loadPercent,
})

export const announced = (role: Role, incarnation = 1): Message => ({ type: 'role.announced', incarnation, role })

export const typeChanged = (standby: ComponentInput['standby']): Message => ({
  type: 'type.changed',
  standby,
  standsDown: true,
  withoutQuorum: 'stop',
  recovery: {},
  roleTimeoutMs: 2000,
  startTimeoutMs: 8000,
  stopTimeoutMs: 5000,
  selfStopMs: 700,
})

export const leaseLost: Message = { type: 'lease.lost' }
export const leaseGained: Message = { type: 'lease.gained' }
export const nodeLeave: Message = { type: 'node.leave' }
export const containerEnded: Message = { type: 'container.ended', container: 'n1/shelf' }

/** The way to a role from nothing, with process #1. */
export function taking(role: Role, at: string, ...peers: string[]): Message[] {
  return [assign(role, at, ...peers), ready(1), done(role, at, 1)]
}

/** Hand-over of a role by a process that runs. */
export function changing(role: Role, at: string, incarnation = 1): Message[] {
  return [assign(role, at), done(role, at, incarnation)]
}

export const rendering: Rendering = {
  render: (message) => renderEffect(message as unknown as ComponentEffect) ?? renderEvent(message),
}

export interface Conversation {
  readonly input?: Partial<ComponentInput>
  /** What went before; only the state it led to is shown. */
  readonly given?: readonly Message[]
  readonly events: readonly Message[]
}

export function converse(said: Conversation, expected: string): void {
  const options = said.given ? { ...rendering, given: said.given } : rendering
  expectTranscript(component, { ...input, ...said.input }, said.events, expected, options)
}

function renderEffect(effect: ComponentEffect): string | undefined {
  switch (effect.type) {
    case 'process.start':
      return `start #${effect.incarnation} as ${effect.role} ${formatToken(effect.token)}${renderPeers(effect.peers)}`
    case 'process.stop':
      return effect.timeoutMs === 0
        ? `kill #${effect.incarnation}`
        : `stop #${effect.incarnation} within ${effect.timeoutMs} ms`
    case 'role.invoke':
      return `invoke ${effect.role} ${formatToken(effect.token)} at #${effect.incarnation} within ${effect.timeLimitMs} ms${renderPeers(effect.peers)}`
    case 'peers.introduce':
      return `introduce${renderPeers(effect.peers)} to ${effect.role} ${formatToken(effect.token)} #${effect.incarnation}`
    case 'component.active':
      return `${effect.isActive ? 'active' : 'inactive'} #${effect.incarnation}`
    case 'command.refused':
      return `refuse ${effect.role} ${formatToken(effect.token)}: ${effect.code}`
    case 'status.report': {
      const { role, phase, incarnation, token, failure, endpoint, announced, loadPercent, release } = effect.status
      const said = [
        announced && ` announced ${announced}`,
        loadPercent !== undefined && ` load ${loadPercent}%`,
        release && ` release ${release}`,
      ].filter(Boolean)
      const where = [endpoint === null ? '' : ` at ${endpoint}`, ...said].join('')
      const why = failure === null ? '' : ` failed: ${failure.code}, ${failure.detail}`
      return `report ${role}.${phase} ${formatToken(token)} #${incarnation}${where}${why}`
    }
  }
}

function renderEvent(message: Message): string {
  const { type, role, token, incarnation, peers, code, detail, endpoint, delay, loadPercent } = message
  const words = [
    type,
    role,
    token && formatToken(token as Token),
    incarnation !== undefined && `#${incarnation}`,
    endpoint && `at ${endpoint}`,
    delay,
    loadPercent !== undefined && `${loadPercent}%`,
    [code, detail].filter(Boolean).join(', '),
  ]
  return words.filter(Boolean).join(' ') + renderPeers(peers as readonly Peer[] | undefined)
}

function renderPeers(peers: readonly Peer[] = []): string {
  return peers.length === 0
    ? ''
    : ` [${peers.map((peer) => `${peer.component} ${peer.role} ${formatToken(peer.token)}`).join(', ')}]`
}
