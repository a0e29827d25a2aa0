/**
 * The node process: one node put together from its parts (the composition root). It runs the machines; the guard beside it
 * owns the processes of the components and starts this one again when it ends.
 */
import { join } from 'node:path'
import type { Configuration } from '../../machines/model/configuration.ts'
import type { NodeName } from '../../machines/model/ids.ts'
import type { FileConfiguration } from '../configuration/tree.ts'
import { exitCodes } from '../guard/exitCodes.ts'
import { logger, tapLog } from '../log/log.ts'
import { serveControl } from '../manage/controlServer.ts'
import { StoreError } from '../repository/store.ts'
import { LinkError } from '../transport/links.ts'
import { startActors } from './actors.ts'
import { assemble } from './assemble.ts'
import { begin } from './begin.ts'
import { LogNotes } from './logNotes.ts'
import { realPorts } from './ports.ts'
import { viewOf } from './view.ts'

export interface NodeProcessOptions {
  readonly configuration: Configuration
  /** The file it came from, which the repository begins with. */
  readonly file: FileConfiguration
  readonly name: NodeName
  /** The node's life, counted by the guard. */
  readonly incarnation: number
  /** The operator's word that voters which are not heard have never been part of the cluster. */
  readonly isFoundingForced: boolean
}

const log = logger('node')

/** Runs until the guard ends it. Resolves only when the node cannot be put together, to the exit code. */
export async function runNodeProcess(options: NodeProcessOptions): Promise<number> {
  try {
    return await run(options)
  } catch (error) {
    if (!(error instanceof StoreError || error instanceof LinkError)) throw error
    log.fatal('{code}: {text}', { code: error.code, text: error.message })
    return exitCodes.cannotUse
  }
}

async function run(options: NodeProcessOptions): Promise<number> {
  const { configuration, file, name: self, incarnation, isFoundingForced } = options
  const parts = await assemble({ configuration, file, self, incarnation, isFoundingForced, ports: realPorts })
  const controlSocket = join(configuration.runtimeDirectory, self, 'control.sock')
  if (configuration.http?.isEnabled && parts.clusterLog === null) parts.tap.begin()
  startActors(parts)
  const logNotes = new LogNotes(parts.clock, (event) => parts.notes.later('log', event))
  tapLog((record) => logNotes.heard(record))
  parts.notes.lifeBegan(parts.recorder)
  process.prependListener('uncaughtException', (error) => parts.notes.crashed(error))
  process.on('exit', (exitCode) => {
    parts.notes.lifeEnded(exitCode)
    // Whoever ends in any other order is in more of a hurry.
    if (exitCode === exitCodes.left) parts.recorder.close()
  })
  const control = await serveControl({
    path: controlSocket,
    handlers: {
      view: () => viewOf(parts),
      counters: () => parts.network.counters(),
      operate: (operation) => parts.operations.request(operation),
      changes: (listener) => parts.publisher.changes(listener),
      repository: parts.ccr,
      log: { node: self, log: parts.clusterLog, nodes: () => Object.keys(parts.configuration.nodes) },
    },
  })
  begin(parts)
  // After all that the cluster waits for.
  if (configuration.http?.isEnabled) (await import('./http/index.ts')).serveNodeHttp(parts, { controlSocket })
  log.info('node {self} of cluster {cluster} runs, life {incarnation}, control socket {path}', {
    self,
    cluster: configuration.cluster,
    incarnation,
    path: control.path,
  })
  return new Promise<number>(() => {})
}
