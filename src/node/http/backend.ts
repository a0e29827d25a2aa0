/** A node behind its HTTP interface. */
import { join } from 'node:path'
import { version } from '../../cli/version.ts'
import type { Backend } from '../../manage/http/backend.ts'
import { LiveHistory } from '../../manage/http/liveHistory.ts'
import type { StreamHub } from '../../manage/http/stream.ts'
import { wantedComponents } from '../actors.ts'
import type { Parts } from '../parts.ts'
import { viewOf } from '../view.ts'
import { metricsOf } from './metrics.ts'
import { plan } from './plan.ts'
import { unreadyReasons } from './ready.ts'
import { Shown } from './shown.ts'
import { Watcher } from './watcher.ts'

export function nodeBackend(
  parts: Parts,
  { controlSocket, hub }: { readonly controlSocket: string; readonly hub: () => StreamHub | null },
): Backend {
  const { self, configuration, clock } = parts
  const log = parts.clusterLog
  const history = new LiveHistory({ directory: join(configuration.stateDirectory, self, 'black-box'), log })
  if (log === null) parts.tap.listen({ onRecords: (entries) => history.add(entries) })
  else void history.begin()
  const shown = new Shown(parts)
  const watcher = new Watcher(parts)
  watcher.start()
  return {
    cluster: configuration.cluster,
    node: self,
    version,
    history,
    nowUs: () => clock.wallUs(),
    redact: (value) => shown.redact(value),
    addRecording: null,
    live: {
      view: () => viewOf(parts),
      changes: (listener) => parts.publisher.changes(listener),
      operate: (operation) => parts.operations.request(operation),
      plan: (request) => plan(controlSocket, request),
      configuration: () => shown.configuration(),
      unready: () => unreadyReasons(viewOf(parts)),
      serves: (assignment, role) => serves(parts, assignment, role),
      metrics: () => metricsOf(parts, { watcher, hub: hub() }),
    },
  }
}

/**
 * By what the components here last said, and for what must stop without the quorum by the lease, too: a node that was frozen knows
 * nothing yet when it wakes, but its lease has ended by then.
 */
function serves(parts: Parts, assignment: string, role: 'primary' | 'secondary'): boolean | null {
  const { configuration, self, statuses, sight } = parts
  const configured = configuration.assignments[assignment]
  if (!configured) return null
  const { exclusive } = configuration.types[configuration.components[configured.component]!.type]!
  const withoutQuorum = configured.withoutQuorum ?? (exclusive ? 'stop' : 'ignore')
  const goesOn = withoutQuorum === 'ignore' || withoutQuorum === 'freeze'
  if (!goesOn && !sight.isNodeLeaseValid()) return false
  return [...wantedComponents(configuration, self)].some(([component, of]) => {
    const status = of === assignment ? statuses.get(component) : undefined
    return status?.role === role && status.phase === 'ready'
  })
}
