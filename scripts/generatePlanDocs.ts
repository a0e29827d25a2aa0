/** Writes the tables of docs/plan.md from the schemas. A test sees to it that the committed file is what this gives. */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { entryOf, shapeOf, unwrap } from '../src/configuration/shape.ts'
import { documents } from '../src/plan/documents.ts'

export const planDocsFile = fileURLToPath(new URL('../docs/plan.md', import.meta.url))

/** The document with what stands between its marks made anew. */
export function withTables(document: string): string {
  return Object.entries<z.ZodType>(documents).reduce((text, [name, schema]) => {
    const [begin, end] = [`<!-- ${name}: scripts/generatePlanDocs.ts -->\n`, `<!-- end of ${name} -->`]
    const [from, to] = [text.indexOf(begin), text.indexOf(end)]
    if (from < 0 || to < from) throw new Error(`docs/plan.md has no place for ${name}`)
    return `${text.slice(0, from + begin.length)}\n${tableOf(schema).join('\n')}\n\n${text.slice(to)}`
  }, document)
}

function tableOf(schema: z.ZodType): string[] {
  return ['| key | type | meaning |', '| --- | ---- | ------- |', ...rowsOf(schema, '')]
}

function rowsOf(schema: z.ZodType, path: string): string[] {
  return Object.entries(shapeOf(innerOf(schema)) ?? {}).flatMap(([key, each]) => {
    const name = path === '' ? key : `${path}.${key}`
    const own = `| \`${name}\` | ${typeOf(each)} | ${descriptionOf(each)} |`
    return [own, ...below(each, name)]
  })
}

/** What is in a mapping, in each entry of a mapping by names, in each item of a list. */
function below(schema: z.ZodType, name: string): string[] {
  const inner = innerOf(schema)
  const entry = entryOf(inner)
  if (entry) return rowsOf(entry, `${name}.NAME`)
  if (inner instanceof z.ZodArray) return rowsOf(inner.element as z.ZodType, `${name}[]`)
  return rowsOf(inner, name)
}

function innerOf(schema: z.ZodType): z.ZodType {
  const inner = unwrap(schema)
  return inner instanceof z.ZodNullable ? innerOf(inner.unwrap() as z.ZodType) : inner
}

function descriptionOf(schema: z.ZodType): string {
  const own = schema.meta()?.description
  if (own !== undefined) return own.replaceAll('|', '\\|')
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodOptional || schema instanceof z.ZodNullable)
    return descriptionOf(schema.unwrap() as z.ZodType)
  return ''
}

function typeOf(schema: z.ZodType): string {
  const inner = unwrap(schema)
  if (inner instanceof z.ZodNullable) return `${typeOf(inner.unwrap() as z.ZodType)} or null`
  const named = inner.meta()?.type
  if (typeof named === 'string') return named
  if (inner instanceof z.ZodEnum) return inner.options.map((option) => `\`${option}\``).join(', ')
  if (inner instanceof z.ZodLiteral) return `\`${inner.value}\``
  if (inner instanceof z.ZodUnion) return inner.options.map((option) => typeOf(option as z.ZodType)).join(', ')
  if (inner instanceof z.ZodArray) return `list of ${itemsOf(inner.element as z.ZodType)}`
  if (inner instanceof z.ZodRecord) return 'mapping by name'
  if (inner instanceof z.ZodObject) return 'mapping'
  if (inner instanceof z.ZodBoolean) return 'true or false'
  if (inner instanceof z.ZodNumber) return 'whole number'
  return 'text'
}

function itemsOf(schema: z.ZodType): string {
  return innerOf(schema) instanceof z.ZodObject ? 'mappings' : 'texts'
}

if (import.meta.main) writeFileSync(planDocsFile, withTables(readFileSync(planDocsFile, 'utf8')))
