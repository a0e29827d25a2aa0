/**
 * The node's end of the SDK protocol (docs/sdk-protocol.md): HA-aware programs register on a Unix socket, take role
 * commands with a time limit, report errors, and send checkpoints to their peers (SPEC C1, R4, D6).
 *
 * Who calls: the process agent, for roles, peers and stops; the node's checkpoint carrier, for what peers send. A program that
 * has not registered yet gets its role command when it does, within the command's time limit.
 *
 * A program is connected as its component; a role is that of a member: the component, or one of its places for several assignments.
 */
import { chmodSync, lstatSync, unlinkSync } from 'node:fs'
import type { Socket } from 'bun'
import { type ComponentId, hostOf, type Incarnation } from '../../../machines/model/ids.ts'
import { realClock } from '../../engine/clock.ts'
import { protocolVersion, type RegisterRefusalCode, severalAssignmentsVersion } from '../../sdk/protocol.ts'
import { uptimeMs } from '../../sdk/uptime.ts'
import { Connection } from './connection.ts'
import { Member } from './member.ts'
import { type ParsedRegister, parseMessage } from './messages.ts'
import {
  type Checkpoint,
  type CheckpointResult,
  commandOf,
  defaultLimits,
  type Errand,
  type ErrandFailure,
  type Introduction,
  type ProgramLife,
  type RoleInvocation,
  type SdkServerOptions,
} from './options.ts'
import { Session, type SessionRoles } from './session.ts'

export type * from './options.ts'

export interface SdkServer {
  /** Tells a role; ends in `onRoleDone` or `onRoleFailed`, unless another command comes first. */
  invoke(invocation: RoleInvocation): void
  /** Tells the others of the assignment (rendezvous, SPEC R4). */
  introduce(introduction: Introduction): void
  /** Asks the program to end by itself. False: it is not connected, so only a signal reaches it. */
  stop(stop: { component: ComponentId; incarnation: Incarnation; timeLimitMs: number }): boolean
  /** Whether this life of the component's program is connected. */
  isConnected(program: ProgramLife): boolean
  /** Asks a proxy to speak for a component; ends in `onProxied`, sooner or later. */
  startProxied(start: { via: ProgramLife; component: ComponentId; assignment: string; timeLimitMs: number }): void
  /** Asks the program to reset or test itself. Resolves to null when it says that it is done; within the time limit. */
  run(errand: Errand): Promise<ErrandFailure | null>
  /** Tells every program how long the node may act; a program that was frozen finds by it that its time is over. null: for ever. */
  lease(remainingMs: number | null): void
  /** Gives a peer's checkpoint to the program here; resolves with its answer. */
  deliverCheckpoint(checkpoint: Checkpoint): Promise<CheckpointResult>
  /** Disconnects everybody and removes the socket. */
  close(): void
}

/** Throws when the socket can't be made: its path is taken by something else, or too long. */
export function createSdkServer(options: SdkServerOptions): SdkServer {
  return new Server(options)
}

class Server implements SdkServer {
  readonly #options: SdkServerOptions
  readonly #clock
  readonly #limits
  readonly #listener
  /** Bounded by the components of this node and their places: nobody else becomes a member. */
  readonly #members = new Map<ComponentId, Member>()
  readonly #sessions = new Map<ComponentId, Session>()
  readonly #connections = new Set<Connection>()
  #lastCommandId = 0

