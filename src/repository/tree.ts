/** The repository's applied state (SPEC D5): values under hierarchical keys like `intent/ledger`, each with the entry that set it. */
import type { Change } from '../../machines/logic/replicatedLog.ts'

export interface TreeEntry extends Change {
  /** Of the entry that last set the key. */
  readonly epoch: number
  readonly index: number
}

export interface TreeReader {
  get(key: string): TreeEntry | null
  /** What is at `prefix` or below it, by key; all of it for ''. `lock/n1` does not list `lock/n10`. */
  list(prefix: string): readonly TreeEntry[]
  /** Calls back with what an entry changed at `prefix` or below it; a value of null: deleted. Returns what ends it. */
  watch(prefix: string, callback: (changed: readonly TreeEntry[]) => void): () => void
}

interface Watcher {
  readonly prefix: string
  readonly callback: (changed: readonly TreeEntry[]) => void
}

export class Tree implements TreeReader {
  readonly #entries = new Map<string, TreeEntry>()
  readonly #watchers = new Set<Watcher>()

  constructor(entries: readonly TreeEntry[] = []) {
    for (const entry of entries) this.#entries.set(entry.key, entry)
  }

  get(key: string): TreeEntry | null {
    return this.#entries.get(key) ?? null
  }

  list(prefix: string): readonly TreeEntry[] {
    return [...this.#entries.values()].filter(({ key }) => isUnder(key, prefix)).sort(byKey)
  }

  watch(prefix: string, callback: (changed: readonly TreeEntry[]) => void): () => void {
    const watcher = { prefix, callback }
    this.#watchers.add(watcher)
    return () => this.#watchers.delete(watcher)
  }

  /** All changes of one entry at once; a key that is there twice gets its last value. */
  apply(changes: readonly Change[], at: { epoch: number; index: number }): readonly TreeEntry[] {
    const last = new Map(changes.map(({ key, value }) => [key, { key, value: value ?? null, ...at }]))
    const changed = [...last.values()]
    for (const entry of changed) {
      if (entry.value === null) this.#entries.delete(entry.key)
      else this.#entries.set(entry.key, entry)
    }
    this.#tell(changed)
    return changed
  }

  /** Another state takes the place of this one; watchers are told what is different. What is gone has the place of its last value. */
  replace(entries: readonly TreeEntry[]): void {
    const next = new Map(entries.map((entry) => [entry.key, entry]))
    const gone = [...this.#entries.values()].filter(({ key }) => !next.has(key))
    const changed = entries.filter(({ key, epoch, index }) => {
      const known = this.#entries.get(key)
      return known?.epoch !== epoch || known.index !== index
    })
    this.#entries.clear()
    for (const [key, entry] of next) this.#entries.set(key, entry)
    this.#tell([...gone.map((entry) => ({ ...entry, value: null })), ...changed])
  }

  #tell(changed: readonly TreeEntry[]): void {
    for (const { prefix, callback } of [...this.#watchers]) {
      const concerned = changed.filter(({ key }) => isUnder(key, prefix))
      if (concerned.length > 0) callback(concerned)
    }
  }
}

function isUnder(key: string, prefix: string): boolean {
  if (prefix === '' || key === prefix) return true
  return key.startsWith(prefix.endsWith('/') ? prefix : `${prefix}/`)
}

function byKey(a: TreeEntry, b: TreeEntry): number {
  return a.key < b.key ? -1 : Number(a.key > b.key)
}
