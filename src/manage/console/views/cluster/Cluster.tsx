/** The cluster at a glance: what is wrong, the nodes, who has which role where, and what happened lately. */
import { useSelect } from '../../parts/hooks.ts'
import { shown } from '../../state/select.ts'
import { Matrix } from './Matrix.tsx'
import { Nodes } from './Nodes.tsx'
import { Problems } from './Problems.tsx'
import { RecentIncidents } from './RecentIncidents.tsx'
import { Summary } from './Summary.tsx'

export function Cluster() {
  const isEmpty = useSelect((state) => shown(state).nodes.length === 0)
  if (isEmpty) return <Waiting />
  return (
    <div class="cluster">
      <Summary />
      <div class="cluster-columns">
        <div class="cluster-main">
          <Nodes />
          <Matrix />
        </div>
        <aside class="cluster-side" aria-label="Problems and incidents">
          <Problems />
          <RecentIncidents />
        </aside>
      </div>
    </div>
  )
}

function Waiting() {
  const isRecording = useSelect((state) => state.session?.mode === 'recording')
  return (
    <div class="waiting">
      {isRecording ? 'Drop a recording here: a segment of a black box, an export, or a bundle.' : 'Asking the node…'}
    </div>
  )
}
