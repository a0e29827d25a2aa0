/**
 * The hash of a machine's state, as replay compares it. It follows from the content alone, and takes time only for what is new: contexts
 * are immutable, so what a step left alone is the same object as before, and its hash is looked up. A CRIM knows megabytes, and a step
 * changes a few hundred bytes of them.
 *
 * The fields of a context are written out as JSON; one of many entries stands as a number, made of the hashes of its entries. Key order
 * is the machine's own, so it is the same wherever the same code runs. What is undefined counts as JSON has it: a snapshot that was
 * recorded comes back without it. Whoever changes a word of this raises the version of every machine (`machines/index.ts`): recordings
 * hold the hashes.
 */

/** Of a field with more entries than this, each entry has a hash of its own. */
const entryCountMax = 8

interface Entry {
  readonly key: string
  readonly hash: number
}

/** Of fields. */
const texts = new WeakMap<object, string>()
/** Of their entries. */
const entries = new WeakMap<object, Entry>()

/** As 32 bits without a sign. */
export function hashOfState(value: unknown, context: Readonly<Record<string, unknown>>): number {
  let text = JSON.stringify(value)
  for (const key in context) {
    const field = context[key]
    if (field !== undefined) text += `,${key}:${textOf(field)}`
  }
  return Bun.hash.crc32(text)
}

/** What stands for a field: its JSON, or the hash of its entries. */
function textOf(field: unknown): string {
  if (typeof field !== 'object' || field === null) return JSON.stringify(field)
  const known = texts.get(field)
  if (known !== undefined) return known
  const text = isLarge(field) ? `${hashOfRecord(field)}` : JSON.stringify(field)
  texts.set(field, text)
  return text
}

type Entries = Readonly<Record<string, unknown>>

function isLarge(field: object): field is Entries {
  let count = 0
  for (const key in field) if ((field as Entries)[key] !== undefined && ++count > entryCountMax) return true
  return false
}

function hashOfRecord(record: Entries): number {
  return (isOfObjects(record) ? hashOfEntries(record) : Bun.hash.crc32(JSON.stringify(record))) >>> 0
}

/** Going by the first entry: words and numbers are not worth looking up one by one. */
function isOfObjects(record: Entries): boolean {
  for (const key in record) if (record[key] !== undefined) return typeof record[key] === 'object'
  return false
}

function hashOfEntries(record: Entries): number {
  let hash = Array.isArray(record) ? 1 : 0
  for (const key in record) {
    const value = record[key]
    if (value !== undefined) hash = mixed(hash, hashOfEntry(key, value))
  }
  return hash
}

function hashOfEntry(key: string, value: unknown): number {
  if (typeof value !== 'object' || value === null) return hashOfText(key, value)
  const known = entries.get(value)
  if (known !== undefined && known.key === key) return known.hash
  const hash = hashOfText(key, value)
  entries.set(value, { key, hash })
  return hash
}

function hashOfText(key: string, value: unknown): number {
  return Bun.hash.crc32(`${key}:${JSON.stringify(value)}`)
}

/** Of which entries, and in which order. */
function mixed(hash: number, entry: number): number {
  return Math.imul(((hash << 5) | (hash >>> 27)) ^ entry, 0x9e3779b1)
}
