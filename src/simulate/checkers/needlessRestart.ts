/**
 * SPEC R10: no component is restarted needlessly, least of all by a master that has just taken over. Whoever has the role that is
 * decided for it, under the token of that decision, and is well, is told to take no other, unless an operator asked for it.
 */
import type { Checker } from './checker.ts'

/** An operation is given up for lost before, and so is the errand it may have sent the component on. */
const outageMaxMs = 60_000

export function noNeedlessRestart(): Checker {
  let asked: { covers: (component: string) => boolean; untilMs: number }[] = []
  let count = 0
  return {
    name: 'no-needless-restart',
    observe(seen, report) {
      if (seen.type === 'outage.asked') {
        asked = asked.filter(({ untilMs }) => untilMs > seen.atMs)
        asked.push({ covers: seen.covers, untilMs: seen.atMs + outageMaxMs })
      }
      if (seen.type !== 'role.withdrawn') return
      const { atMs, component, assignment, from, to } = seen
      count += 1
      if (asked.some(({ covers, untilMs }) => untilMs > atMs && covers(component))) return
      report(`${component} is ${from} of ${assignment}, as decided, and well, and was told ${to}`, {
        component,
        from,
        to,
      })
    },
    figures: () => ({ rolesWithdrawn: count }),
  }
}
