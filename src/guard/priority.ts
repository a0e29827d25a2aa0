/**
 * The processor first to those who keep the services running. The guard is scheduled in real time: heartbeats wait for no
 * one, however many want to run (measured on a loaded machine: at most 13 ms late, against 62 ms). It is a small process of
 * its own for that, since a process in which only some threads have such a priority waits for its others. Nothing inherits it
 * (SCHED_RESET_ON_FORK). The node process gets a better nice value, components the normal one.
 */
import { readdirSync } from 'node:fs'
import { setPriority } from 'node:os'
import { getLogger } from '@logtape/logtape'
import { addressOf, libc } from '../system/libc.ts'
import type { GuardProblem } from './protocol.ts'

const logger = getLogger(['rolecall', 'guard'])

const raised = -10
const normal = 0

const SCHED_FIFO = 1
const SCHED_RESET_ON_FORK = 0x40000000
/** Above ordinary real-time work at 1, below what the kernel itself must do. */
const realtimePriority = 10
/** MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT: what is touched stays. Without ONFAULT all that is reserved would be taken. */
const lockOnFault = 7
/** The runtime starts threads when it needs them; those begin at normal priority. */
const renewIntervalMs = 5000

/** Of this process. Null, or what is the matter. */
export function raisePriority({ isRealtime }: { isRealtime: boolean }): GuardProblem | null {
  if (isRealtime && raiseThreads()) {
    setInterval(raiseThreads, renewIntervalMs).unref()
    // It may not be permitted, or there may be no such call: then a page may have to be read from disk.
    libc?.mlockall(lockOnFault)
    return null
  }
  const isNice = tryPriority(process.pid, raised)
  if (!isRealtime) return null
  const instead = isNice ? 'they run at a better nice value instead' : 'nor at a better nice value'
  return {
    code: 'guard.unprivileged',
    text: `heartbeats run without real-time priority: not permitted (CAP_SYS_NICE or RLIMIT_RTPRIO), ${instead}; under load, healthy nodes may be taken for failed`,
  }
}

/** Of the node process, just started. */
export function preferProcess(pid: number): void {
  if (!tryPriority(pid, raised)) logger.debug('not permitted to prefer process {pid}', { pid })
}

/** Of a process just started, which may have inherited ours. It may have ended already. */
export function restorePriority(pid: number): void {
  if (!tryPriority(pid, normal)) logger.debug('priority of {pid} not restored', { pid })
}

/** Every thread of this process. False: not permitted, or not possible here. */
function raiseThreads(): boolean {
  if (!libc) return false
  const parameter = new Int32Array([realtimePriority])
  try {
    for (const thread of readdirSync('/proc/self/task')) {
      // A thread may have ended meanwhile; this one cannot.
      const isRaised =
        libc.sched_setscheduler(Number(thread), SCHED_FIFO | SCHED_RESET_ON_FORK, addressOf(parameter)) === 0
      if (!isRaised && Number(thread) === process.pid) return false
    }
    return true
  } catch {
    // No /proc: then this is no system on which it could be told.
    return false
  }
}

function tryPriority(pid: number, priority: number): boolean {
  try {
    setPriority(pid, priority)
    return true
  } catch {
    // Not permitted, or it has ended: the caller says so where it matters.
    return false
  }
}
