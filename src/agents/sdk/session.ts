/** A registered program: what it says and what it is told. Ends with its connection. */
import type { Incarnation } from '../../../machines/model/ids.ts'
import type { Clock } from '../../engine/clock.ts'
import type { CheckpointFailureCode } from '../../sdk/protocol.ts'
import type { Connection } from './connection.ts'
import { Deliveries } from './deliveries.ts'
import type { Member } from './member.ts'
import { type ParsedCheckpoint, type ParsedMessage, parseMessage } from './messages.ts'
import { commandOf, type RoleInvocation, type SdkCallbacks, type SdkLimits } from './options.ts'
import { type SendingFailed, Sendings } from './sendings.ts'

export interface SessionOptions {
  readonly connection: Connection
  readonly member: Member
  readonly incarnation: Incarnation
  readonly callbacks: SdkCallbacks
  readonly limits: SdkLimits
  readonly clock: Clock
}

/** So many wrong messages are forgiven; then the connection ends. */
const errorCountMax = 100

export class Session {
  readonly connection: Connection
  readonly member: Member
  readonly incarnation: Incarnation
  readonly deliveries: Deliveries
  readonly #callbacks: SdkCallbacks
  readonly #sendings: Sendings
  #errorCount = 0

  constructor({ connection, member, incarnation, callbacks, limits, clock }: SessionOptions) {
    this.connection = connection
    this.member = member
    this.incarnation = incarnation
    this.#callbacks = callbacks
    this.deliveries = new Deliveries({ connection, clock, timeoutMs: limits.deliveryTimeoutMs })
    this.#sendings = new Sendings({
      member,
      clock,
      timeoutMs: limits.checkpointTimeoutMs,
      carry: async (checkpoint) => callbacks.onCheckpoint(checkpoint),
    })
  }

  sendRole(id: number, invocation: RoleInvocation): void {
    const { assignment, role, level, timeLimitMs, token, peers } = invocation
    this.connection.send({ type: 'role', id, assignment, role, level, timeLimitMs, token, peers })
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
    this.#callbacks.onDisconnected({ component: this.member.component, incarnation: this.incarnation })
  }

  #received(message: ParsedMessage): void {
    switch (message.type) {
      case 'register':
        this.#wrong('invalid', 'register: only once')
        break
      case 'ready': {
        const invocation = this.#answered(message.id)
        if (invocation) this.#callbacks.onRoleDone(commandOf(invocation))
        break
      }
      case 'failed': {
        const { code, detail } = message
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
    }
  }

  #report({ code, detail }: { code: string; detail: string }): void {
    this.#callbacks.onErrorReport({ component: this.member.component, incarnation: this.incarnation, code, detail })
  }

  /** The command that is answered; null when it is over, or was for another life. */
  #answered(id: number): RoleInvocation | null {
    return this.member.incarnation === this.incarnation ? this.member.takeCommand(id) : null
  }

  async #send(checkpoint: ParsedCheckpoint): Promise<void> {
    const { id } = checkpoint
    const to = checkpoint.to ?? null
    if (this.#sendings.has(id)) {
      this.#wrong('invalid', `checkpoint.id: ${id} has no answer yet`)
      return
    }
    const isPast = this.member.incarnation !== this.incarnation
    const failed = isPast ? { to, code: 'stale-token' } : await this.#sendings.send(checkpoint)
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