  constructor(options: SdkServerOptions) {
    this.#options = options
    this.#clock = options.clock ?? realClock
    this.#limits = { ...defaultLimits, ...options.limits }
    removeStaleSocket(options.path)
    this.#listener = Bun.listen<Connection | null>({
      unix: options.path,
      socket: {
        open: (socket) => this.#opened(socket),
        data: (socket, bytes) => socket.data?.received(bytes),
        drain: (socket) => socket.data?.drained(),
        close: (socket) => socket.data?.closed(),
        error: (socket) => socket.data?.close(),
      },
    })
    chmodSync(options.path, 0o600)
  }

  invoke(invocation: RoleInvocation): void {
    const member = this.#memberOf(invocation.component)
    if (invocation.incarnation < member.incarnation) return
    this.#lastCommandId += 1
    const id = this.#lastCommandId
    const cancelTimer = this.#clock.setTimer(invocation.timeLimitMs, () => this.#timedOut(member, id))
    member.invoked({ id, invocation, cancelTimer })
    this.#sessionOf(invocation)?.sendRole(id, invocation)
  }

  introduce(introduction: Introduction): void {
    const member = this.#memberOf(introduction.component)
    member.introduced(introduction)
    const { assignment, token, peers, via } = introduction
    const proxied = via ? { component: introduction.component } : {}
    this.#sessionOf(introduction)?.connection.send({ type: 'peers', ...proxied, assignment, token, peers })
  }

  stop({
    timeLimitMs,
    ...program
  }: {
    component: ComponentId
    incarnation: Incarnation
    timeLimitMs: number
  }): boolean {
    const session = this.#sessionOf(program)
    session?.connection.send({ type: 'stop', timeLimitMs })
    return session !== null
  }

  isConnected(program: ProgramLife): boolean {
    return this.#sessionOf(program) !== null
  }

  startProxied({ via, ...start }: Parameters<SdkServer['startProxied']>[0]): void {
    this.#sessionOf(via)?.connection.send({ type: 'proxied.start', ...start })
  }

  run(errand: Errand): Promise<ErrandFailure | null> {
    const session = this.#sessionOf(errand)
    this.#lastCommandId += 1
    const gone = { code: 'sdk.disconnected', detail: 'the program is not connected' }
    return session?.run(this.#lastCommandId, errand) ?? Promise.resolve(gone)
  }

  lease(remainingMs: number | null): void {
    const upMs = uptimeMs()
    const untilUnixMs = remainingMs === null ? null : Math.floor(Date.now() + remainingMs)
    const untilUptimeMs = remainingMs === null || upMs === null ? null : Math.floor(upMs + remainingMs)
    for (const { connection } of this.#sessions.values()) connection.send({ type: 'lease', untilUnixMs, untilUptimeMs })
  }

  deliverCheckpoint(checkpoint: Checkpoint): Promise<CheckpointResult> {
    const { to, token, data } = checkpoint
    const member = this.#members.get(to)
    if (!member) return failed('no-such-peer')
    if (member.isStale(token)) return failed('stale-token')
    if (typeof data !== 'string' || data.includes('\n')) return failed('refused.not-json')
    member.raise(token)
    const session = this.#sessions.get(hostOf(to))
    const isThere = session !== undefined && session.incarnation >= member.incarnation
    return isThere ? session.deliveries.deliver({ ...checkpoint, data }) : failed('unreachable')
  }

  close(): void {
    this.#listener.stop()
    for (const member of this.#members.values()) member.command?.cancelTimer()
    for (const connection of [...this.#connections]) connection.close()
    removeStaleSocket(this.#options.path)
  }

  #opened(socket: Socket<Connection | null>): void {
    if (this.#connections.size >= this.#limits.connectionCountMax) {
      socket.terminate()
      return
    }
    let session: Session | null = null
    const connection = new Connection(socket, {
      backlogBytesMax: this.#limits.backlogBytesMax,
      onLine: (line) => {
        if (session) session.said(line)
        else session = this.#register(connection, line)
        if (session) cancelTimer()
      },
      onClose: () => {
        cancelTimer()
        this.#connections.delete(connection)
        if (session) this.#disconnected(session)
      },
    })
    const cancelTimer = this.#clock.setTimer(this.#limits.registerTimeoutMs, () =>
      connection.fail('not-registered', 'the time to register is over'),
    )
    socket.data = connection
    this.#connections.add(connection)
  }

  /** The first line of a connection. */
  #register(connection: Connection, line: string): Session | null {
    const parsed = parseMessage(line)
    if (!parsed.ok || parsed.message.type !== 'register') {
      if (parsed.ok || parsed.code === 'unknown-type')
        connection.fail('not-registered', 'the first message is register')
      else connection.fail(parsed.code, parsed.detail)
      return null
    }
    const { component, incarnation, endpoint, release, properties } = parsed.message
    const protocol = Math.min(parsed.message.protocol, protocolVersion)
    const refusal = this.#refusalOf(parsed.message)
    if (refusal) {
      connection.send({ type: 'register.refused', ...refusal })
      connection.end()
      return null
    }
    const { callbacks } = this.#options
    const session = new Session({
      connection,
      component,
      roles: this.#rolesOf(component),
      incarnation,
      protocol,
      callbacks,
      limits: this.#limits,
      clock: this.#clock,
    })
    this.#sessions.set(component, session)
    connection.send({ type: 'registered', protocol })
    for (const { command } of this.#membersOf(component))
      if (command?.invocation.incarnation === incarnation) session.sendRole(command.id, command.invocation)
    callbacks.onRegistered({ component, incarnation, endpoint, release, properties })
    return session
  }

  #refusalOf(message: ParsedRegister): { code: RegisterRefusalCode; detail: string } | null {
    const { component, incarnation, protocol } = message
    if (protocol < 1) return { code: 'protocol-unsupported', detail: 'versions from 1 on are spoken here' }
    if (protocol < severalAssignmentsVersion && this.#isShared(component)) {
      const detail = `${component} can serve several assignments: that takes version ${severalAssignmentsVersion}`
      return { code: 'protocol-unsupported', detail }
    }
    const isStale = this.#membersOf(component).some((member) => member.via === null && incarnation < member.incarnation)
    if (isStale || !this.#options.isExpected(component, incarnation)) {
      return { code: 'not-expected', detail: `${component} in incarnation ${incarnation} does not run here` }
    }
    const session = this.#sessions.get(component)
    if (session && session.incarnation >= incarnation) {
      return { code: 'already-registered', detail: `${component} is connected already` }
    }
    // One of an earlier life has nothing to say any more.
    session?.connection.close()
    return null
  }

  #timedOut(member: Member, id: number): void {
    const invocation = member.takeCommand(id)
    if (!invocation) return
    const detail = `no answer to ${invocation.role} within ${invocation.timeLimitMs} ms`
    this.#options.callbacks.onRoleFailed({ ...commandOf(invocation), code: 'role.timedOut', detail })
  }

  #disconnected(session: Session): void {
    const { component } = session
    if (this.#sessions.get(component) === session) this.#sessions.delete(component)
    session.closed()
  }

  #isShared(component: ComponentId): boolean {
    return this.#options.isShared?.(component) ?? false
  }

  /** What its program is told of: the component and its places, and what it speaks for. */
  #membersOf(host: ComponentId): Member[] {
    return [...this.#members.values()].filter(({ component, via }) => (via ?? hostOf(component)) === host)
  }

  #rolesOf(component: ComponentId): SessionRoles {
    if (this.#isShared(component)) return { isShared: true, members: () => this.#membersOf(component) }
    this.#memberOf(component)
    return { isShared: false, members: () => this.#membersOf(component) }
  }

  #memberOf(component: ComponentId): Member {
    const known = this.#members.get(component)
    if (known) return known
    const member = new Member(component)
    this.#members.set(component, member)
    return member
  }

  #sessionOf(of: ProgramLife & { readonly via?: ProgramLife }): Session | null {
    const { component, incarnation } = of.via ?? of
    const session = this.#sessions.get(hostOf(component))
    return session?.incarnation === incarnation ? session : null
  }
}

function failed(code: string): Promise<CheckpointResult> {
  return Promise.resolve({ ok: false, code })
}

/** What an earlier life left there. Anything but a socket stays, and listening fails. */
function removeStaleSocket(path: string): void {
  const there = lstatSync(path, { throwIfNoEntry: false })
  if (there?.isSocket()) unlinkSync(path)
}
