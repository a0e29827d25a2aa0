/**
 * Finds and kills what an earlier life of this node left behind (issue: no process of a component outlives its node
 * unseen). Everything that a guard starts carries the node's marker in its environment, and so do its descendants.
 */
import { readFileSync } from 'node:fs'
import { getLogger } from '@logtape/logtape'
import { type ProcessStat, processes, signalGroup } from './processGroup.ts'

const logger = getLogger(['rolecall', 'guard'])
const lookIntervalMs = 5

export const markerName = 'ROLECALL_INSTANCE'

/**
 * The runtime directory is part of it, since that is what the guard's lock is in: of two clusters with the same names on one
 * machine, neither may take the other's processes for its own.
 */
export function markerOf(at: { cluster: string; node: string; runtimeDirectory: string }): string {
  return `${at.cluster}/${at.node}@${at.runtimeDirectory}`
}

/**
 * Kills every process with the marker, with its group, until none is left. Returns how many there were; throws when some
 * are still there after `timeoutMs`. This process and its ancestors are left alone.
 */
export async function sweepLeftovers(marker: string, { timeoutMs }: { timeoutMs: number }): Promise<number> {
  const deadlineMs = performance.now() + timeoutMs
  const seen = new Set<number>()
  for (let found = marked(marker); found.length > 0; found = marked(marker)) {
    for (const { pid } of found) seen.add(pid)
    if (performance.now() >= deadlineMs)
      throw new Error(`left over from an earlier life and cannot be killed: ${found.map(({ pid }) => pid).join(', ')}`)
    for (const leftover of found) kill(leftover, found)
    await Bun.sleep(lookIntervalMs)
  }
  if (seen.size > 0)
    logger.warn('killed {count} processes left over from an earlier life: {pids}', {
      count: seen.size,
      pids: [...seen],
    })
  return seen.size
}

/** With its group, which has what dropped the marker: but only where the group is surely one of ours. */
function kill({ pid, groupId }: ProcessStat, found: readonly ProcessStat[]): void {
  if (found.some((other) => other.pid === groupId)) signalGroup(groupId, 'SIGKILL')
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

function marked(marker: string): ProcessStat[] {
  const all = processes()
  const spared = ancestry(all)
  return all.filter(({ pid, state }) => state !== 'Z' && !spared.has(pid) && hasMarker(pid, marker))
}

function ancestry(all: readonly ProcessStat[]): Set<number> {
  const parents = new Map(all.map(({ pid, parentPid }) => [pid, parentPid]))
  const line = new Set<number>()
  for (let pid: number | undefined = process.pid; pid && !line.has(pid); pid = parents.get(pid)) line.add(pid)
  return line
}

function hasMarker(pid: number, marker: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').includes(`${markerName}=${marker}`)
  } catch {
    // Ended meanwhile, or another user's, and so not ours.
    return false
  }
}
