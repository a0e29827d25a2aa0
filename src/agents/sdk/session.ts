/** A registered program: what it says and what it is told. Ends with its connection. */
import { type ComponentId, type Incarnation, placeAssignmentOf } from '../../../machines/model/ids.ts'
import type { Clock } from '../../engine/clock.ts'
import type { CheckpointFailureCode } from '../../sdk/protocol.ts'
import type { Connection } from './connection.ts'
import { Deliveries } from './deliveries.ts'
import { Errands } from './errands.ts'
import type { Member } from './member.ts'
import {
  type ParsedCheckpoint,
  type ParsedMessage,
  type ParsedProxied,
  type ParsedRecord,
  parseMessage,
} from './messages.ts'
import {
  commandOf,
  type Errand,
  type ErrandFailure,
  type RoleInvocation,
  type SdkCallbacks,
  type SdkLimits,
} from './options.ts'
import { RecordGate } from './recordGate.ts'
import { type SendingFailed, Sendings } from './sendings.ts'

export interface SessionOptions {
  readonly connection: Connection
  readonly component: ComponentId
  /** What it has roles for: the component itself, or its places. */
  readonly roles: SessionRoles
  readonly incarnation: Incarnation
  /** The version that both speak. */
  readonly protocol: number
  readonly callbacks: SdkCallbacks
  readonly limits: SdkLimits
  readonly clock: Clock
}

export interface SessionRoles {
  readonly isShared: boolean
  /** As far as it was told of them. */
  members(): readonly Member[]
}

/** So many wrong messages are forgiven; then the connection ends. */
const errorCountMax = 100

export class Session {
  readonly connection: Connection
  readonly component: ComponentId
  readonly incarnation: Incarnation
  readonly deliveries: Deliveries
  readonly #roles: SessionRoles
  readonly #callbacks: SdkCallbacks
  readonly #sendings: Sendings
  readonly #errands: Errands
  readonly #records: RecordGate
  #errorCount = 0

