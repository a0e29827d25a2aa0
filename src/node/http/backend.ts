/** A node behind its HTTP interface. */
import { join } from 'node:path'
import { version } from '../../cli/version.ts'
import { logger } from '../../log/log.ts'
import type { Backend } from '../../manage/http/backend.ts'
import { LiveHistory } from '../../manage/http/liveHistory.ts'
import type { StreamHub } from '../../manage/http/stream.ts'
import type { Parts } from '../parts.ts'
import { viewOf } from '../view.ts'
import { metricsOf } from './metrics.ts'
import { plan } from './plan.ts'
import { unreadyReasons } from './ready.ts'
import { serves } from './serves.ts'
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
  else
    history.begin().catch((error: Error) => {
      logger('http').warn('what the cluster log has of late cannot be read: {detail}', { detail: error.message })
    })
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
      view: () => shown.redact(viewOf(parts)),
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
