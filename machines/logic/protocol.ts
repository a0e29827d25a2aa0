/**
 * Which protocol the nodes of a cluster speak while they are of different releases (SPEC S9). A release understands a range of
 * protocols; nodes without one in common do not heed each other. What a release adds is used only once every member understands it:
 * the cluster speaks the lowest of the newest protocols of those that were heard, so that nodes can be renewed one at a time.
 */

export interface ProtocolRange {
  readonly oldest: number
  readonly newest: number
}

/** What this release understands. A message of a new kind raises `newest`, and is sent only where `effectiveProtocol` has come to it. */
export const releaseProtocols: ProtocolRange = { oldest: 1, newest: 2 }

/** Whether there is a protocol that both understand. */
export function isCompatible(a: ProtocolRange, b: ProtocolRange): boolean {
  return a.oldest <= b.newest && b.oldest <= a.newest
}

/** What the cluster speaks, as far as `own` knows: those of `heard` that have nothing in common with it do not count. */
export function effectiveProtocol(own: ProtocolRange, heard: readonly ProtocolRange[]): number {
  return Math.min(own.newest, ...heard.filter((range) => isCompatible(own, range)).map(({ newest }) => newest))
}

/** `2-3`, as operators read it; one number where it is one. */
export function formatProtocols({ oldest, newest }: ProtocolRange): string {
  return oldest === newest ? String(newest) : `${oldest}-${newest}`
}

/** null: not a range. */
export function parseProtocols(text: string): ProtocolRange | null {
  const [, oldest, newest] = /^(\d{1,6})-(\d{1,6})$/.exec(text) ?? []
  const range = { oldest: Number(oldest), newest: Number(newest) }
  return range.oldest >= 1 && range.oldest <= range.newest ? range : null
}