  constructor({ connection, component, roles, incarnation, protocol, callbacks, limits, clock }: SessionOptions) {
    this.connection = connection
    this.component = component
    this.#roles = roles
    this.incarnation = incarnation
    this.#callbacks = callbacks
    this.deliveries = new Deliveries({ connection, clock, timeoutMs: limits.deliveryTimeoutMs })
    this.#errands = new Errands({ connection, clock, protocol })
    this.#records = new RecordGate(clock)
    this.#sendings = new Sendings({
      clock,
      timeoutMs: limits.checkpointTimeoutMs,
      carry: async (checkpoint) => callbacks.onCheckpoint(checkpoint),
    })
  }

  sendRole(id: number, invocation: RoleInvocation): void {
    const { assignment, role, level, timeLimitMs, token, peers } = invocation
    const proxied = invocation.via ? { component: invocation.component } : {}
    this.connection.send({ type: 'role', id, ...proxied, assignment, role, level, timeLimitMs, token, peers })
  }

  /** Resolves to null when it is done. */
  run(id: number, errand: Errand): Promise<ErrandFailure | null> {
    return this.#errands.run(id, errand)
  }

  /** The program said a line. */
  said(line: string): void {
    const parsed = parseMessage(line)
    if (parsed.ok) this.#received(parsed.message)
    else if (parsed.code === 'invalid' || parsed.code === 'unknown-type') this.#wrong(parsed.code, parsed.detail)
    else this.connection.fail(parsed.code, parsed.detail)
  }

  closed(): void {
    this.deliveries.fail()
    this.#errands.fail()
    this.#callbacks.onDisconnected({ component: this.component, incarnation: this.incarnation })
  }

  #received(message: ParsedMessage): void {
    switch (message.type) {
      case 'register':
        this.#wrong('invalid', 'register: only once')
        break
      case 'ready': {
        if (this.#errands.answered(message.id, null)) break
        const invocation = this.#answered(message.id)
        if (invocation) this.#callbacks.onRoleDone(commandOf(invocation))
        break
      }
      case 'failed': {
        const { code, detail } = message
        if (this.#errands.answered(message.id, { code, detail })) break
        const invocation = this.#answered(message.id)
        if (invocation) this.#callbacks.onRoleFailed({ ...commandOf(invocation), code, detail })
        break
      }
      case 'health':
        if (message.state === 'failing') this.#report(message)
        break
      case 'error':
        this.#report(message)
        break
      case 'checkpoint':
        void this.#send(message)
        break
      case 'accepted':
        this.deliveries.answered(message.id, { ok: true })
        break
      case 'refused':
        this.deliveries.answered(message.id, { ok: false, code: `refused.${message.code}` })
        break
      case 'load':
        this.#callbacks.onLoad({ ...this.#lifeOf(message.assignment), loadPercent: message.percent })
        break
      case 'proxied':
        this.#proxied(message)
        break
      case 'record':
        this.#record(message)
        break
      case 'selfTest.request':
        this.#callbacks.onSelfTestAsked(this.#lifeOf(undefined))
        break
      case 'role.announce':
        this.#callbacks.onAnnounced({ ...this.#lifeOf(message.assignment), role: message.role })
        break
    }
  }

  #proxied({ component, state, endpoint, release, code, detail }: ParsedProxied): void {
    const by = { component: this.component, incarnation: this.incarnation }
    const word =
      state === 'ready'
        ? { state, endpoint, release }
        : state === 'failed'
          ? { state, code, detail }
          : { state, detail: detail === '' ? 'so its proxy says' : detail }
    this.#callbacks.onProxied({ by, component, word })
  }

  #record({ name, data, assignment }: ParsedRecord): void {
    const { isTaken, missingCount, refusal } = this.#records.judge({ name, data })
    if (refusal) this.connection.send({ type: 'record.refused', ...refusal })
    if (isTaken) this.#callbacks.onRecord({ ...this.#lifeOf(assignment), name, data, missingCount })
  }

  #report({ code, detail, assignment }: { code: string; detail: string; assignment?: string | undefined }): void {
    this.#callbacks.onErrorReport({ ...this.#lifeOf(assignment), code, detail })
  }

  /** The place that is meant; the component where none is. */
  #lifeOf(assignment: string | undefined): { component: ComponentId; incarnation: Incarnation } {
    const isPlace = this.#roles.isShared && assignment !== undefined
    return { component: isPlace ? `${this.component}/${assignment}` : this.component, incarnation: this.incarnation }
  }

  /** What it means by an assignment. One that serves a single one need not say which, and may not mean another. */
  #memberFor(assignment: string | undefined): Member | undefined {
    const { isShared, members } = this.#roles
    return members().find(({ component }) => !isShared || placeAssignmentOf(component) === assignment)
  }

  /** The command that is answered; null when it is over, or was for another life. */
  #answered(id: number): RoleInvocation | null {
    for (const member of this.#roles.members()) {
      const { incarnation } = member.command?.invocation.via ?? member
      const invocation = incarnation === this.incarnation ? member.takeCommand(id) : null
      if (invocation) return invocation
    }
    return null
  }

  async #send(checkpoint: ParsedCheckpoint): Promise<void> {
    const { id } = checkpoint
    const to = checkpoint.to ?? null
    if (this.#sendings.has(id)) {
      this.#wrong('invalid', `checkpoint.id: ${id} has no answer yet`)
      return
    }
    if (this.#roles.isShared && checkpoint.assignment === undefined) {
      this.#wrong('invalid', 'checkpoint.assignment: missing, and this component can serve several')
      return
    }
    const member = this.#memberFor(checkpoint.assignment)
    const isPast = member?.incarnation !== this.incarnation
    const failed = isPast ? { to, code: 'stale-token' } : await this.#sendings.send(member, checkpoint)
    if (failed) this.#sendFailed(id, failed)
    else this.connection.send({ type: 'checkpoint.done', id, to })
  }

  /** `refused.gap` is the peer's program that refused with `gap`. */
  #sendFailed(id: number, failed: SendingFailed): void {
    const refused = /^refused\.(.+)$/.exec(failed.code)
    const code = (refused ? 'refused' : failed.code) as CheckpointFailureCode
    const reason = refused ? { reason: refused[1]! } : {}
    this.connection.send({ type: 'checkpoint.failed', id, to: failed.to, code, ...reason })
  }

  #wrong(code: 'invalid' | 'unknown-type', detail: string): void {
    this.#errorCount += 1
    if (this.#errorCount > errorCountMax) this.connection.fail('too-many-errors', `at most ${errorCountMax}`)
    else this.connection.send({ type: 'protocol.error', code, detail })
  }
}
