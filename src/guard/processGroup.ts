/** Killing process groups, and being sure that they have gone. */
import { readdirSync, readFileSync } from 'node:fs'

/** Between looks at a group that is being killed. */
const lookIntervalMs = 1

/** Sends the signal to every process of the group. False: there is none left. */
export function signalGroup(groupId: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(-groupId, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
    throw error
  }
}

/**
 * Kills the group until nothing of it is alive; true when that was seen, false when `timeoutMs` went by first. What only
 * its parent has yet to reap is not alive. Killed more than once because of processes that were being forked meanwhile.
 */
export async function killGroup(groupId: number, { timeoutMs }: { timeoutMs: number }): Promise<boolean> {
  const deadlineMs = performance.now() + timeoutMs
  for (let lookCount = 0; signalGroup(groupId, 'SIGKILL'); lookCount += 1) {
    // Most have gone by the second signal; only for those that have not is all of /proc read.
    if (lookCount > 0 && !isGroupAlive(groupId)) return true
    if (lookCount > 0 && performance.now() >= deadlineMs) return false
    await Bun.sleep(lookIntervalMs)
  }
  return true
}

function isGroupAlive(groupId: number): boolean {
  return processes().some((found) => found.groupId === groupId && found.state !== 'Z' && found.state !== 'X')
}

export interface ProcessStat {
  readonly pid: number
  /** As in /proc/PID/stat: `Z` is a zombie. */
  readonly state: string
  readonly parentPid: number
  readonly groupId: number
}

/** Every process of the machine that this one may see. Empty where there is no /proc. */
export function processes(): ProcessStat[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => statOf(Number(name)))
    .filter((found) => found !== null)
}

function statOf(pid: number): ProcessStat | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The name, in parentheses, may hold anything; what follows the last one is plain.
    const [state, parentPid, groupId] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return { pid, state: state!, parentPid: Number(parentPid), groupId: Number(groupId) }
  } catch {
    // It ended while we looked.
    return null
  }
}
