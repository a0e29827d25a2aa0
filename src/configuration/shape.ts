/** Looks into zod schemas, for suggestions and for the reference: which keys there are, what stands behind them. */
import { z } from 'zod'
import { isRecord } from './size.ts'
import type { Path } from './source.ts'

/** The schema without the layers that make it optional, give it a default, or take a short form of it. */
export function unwrap(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodPipe) return unwrap(schema.out as z.ZodType)
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional) {
    return unwrap(schema.unwrap() as z.ZodType)
  }
  return schema
}

/** The default a key is given when it isn't there, as the schema gives it out; undefined when there is none. */
export function defaultOf(schema: z.ZodType): unknown {
  return schema instanceof z.ZodDefault ? schema.def.defaultValue : undefined
}

/** The keys of a mapping with their schemas; null for anything else. */
export function shapeOf(schema: z.ZodType): Readonly<Record<string, z.ZodType>> | null {
  const inner = unwrap(schema)
  return inner instanceof z.ZodObject ? inner.shape : null
}

/** What each entry of a mapping by names is; null for anything else. */
export function entryOf(schema: z.ZodType): z.ZodType | null {
  const inner = unwrap(schema)
  return inner instanceof z.ZodRecord ? (inner.valueType as z.ZodType) : null
}

/** Of a mapping whose `kind` says what else there is: the mappings there are, by kind; null for anything else. */
export function kindsOf(schema: z.ZodType): Readonly<Record<string, z.ZodType>> | null {
  const inner = unwrap(schema)
  if (!(inner instanceof z.ZodDiscriminatedUnion)) return null
  const options = inner.options as readonly z.ZodObject<{ kind: z.ZodLiteral<string> }>[]
  return Object.fromEntries(options.map((option) => [option.shape.kind.value, option]))
}

/** The keys that are known in the mapping at a path of a file; empty when it is none. */
export function knownKeys(schema: z.ZodType, path: Path, content: unknown): string[] {
  let inner: z.ZodType | null = ofKind(schema, content)
  let value = content
  for (const key of path) {
    value = isRecord(value) && Object.hasOwn(value, key) ? value[String(key)] : undefined
    const below: z.ZodType | null = inner && (shapeOf(inner)?.[String(key)] ?? entryOf(inner))
    inner = below && ofKind(below, value)
  }
  return Object.keys((inner && shapeOf(inner)) ?? {})
}

function ofKind(schema: z.ZodType, value: unknown): z.ZodType | null {
  const kinds = kindsOf(schema)
  if (kinds === null) return schema
  const kind = isRecord(value) && typeof value.kind === 'string' ? value.kind : ''
  return Object.hasOwn(kinds, kind) ? kinds[kind]! : null
}
