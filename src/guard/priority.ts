/**
 * The processor first to those who keep the services running: guard and node process run at a higher priority than the
 * components, where that is permitted. What a failover waits for is mostly its turn.
 */
import { setPriority } from 'node:os'
import { getLogger } from '@logtape/logtape'

const logger = getLogger(['rolecall', 'guard'])

const raised = -10
const normal = 0

/** Of this process, and of what it starts from now on. */
export function raisePriority(): void {
  try {
    setPriority(raised)
  } catch {
    logger.warn('not permitted to run at a higher priority (CAP_SYS_NICE): under load, failures are noticed later')
  }
}

/** Of a process just started, which inherited ours. It may have ended already. */
export function restorePriority(pid: number): void {
  try {
    setPriority(pid, normal)
  } catch (error) {
    logger.debug('priority of {pid} not restored: {error}', { pid, error: String(error) })
  }
}
