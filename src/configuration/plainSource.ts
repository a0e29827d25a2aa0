/** Plain values as people are told of them, for configuration that comes from no file. */
import { type ValueSource, valueAt } from './explain.ts'
import type { Path } from './source.ts'

export class PlainSource implements ValueSource {
  readonly content: unknown

  constructor(content: unknown) {
    this.content = content
  }

  found(path: Path): string {
    const value = valueAt(this.content, path)
    if (value === undefined || value === null) return 'nothing'
    if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list'
    if (typeof value === 'object') return Object.keys(value).length === 0 ? 'an empty mapping' : 'a mapping'
    if (typeof value === 'string') return value === '' ? 'empty text' : `'${cut(value)}'`
    return `the ${typeof value === 'boolean' ? 'truth value' : typeof value} ${cut(String(value))}`
  }

  written(path: Path): string | null {
    const value = valueAt(this.content, path)
    return value === undefined || value === null || typeof value === 'object' ? null : cut(String(value))
  }
}

function cut(text: string): string {
  return text.length > 60 ? `${text.slice(0, 59)}…` : text
}
