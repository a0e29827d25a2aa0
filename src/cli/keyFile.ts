/** Keys and values as YAML: one map of keys to values, bytes as `!!binary`. */
import { isMap, isScalar, LineCounter, parseDocument, stringify } from 'yaml'
import { exitCodes } from './exitCodes.ts'
import { CliFailure } from './failure.ts'

const options = { customTags: ['binary' as const], version: '1.2' as const }

export interface FileEntry {
  readonly key: string
  /** null deletes. */
  readonly value: unknown
  readonly line: number
}

/** One value. Throws a `CliFailure` with line and column for what is no YAML. */
export function parseValue(text: string, name: string): unknown {
  return normalised(documentOf(text, name).document.toJS())
}

export function renderValue(value: unknown): string {
  return stringify(value, options)
}

export function renderFile(entries: readonly { readonly key: string; readonly value: unknown }[]): string {
  if (entries.length === 0) return '{}\n'
  return stringify(Object.fromEntries(entries.map(({ key, value }) => [key, value])), options)
}

/** Throws a `CliFailure` for what is no map of keys to values, or has a key twice. */
export function parseFile(text: string, name: string): FileEntry[] {
  const { document, lines } = documentOf(text, name)
  const map = document.contents
  if (map === null) return []
  if (!isMap(map)) throw new CliFailure(exitCodes.data, `${name}: expected a map of keys to values`)
  return map.items.map(({ key, value }) => {
    const offset = isScalar(key) ? (key.range?.[0] ?? 0) : 0
    const { line } = lines.linePos(offset)
    if (!isScalar(key) || typeof key.value !== 'string')
      throw new CliFailure(exitCodes.data, `${name}:${line}: expected a key such as services/db`)
    const plain = (value as { toJS?: (document: unknown) => unknown } | null)?.toJS?.(document) ?? null
    return { key: key.value, value: normalised(plain), line }
  })
}

function documentOf(text: string, name: string) {
  const lines = new LineCounter()
  const document = parseDocument(text, { ...options, lineCounter: lines, prettyErrors: false })
  const [error] = document.errors
  if (error) {
    const { line, col } = lines.linePos(error.pos[0])
    throw new CliFailure(exitCodes.data, `${name}:${line}:${col}: ${error.message}`)
  }
  return { document, lines }
}

/** The package gives a Buffer, which is a kind of its own to msgpack. */
function normalised(value: unknown): unknown {
  if (value instanceof Uint8Array) return new Uint8Array(value)
  if (Array.isArray(value)) return value.map(normalised)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, normalised(each)]))
}
