/** Why a node begins anew: mostly with an empty disk, what was on it set aside, and then it joins as one whose disk was replaced does. */
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
 * A peer knows a life of this number to have ended, and hears nothing of this one: the disk was replaced, so that lives are counted
 * anew, or the peer was wrong. The next life is heard. One that is heard by the quorum goes on: one peer must not end what the others need.
 */
export function counted(
  {
    self,
    incarnation,
    sight,
    leaving,
  }: Pick<Parts, 'self' | 'incarnation'> & Partial<Pick<Parts, 'sight' | 'leaving'>>,
  ports: Pick<NodePorts, 'exit'>,
  by: NodeName,
): void {
  if (!sight || sight.isNodeLeaseValid() || leaving?.isLeaving()) return
  log.error('{by} knows that life {incarnation} of {self} has ended: another begins', { by, incarnation, self })
  ports.exit(exitCodes.outdated)
}

/** It is removed, and has left: its next life, if there is one, has no part in what this one knew. */
export function forgetCluster({ self, configuration, incarnation }: Self, ports: Pick<NodePorts, 'setAside'>): void {
  setAside({ self, configuration }, ports, incarnation)
}

function beginAnew(
  parts: Pick<Self, 'self' | 'configuration'>,
  ports: Pick<NodePorts, 'setAside' | 'exit'>,
  known: number,
): void {
  setAside(parts, ports, known)
  ports.exit(exitCodes.outdated)
}

function setAside(
  { self, configuration }: Pick<Self, 'self' | 'configuration'>,
  ports: Pick<NodePorts, 'setAside'>,
  known: number,
): void {
  const aside = ports.setAside(join(configuration.stateDirectory, self), known)
  if (aside !== null) log.fatal('the repository was set aside as {aside}; the next life begins anew', { aside })
}
