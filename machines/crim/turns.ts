/** The budget of recoveries (SPEC R7): of the components that have failed, so many are started again at a time. */
import type { Step } from '../logic/placement/index.ts'
import { waiting } from '../logic/recovery/budget.ts'
import type { ComponentId } from '../model/ids.ts'
import type { CrimContext } from './context.ts'
import { nodeRecoveryOf } from './nodes.ts'

/** The same steps; those of failed components that would be more than recover at once wait for their turn. */
export function inTurn(context: CrimContext, steps: readonly Step[]): readonly Step[] {
  const recovering = Object.keys(context.recovering) as ComponentId[]
  const { concurrentMax } = nodeRecoveryOf(context)
  if (recovering.length <= concurrentMax) return steps
  const fallen = new Set(recovering.filter((place) => isFallen(context, place)))
  const patients = steps
    .filter(({ component, role, waitsFor }) => fallen.has(component) && role !== 'offline' && waitsFor === null)
    .map(({ component, assignment }) => ({ component, priority: priorityOf(context, assignment) }))
  const underWayCount = recovering.filter((place) => !fallen.has(place) && !isAtWork(context, place)).length
  const late = new Set(waiting(patients, { underWayCount, concurrentMax }))
  const waitsFor = `its turn, as ${concurrentMax} recover already,`
  return steps.map((step) => (late.has(step.component) ? { ...step, waitsFor } : step))
}

/** It has stopped, and was not told to start again yet. */
function isFallen({ statuses, commanded }: CrimContext, place: ComponentId): boolean {
  const status = statuses[place]
  return status?.role === 'offline' && status.phase === 'stopped' && commanded[place] === undefined
}

/** It still has its role, though it is not well: nothing of it is being started. */
function isAtWork({ statuses, commanded }: CrimContext, place: ComponentId): boolean {
  return statuses[place]?.phase === 'ready' && commanded[place] === undefined
}

function priorityOf({ configuration }: CrimContext, assignment: string): number {
  return configuration.assignments[assignment]?.priority ?? 0
}
