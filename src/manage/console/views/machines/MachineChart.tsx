/** The statechart, once it is known which. */
import type { ActorState } from '../../state/actors.ts'

export function MachineChart({ actor }: { actor: ActorState }) {
  return <div class="chart-place dim">{actor.machine}</div>
}
