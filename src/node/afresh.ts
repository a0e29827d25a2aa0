/** Why a node begins anew with an empty disk: what is on it is set aside, and the node joins as one whose disk was replaced does. */
import { join } from 'node:path'
import type { NodeName } from '../../machines/model/ids.ts'
import { exitCodes } from '../guard/exitCodes.ts'
import { logger } from '../log/log.ts'
import type { Parts } from './parts.ts'
import type { NodePorts } from './ports.ts'

const log = logger('node')

type Self = Pick<Parts, 'self' | 'configuration' | 'incarnation'>

/** A peer speaks of a later life than this one (`outdated.ts`). */
export function outdated(
  parts: Self,
  ports: Pick<NodePorts, 'setAside' | 'exit'>,
  { known, by }: { known: number; by: NodeName },
): void {
  const { self } = parts
  log.fatal('{by} knows life {known} of this node: the disk here is an old copy, or another machine runs as {self}', {
    by,
    known,
    self,
  })
  beginAnew(parts, ports, known)
}

/**
 * It was removed from the cluster in an earlier life, and is started again: it has no part in what its disk has, and waits to be
 * admitted if it was added anew.
 */
export function removed(parts: Self, ports: Pick<NodePorts, 'setAside' | 'exit'>): void {
  const { self, configuration, incarnation } = parts
  log.fatal('{self} was removed from the cluster {cluster}', { self, cluster: configuration.cluster })
  beginAnew(parts, ports, incarnation)
}

function beginAnew({ self, configuration }: Self, ports: Pick<NodePorts, 'setAside' | 'exit'>, known: number): void {
  const aside = ports.setAside(join(configuration.stateDirectory, self), known)
  if (aside !== null) log.fatal('the repository was set aside as {aside}; the node begins anew', { aside })
  ports.exit(exitCodes.outdated)
}
