/** From what zod says of a value to what an operator needs: what was expected, what was found, and what was probably meant. */
import { constants } from 'node:os'
import type { z } from 'zod'
import { nearest, suggestionFor } from './nearest.ts'
import { relationshipKinds } from './relationship.ts'
import { knownKeys } from './shape.ts'
import type { Finding, Path } from './source.ts'

type Issue = z.core.$ZodIssue

/** Where values stand: a file, or the repository. */
export interface ValueSource {
  readonly content: unknown
  /** What stands at a path, for people: `text 'abc'`, `a list`, `nothing`. */
  found(path: Path): string
  /** A scalar as it is written, without quotes; null for anything else. */
  written(path: Path): string | null
}

export function explain(issue: Issue, context: { schema: z.ZodType; source: ValueSource }): Finding[] {
  const { schema, source } = context
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeys(schema, issue.path, source.content)
    return issue.keys.map((key) => ({
      path: [...issue.path, key],
      at: 'key' as const,
      message: `unknown key '${key}'`,
      suggestion: suggestionFor(key, known),
    }))
  }
  const expected = issue.code === 'invalid_value' ? `one of ${issue.values.join(', ')}` : issue.message
  const value = valueAt(source.content, issue.path)
  if (value === undefined)
    return [{ path: issue.path, at: 'value', message: `missing; expected ${expected}`, suggestion: null }]
  return [
    {
      path: issue.path,
      at: 'value',
      message: `expected ${expected}, found ${source.found(issue.path)}`,
      suggestion: suggest(issue, { value, written: source.written(issue.path) }),
    },
  ]
}

export function valueAt(content: unknown, path: Path): unknown {
  let value = content
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
    value = (value as Record<PropertyKey, unknown>)[key]
  }
  return value
}

const truths: Readonly<Record<string, string>> = { yes: 'true', on: 'true', no: 'false', off: 'false' }

function suggest(issue: Issue, found: { value: unknown; written: string | null }): string | null {
  const { value, written } = found
  if (issue.code === 'invalid_type') {
    if (issue.expected === 'string' && (typeof value === 'number' || typeof value === 'boolean'))
      return `put it in quotes: "${written}"`
    if (issue.expected === 'array' && typeof value === 'string')
      return `write [${value.trim().split(/\s+/).join(', ')}]`
    if (issue.expected === 'boolean' && typeof value === 'string') {
      const truth = truths[value.toLowerCase()] ?? nearest(value, ['true', 'false'])
      return truth === null ? null : `write ${truth}`
    }
  }
  if (typeof value !== 'string') return null
  if (issue.code === 'invalid_value') return meant(nearest(value, issue.values.map(String)))
  if (issue.code === 'invalid_union') return meant(nearest(value, relationshipKinds))
  if (issue.path.at(-1) === 'signal') {
    const upper = value.toUpperCase()
    return meant(nearest(upper.startsWith('SIG') ? upper : `SIG${upper}`, Object.keys(constants.signals)))
  }
  return null
}

function meant(word: string | null): string | null {
  return word === null ? null : `did you mean '${word}'?`
}
