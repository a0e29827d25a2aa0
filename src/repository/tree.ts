/**
 * The repository's applied state (SPEC D5): values under hierarchical keys like `intent/ledger`, each with the entry that set it.
 *
 * Deterministic: the same commands in the same order give the same tree on every node, and the same transactions fail. The revision of
 * the tree is the index of the last entry applied, whether it changed anything or not; that of a key is the index of its entry.
 */
import type { Change, Condition, LogCommand } from '../../machines/logic/replicatedLog.ts'
import { encodeBody } from '../wire/codec.ts'
import { type ChangesSince, History, type HistoryBounds } from './history.ts'
import { isUnder, SortedKeys } from './keys.ts'
import { entrySizeBytes } from './limits.ts'

export interface TreeEntry extends Change {
  /** Of the entry that last set the key. */
  readonly epoch: number
  readonly index: number
}

/** What became of an entry of the log. Nothing changed where a condition did not hold; all that did not are named. */
export interface Outcome {
  readonly isApplied: boolean
  readonly changed: readonly TreeEntry[]
  /** Conditions that did not hold, with the index at which the key really was set; 0: it was not there. */
  readonly conflicts: readonly Condition[]
}

type WatchCallback = (changed: readonly TreeEntry[], revision: number) => void

/** `isComplete` false: changes right after `afterRevision` are forgotten; those after `oldest` are still known. */
export type Watching =
  | { readonly isComplete: true; readonly end: () => void }
  | { readonly isComplete: false; readonly oldest: number }

export interface TreeReader {
  readonly revision: number
  readonly keyCount: number
  /** Of all keys and values, as msgpack. */
  readonly sizeBytes: number
  get(key: string): TreeEntry | null
  /** What is at `prefix` or below it, by key; all of it for ''. `lock/n1` does not list `lock/n10`. */
  list(prefix: string): readonly TreeEntry[]
  /** Calls back with what an entry changed at `prefix` or below it; a value of null: deleted. Returns what ends it. */
  watch(prefix: string, callback: WatchCallback): () => void
  /** The same, for every change after that revision: those that are past at once, before this returns; one that is still to come later. */
  watchAfter(prefix: string, afterRevision: number, callback: WatchCallback): Watching
  /** The changes at `prefix` or below it after that revision, oldest first, as far as they are remembered. */
  changesAfter(prefix: string, afterRevision: number): ChangesSince
}

interface Watcher {
  readonly prefix: string
  readonly afterRevision: number
  readonly callback: WatchCallback
}

const nothing: Outcome = { isApplied: true, changed: [], conflicts: [] }

export class Tree implements TreeReader {
  readonly #entries = new Map<string, TreeEntry>()
  readonly #keys = new SortedKeys()
  /** Replaced when it changes, so that those who are being told are those who were there before. */
  #watchers: readonly Watcher[] = []
  readonly #history: History
  #revision = 0
  /** Of what was measured, and what each key counts in it. Only who is asked for it measures: a leader. */
  #sizeBytes = 0
  readonly #measured = new Map<string, number>()
  readonly #unmeasured = new Set<string>()

  /** `entries` as they were after the entry at `revision`. */
  constructor(entries: readonly TreeEntry[] = [], revision = 0, bounds?: HistoryBounds) {
    this.#history = new History(revision, bounds)
    this.#load(entries, revision)
  }

  get revision(): number {
    return this.#revision
  }

  get keyCount(): number {
    return this.#entries.size
  }

