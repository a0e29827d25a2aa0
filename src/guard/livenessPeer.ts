/**
 * Judges what the links to one peer saw. That a life of the peer has ended is taken from:
 *
 * - the peer's guard saying so: it has killed every process of its node (`said`);
 * - a later life of the peer: a guard begins one only when nothing of the earlier is left;
 * - the peer's kernel: it closed the connection, and refuses a new one, so the guard's process is gone, and with it, a
 *   moment later, all that die with it (`closed`, `reset`). DESIGN §3 adds a short grace before acting on it;
 * - the peer's kernel refusing on every link, with no connection before (`refused`, incarnation null): nothing was
 *   running when this guard looked. A firewall that answers for the peer looks the same, so take it as evidence only of a
 *   node that has not been heard by other means.
 *
 * Silence, time-outs and "unreachable" are no evidence of anything. Each life is reported once.
 */
import { getLogger } from '@logtape/logtape'
import type { NodeState } from './livenessMessages.ts'
import type { Ending } from './protocol.ts'

const logger = getLogger(['rolecall', 'guard'])

export interface PeerEnded {
  readonly node: string
  /** The life that ended; null: none was ever heard of. */
  readonly incarnation: number | null
  readonly how: Ending
}

export class LivenessPeer {
  readonly #node: string
  readonly #onEnded: (ended: PeerEnded) => void
  /** The latest life heard of. */
  #incarnation: number | null = null
  #lost: 'closed' | 'reset' | null = null
  /** What was reported, while the peer has not come back. */
  ended: PeerEnded | null = null

  constructor(node: string, onEnded: (ended: PeerEnded) => void) {
    this.#node = node
    this.#onEnded = onEnded
  }

  /** Whether a greeting tells of a life not yet heard of. */
  isNews(incarnation: number): boolean {
    return this.#incarnation === null || incarnation > this.#incarnation
  }

  /** `lost`: how the link's connection before this word was ended by the peer. */
  heard({ incarnation, isAlive }: NodeState, lost: 'closed' | 'reset' | null): void {
    const known = this.#incarnation
    if (known !== null && incarnation < known) return
    if (known !== null && incarnation > known && !this.ended) this.#report(lost ?? this.#lost ?? 'said')
    this.#incarnation = incarnation
    this.#lost = null
    if (!isAlive) this.#report('said')
    else if (this.ended?.incarnation !== incarnation) this.ended = null
  }

  /** A link found its address refused. `isAnyUp`, `areAllRefused`: of the peer's links. */
  refused(lost: 'closed' | 'reset' | null, links: { isAnyUp: boolean; areAllRefused: boolean }): void {
    this.#lost = lost ?? this.#lost
    if (this.#incarnation !== null && lost !== null) this.#report(lost)
    else if (!links.isAnyUp && links.areAllRefused) this.#report(this.#lost ?? 'refused')
  }

  #report(how: Ending): void {
    if (this.ended && this.ended.incarnation === this.#incarnation) return
    this.ended = { node: this.#node, incarnation: this.#incarnation, how }
    logger.info('{node} has ended (incarnation {incarnation}, {how})', { ...this.ended })
    this.#onEnded(this.ended)
  }
}
