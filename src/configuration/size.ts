/** What is shared is kept in the repository, entry by entry: what would not fit there is refused before a node begins with it. */
import { valueBytesMax } from '../repository/limits.ts'
import { encodeBody } from '../wire/codec.ts'
import type { Finding, Path } from './source.ts'

/** Sections that are a node's own matter, and never in the repository. */
export const localSections: readonly string[] = [
  'secret',
  'secretFile',
  'stateDirectory',
  'runtimeDirectory',
  'recorder',
  'http',
  'log',
  'logging',
  'control',
]

export function tooLarge(content: unknown): Finding[] {
  if (!isRecord(content)) return []
  return Object.entries(content).flatMap(([section, value]) => {
    if (localSections.includes(section)) return []
    if (!isRecord(value)) return findingsOf([section], value)
    return Object.entries(value).flatMap(([name, each]) => findingsOf([section, name], each))
  })
}

function findingsOf(path: Path, value: unknown): Finding[] {
  const bytes = sizeOf(value)
  if (bytes !== null && bytes <= valueBytesMax) return []
  const found = bytes === null ? 'what is nested too deep' : `${bytes}`
  const message = `expected at most ${valueBytesMax} bytes, as the repository keeps it, found ${found}`
  return [{ path, at: 'key', message, suggestion: 'keep what is large in a file of its own, and name that file here' }]
}

/** null: it cannot be kept at all. */
function sizeOf(value: unknown): number | null {
  try {
    return encodeBody(value).length
  } catch {
    // The encoder throws for what is nested too deep.
    return null
  }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
