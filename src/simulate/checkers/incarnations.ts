/** SPEC R7: lives of a component's process are counted up, also over the lives of its node: what carries an older number is stale. */
import type { Checker } from './checker.ts'

export function incarnationsNeverGoBack(): Checker {
  const latest = new Map<string, number>()
  return {
    name: 'incarnations-never-go-back',
    observe(seen, report) {
      if (seen.type !== 'component.started') return
      const { component, incarnation } = seen
      const last = latest.get(component) ?? 0
      // A self-test runs the program of the last life once more.
      if (incarnation < last) report(`life ${incarnation} of ${component} begins after life ${last}`, { component })
      else latest.set(component, incarnation)
    },
  }
}
