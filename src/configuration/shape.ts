/** Looks into zod schemas, for suggestions and for the reference: which keys there are, what stands behind them. */
import { z } from 'zod'
import type { Path } from './source.ts'

/** The schema without the layers that make it optional or give it a default. */
export function unwrap(schema: z.ZodType): z.ZodType {
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

/** The keys that are known in the mapping at a path; empty when it is none. */
export function knownKeys(schema: z.ZodType, path: Path): string[] {
  let inner: z.ZodType | null = schema
  for (const key of path) {
    inner = inner && (shapeOf(inner)?.[String(key)] ?? entryOf(inner))
  }
  return Object.keys((inner && shapeOf(inner)) ?? {})
}
