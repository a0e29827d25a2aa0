import type { ComponentId, NodeName } from '../model/ids.ts'
import type { CrimContext } from './context.ts'

/** Names of the waits (`timers.ts`). */
export const timerOf = {
  bar: (host: ComponentId) => `bar ${host}`,
  hold: (node: NodeName) => `hold ${node}`,
  errand: (component: ComponentId) => `errand ${component}`,
  operation: (id: string) => `operation ${id}`,
  tolerance: (dependency: string) => `tolerance ${dependency}`,
}

/** It is over, and the reason for it still stands. */
export function isDue({ timers }: Pick<CrimContext, 'timers'>, timer: string): boolean {
  return timers[timer] === 'due'
}
