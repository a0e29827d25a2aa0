/** How far this node has the stream of each: what its parts share. */
import type { Following } from './following.ts'
import { beginning, isAfter, type StreamPosition } from './record.ts'
import type { Appended } from './spool.ts'
import type { NodePosition, OpenedState } from './spoolCalls.ts'
import type { SpoolClient } from './spoolClient.ts'

export class Standing {
  /** null: not open yet, or being mended. */
  spool: SpoolClient | null = null
  readonly following: Following
  /** Called when something was put into the spool. */
  onArrived = () => {}
  /** Per node: up to when all of it is here. */
  readonly #completeUs = new Map<string, number>()
  readonly #archived = new Map<string, StreamPosition>()

  constructor(following: Following) {
    this.following = following
  }

  /** What is here is what the spool has, whatever one before it had. */
  opened(spool: SpoolClient, { origins, archived }: OpenedState): void {
    this.following.reopened(origins)
    for (const { node, completeUs } of origins) this.completeUpTo(node, completeUs)
    this.archivedUpTo(archived)
    this.spool = spool
  }

  positionOf(node: string): StreamPosition {
    return this.following.positionOf(node)
  }

  appended(appended: Appended): void {
    if (!appended.ok) return
    const { node, position, completeUs } = appended.origin
    this.following.stored(node, position)
    this.completeUpTo(node, completeUs)
    this.onArrived()
  }

  /** null: nothing was heard of it. */
  completeUsOf(node: string): number | null {
    return this.#completeUs.get(node) ?? null
  }

  completeUpTo(node: string, us: number): void {
    this.#completeUs.set(node, Math.max(us, this.#completeUs.get(node) ?? 0))
  }

  get archived(): NodePosition[] {
    return [...this.#archived].map(([node, position]) => ({ node, position }))
  }

  archivedOf(node: string): StreamPosition | null {
    return this.#archived.get(node) ?? null
  }

  /** Returns what was not known. */
  archivedUpTo(positions: readonly NodePosition[]): NodePosition[] {
    const later = positions.filter(({ node, position }) => isAfter(position, this.#archived.get(node) ?? beginning))
    for (const { node, position } of later) this.#archived.set(node, position)
    return later
  }
}
