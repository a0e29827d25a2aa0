/**
 * SPEC D5: a write that was acknowledged is in the state of every later leader, and there at the end: its key is at its index, or at
 * a later one (who overwrote it need not have been told so). A deleted key is absent, or written later.
 */
import type { Checker } from './checker.ts'

export function acknowledgedWritesDurable(): Checker {
  const acknowledged = new Map<string, { index: number; value: string | null; atMs: number }>()
  return {
    name: 'acknowledged-writes-durable',
    observe(seen, report) {
      if (seen.type === 'write.acknowledged') {
        const { key, index, value, atMs } = seen
        if (index > (acknowledged.get(key)?.index ?? 0)) acknowledged.set(key, { index, value, atMs })
      }
      if (seen.type !== 'repository.seen') return
      for (const [key, write] of acknowledged) {
        if (write.atMs >= seen.atMs) continue
        const problem = problemOf(write, seen.keys.get(key) ?? null)
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
): string | null {
  // What deleted it later, if anything did, need not have been acknowledged: that is for the judge of linearizability.
  if (found === null) return null
  if (found.index < write.index) return `is at the older index ${found.index}`
  if (found.index > write.index) return null
  return found.value === write.value ? null : 'has another value'
}
