/** The checkpoints that one program sends to its peers. Each is answered exactly once, within the time limit. */
import type { ComponentId } from '../../../machines/model/ids.ts'
import type { Clock } from '../../engine/clock.ts'
import { logger } from '../../log/log.ts'
import { openCheckpointCountMax } from '../../sdk/protocol.ts'
import type { Member } from './member.ts'
import { isTooLarge, type ParsedCheckpoint } from './messages.ts'
import type { Checkpoint, CheckpointResult } from './options.ts'

export interface SendingsOptions {
  readonly clock: Clock
  readonly timeoutMs: number
  readonly carry: (checkpoint: Checkpoint) => Promise<CheckpointResult>
}

export interface SendingFailed {
  readonly to: ComponentId | null
  readonly code: string
}

const log = logger('sdk')

export class Sendings {
  readonly #options: SendingsOptions
  readonly #open = new Set<number>()

  constructor(options: SendingsOptions) {
    this.#options = options
  }

  has(id: number): boolean {
    return this.#open.has(id)
  }

  /** To the peer it names, or to every secondary. Resolves to null when all have it, else at once to the first that has not. */
  async send(member: Member, checkpoint: ParsedCheckpoint): Promise<SendingFailed | null> {
    const { id, token, data } = checkpoint
    const to = checkpoint.to ?? null
    const refusal = this.#refusalOf(member, { to, token, data })
    if (refusal) return { to, code: refusal }
    const receivers = member.peers.filter((peer) => (to === null ? peer.role === 'secondary' : peer.component === to))
    this.#open.add(id)
    const results = receivers.map((peer) => this.#carry({ from: member.component, to: peer.component, token, data }))
    const failed = await firstFailed(results)
    this.#open.delete(id)
    return failed
  }

  #refusalOf(
    member: Member,
    { to, token, data }: Pick<ParsedCheckpoint, 'token' | 'data'> & { to: ComponentId | null },
  ) {
    if (!member.holds(token)) return 'stale-token'
    if (to !== null && !member.peers.some((peer) => peer.component === to)) return 'no-such-peer'
    if (isTooLarge(data)) return 'too-large'
    return this.#open.size >= openCheckpointCountMax ? 'overloaded' : null
  }

  #carry(checkpoint: Checkpoint): Promise<SendingFailed | null> {
    const { carry, clock, timeoutMs } = this.#options
    const { from, to } = checkpoint
    return new Promise((resolve) => {
      const finish = (code: string | null) => {
        cancelTimer()
        resolve(code === null ? null : { to, code })
      }
      const cancelTimer = clock.setTimer(timeoutMs, () => finish('timed-out'))
      carry(checkpoint).then(
        (result) => finish(result.ok ? null : result.code),
        (error: unknown) => {
          log.error('checkpoint from {from} to {to}: {error}', { from, to, error })
          finish('unreachable')
        },
      )
    })
  }
}

function firstFailed<T>(results: readonly Promise<T | null>[]): Promise<T | null> {
  return new Promise((resolve) => {
    for (const result of results) void result.then((failed) => failed !== null && resolve(failed))
    void Promise.all(results).then(() => resolve(null))
  })
}