  get sizeBytes(): number {
    for (const key of this.#unmeasured) this.#measure(key)
    this.#unmeasured.clear()
    return this.#sizeBytes
  }

  get(key: string): TreeEntry | null {
    return this.#entries.get(key) ?? null
  }

  list(prefix: string): readonly TreeEntry[] {
    return this.#keys.under(prefix).map((key) => this.#entries.get(key)!)
  }

  watch(prefix: string, callback: WatchCallback): () => void {
    return this.#follow({ prefix, afterRevision: 0, callback })
  }

  watchAfter(prefix: string, afterRevision: number, callback: WatchCallback): Watching {
    const past = this.#history.since(prefix, afterRevision)
    if (!past.isComplete) return { isComplete: false, oldest: past.oldest }
    for (const { revision, changed } of past.changes) callback(changed, revision)
    return { isComplete: true, end: this.#follow({ prefix, afterRevision, callback }) }
  }

  changesAfter(prefix: string, afterRevision: number): ChangesSince {
    return this.#history.since(prefix, afterRevision)
  }

  /**
   * All changes of one entry at once, or none; a key that is there twice gets its last value. `sizeBytes`: of the command, where that is
   * known: it bounds the history.
   */
  apply(command: LogCommand, at: { epoch: number; index: number }, sizeBytes?: number): Outcome {
    this.#revision = at.index
    if (command.type !== 'set') return nothing
    const conflicts = this.#conflictsOf(command.conditions)
    if (conflicts.length > 0) return { isApplied: false, changed: [], conflicts }
    const changed = lastOf(command.entries, at)
    for (const entry of changed) this.#put(entry)
    this.#history.add({ revision: at.index, changed }, sizeBytes ?? encodeBody(command).length)
    this.#tell(changed)
    return { isApplied: true, changed, conflicts }
  }

  /**
   * Becomes another state of the same log, later than this: a snapshot. Who watches is told the difference, as if one entry had made it;
   * what went on between cannot be told, so the history begins anew.
   */
  replace(entries: readonly TreeEntry[], at: { epoch: number; index: number }): void {
    const next = new Map(entries.map((entry) => [entry.key, entry]))
    const gone = [...this.#entries.keys()].filter((key) => !next.has(key))
    const changed = [
      ...entries.filter(({ key, index }) => this.#entries.get(key)?.index !== index),
      ...gone.map((key) => ({ key, value: null, ...at })),
    ]
    this.#entries.clear()
    this.#history.forget(at.index)
    this.#load(entries, at.index)
    if (changed.length > 0) this.#tell(changed)
  }

  #load(entries: readonly TreeEntry[], revision: number): void {
    for (const entry of entries) this.#entries.set(entry.key, entry)
    this.#keys.reset(this.#entries.keys())
    this.#sizeBytes = 0
    this.#measured.clear()
    this.#unmeasured.clear()
    for (const { key } of entries) this.#unmeasured.add(key)
    this.#revision = revision
  }

  #put(entry: TreeEntry): void {
    const { key, value } = entry
    this.#unmeasured.add(key)
    if (value === null) {
      if (this.#entries.delete(key)) this.#keys.delete(key)
      return
    }
    if (!this.#entries.has(key)) this.#keys.add(key)
    this.#entries.set(key, entry)
  }

  #measure(key: string): void {
    this.#sizeBytes -= this.#measured.get(key) ?? 0
    const entry = this.#entries.get(key)
    if (!entry) {
      this.#measured.delete(key)
      return
    }
    const sizeBytes = entrySizeBytes(entry)
    this.#measured.set(key, sizeBytes)
    this.#sizeBytes += sizeBytes
  }

  #conflictsOf(conditions: readonly Condition[]): Condition[] {
    const conflicts: Condition[] = []
    for (const { key, index } of conditions) {
      const actual = this.#entries.get(key)?.index ?? 0
      if (actual !== index) conflicts.push({ key, index: actual })
    }
    return conflicts
  }

  #follow(watcher: Watcher): () => void {
    this.#watchers = [...this.#watchers, watcher]
    return () => {
      this.#watchers = this.#watchers.filter((other) => other !== watcher)
    }
  }

  #tell(changed: readonly TreeEntry[]): void {
    for (const { prefix, afterRevision, callback } of this.#watchers) {
      const concerned = this.#revision > afterRevision ? changed.filter(({ key }) => isUnder(key, prefix)) : []
      if (concerned.length > 0) callback(concerned, this.#revision)
    }
  }
}

function lastOf(changes: readonly Change[], { epoch, index }: { epoch: number; index: number }): readonly TreeEntry[] {
  const entries = changes.map(({ key, value }) => ({ key, value: value ?? null, epoch, index }))
  if (entries.length < 2) return entries
  return [...new Map(entries.map((entry) => [entry.key, entry])).values()]
}
