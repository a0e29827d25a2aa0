/**
 * The processor first to those who keep the services running. The guard is scheduled in real time: heartbeats wait for no
 * one, however many want to run (measured on a loaded machine: at most 13 ms late, against 62 ms). It is a small process of
 * its own for that, since a process in which only some threads have such a priority waits for its others: threads that the
 * runtime starts later inherit it, what is spawned does not (`spawnPlain`). The node process gets a better nice value, components
 * the normal one.
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
/** struct sched_param */
const parameter = new Int32Array([realtimePriority])
/** The thread that asks. */
const ownThread = 0

let isRaised = false

/** Of this process. Null, or what is the matter. */
export function raisePriority({ isRealtime }: { isRealtime: boolean }): GuardProblem | null {
  isRaised = isRealtime && raiseThreads()
  if (isRaised) return null
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

/** Spawns by way of the callback what shall not inherit this process's priority, not even for an instant. */
export function spawnPlain<T>(spawn: () => T): T {
  if (!isRaised) return spawn()
  schedule(ownThread, SCHED_FIFO | SCHED_RESET_ON_FORK)
  try {
    return spawn()
  } finally {
    // Not permitted to those who may be raised, but not lower themselves: threads started from now on have normal priority.
    schedule(ownThread, SCHED_FIFO)
  }
}

/** Every thread of this process. False: not permitted, or not possible here. */
function raiseThreads(): boolean {
  try {
    // A thread may have ended meanwhile; this one cannot.
    const threads = readdirSync('/proc/self/task').map(Number)
    return threads.map((thread) => schedule(thread, SCHED_FIFO) || thread !== process.pid).every(Boolean)
  } catch {
    // No /proc: then this is no system on which it could be told.
    return false
  }
}

function schedule(thread: number, policy: number): boolean {
  return libc?.sched_setscheduler(thread, policy, addressOf(parameter)) === 0
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
