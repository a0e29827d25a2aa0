/** How many recover at once in the whole cluster: a storm of restarts must not take from those that still serve what they need. */
import type { ComponentId } from '../../model/ids.ts'

export interface Patient {
  readonly component: ComponentId
  /** Of the assignment it has its role for. */
  readonly priority: number
}

/**
 * Of those that have failed and are to be started again, who has to wait: `concurrentMax` at once, those that are under way already
 * among them; the more important first, then by name.
 */
export function waiting(
  patients: readonly Patient[],
  { underWayCount, concurrentMax }: { underWayCount: number; concurrentMax: number },
): ComponentId[] {
  const freeCount = Math.max(0, concurrentMax - underWayCount)
  return [...patients]
    .sort((a, b) => b.priority - a.priority || (a.component < b.component ? -1 : 1))
    .slice(freeCount)
    .map(({ component }) => component)
}
