/** What fencing means for two nodes, which have no majority without each other (DESIGN §3). */
import type { NodeName } from '../model/ids.ts'

/** How much later the better-ranked of two is shot, unless its configuration says otherwise: time for it to win the race. */
export const raceDelayMs = 2_000

/** For one of two that has ended: its guard starts a node process anew at once, a service manager the whole node after a second. */
export const comeBackMs = 3_000

/**
 * Why two nodes do not fail over by themselves; null: they do, or there are not two. `fences`: the voters that have a fence
 * agent. One that has none cannot be proven to be off, so the other never takes over from it.
 */
export function failoverBar(of: {
  voters: readonly NodeName[]
  arbiter: NodeName | null
  fences: readonly NodeName[]
}): string | null {
  const [a, b] = of.voters
  if (of.voters.length !== 2 || of.arbiter !== null) return null
  const barred = [
    [a!, b!],
    [b!, a!],
  ].filter(([, other]) => !of.fences.includes(other!))
  if (barred.length === 0) return null
  const takeOvers = barred.map(([survivor, other]) => `${survivor} will not take over from ${other}`).join(', ')
  return `two nodes without a third vote: ${takeOvers}; add an arbiter, or a fence agent for ${barred.map(([, other]) => other).join(' and ')}`
}

/** `voters` in order of rank. Of a pair the first is shot later, so that not both shoot at once. */
export function fenceDelayMs(of: { voters: readonly NodeName[]; node: NodeName; configuredMs: number | null }): number {
  return of.configuredMs ?? (of.voters.length === 2 && of.voters[0] === of.node ? raceDelayMs : 0)
}
