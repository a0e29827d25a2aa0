/** The statechart of one machine, with what it has just done and what may come next. */
import { useMemo } from 'preact/hooks'
import type { RecordView } from '../../../http/contract.ts'
import { StatechartView } from '../../chart/StatechartView.tsx'
import type { ActorState } from '../../state/actors.ts'

export function MachineChart({ actor, records }: { actor: ActorState; records: readonly RecordView[] }) {
  const oldestFirst = useMemo(() => records.toReversed(), [records])
  if (actor.machine === null) return <p class="nothing">It is no machine of the catalogue: there is no chart of it.</p>
  return (
    <div class="chart-place">
      <StatechartView machine={actor.machine} state={actor.state} records={oldestFirst} hasEvents={false} />
    </div>
  )
}
