/**
 * SPEC D5: a write that was acknowledged is in the state of every later leader, and there at the end: its key is at its index, or at
 * a later one (who overwrote it need not have been told so). A key that is absent
 * must have been deleted; where somebody asked for that, the judge of linearizability sees whether it was so.
 */
import type { Checker } from './checker.ts'

export function acknowledgedWritesDurable(): Checker {
  const acknowledged = new Map<string, { index: number; value: string | null; atMs: number }>()
  const deletions = new Set<string>()
  return {
    name: 'acknowledged-writes-durable',
    observe(seen, report) {
      if (seen.type === 'write.acknowledged') {
        const { key, index, value, atMs } = seen
        if (index > (acknowledged.get(key)?.index ?? 0)) acknowledged.set(key, { index, value, atMs })
      }
      if (seen.type === 'deletion.asked') deletions.add(seen.key)
      if (seen.type !== 'repository.seen') return
      for (const [key, write] of acknowledged) {
        if (write.atMs >= seen.atMs) continue
        const problem = problemOf(write, seen.keys.get(key) ?? null, deletions.has(key))
        if (problem === null) continue
        const text = `${seen.node}, at index ${seen.index}: ${key}, acknowledged at index ${write.index}, ${problem}`
        report(text, { node: seen.node, key, acknowledged: write, found: seen.keys.get(key) ?? null })
      }
    },
  }
}

function problemOf(
  write: { index: number; value: string | null },
  found: { index: number; value: string } | null,
  isDeletionAsked: boolean,
): string | null {
  if (found === null) return write.value === null || isDeletionAsked ? null : 'is absent'
  if (found.index < write.index) return `is at the older index ${found.index}`
  if (found.index > write.index) return null
  return found.value === write.value ? null : 'has another value'
}
