/**
 * The parts of a file that are well-formed, key by key, so that one wrong value doesn't hide the problems of all the
 * rest from the cross checks.
 */
import { z } from 'zod'
import { type AssignmentFile, assignmentSchema } from './assignment.ts'
import { type ComponentTypeFile, componentTypeSchema } from './componentType.ts'
import { type HttpFile, httpSchema } from './http.ts'
import {
  type GroupFile,
  groupSchema,
  type RelationshipFile,
  type ReleasesFile,
  relationshipSchemas,
  releasesSchema,
} from './relationship.ts'
import {
  type ArbiterFile,
  arbiterSchema,
  type ComponentFile,
  componentSchema,
  type NodeFile,
  nodeSchema,
} from './schema.ts'
import { isRecord } from './size.ts'
import { type TimingFile, timingSchema } from './timing.ts'

/** By name; of each, the keys that are well-formed. */
export type Entries<T> = ReadonlyMap<string, Partial<T>>

export interface Sifted {
  readonly timing: TimingFile | null
  readonly runtimeDirectory: string | null
  readonly hasSecret: boolean
  readonly hasSecretFile: boolean
  readonly nodes: Entries<NodeFile>
  /** null: there is none. */
  readonly arbiter: Partial<ArbiterFile> | null
  readonly types: Entries<ComponentTypeFile>
  readonly components: Entries<ComponentFile>
  readonly assignments: Entries<AssignmentFile>
  readonly relationships: ReadonlyMap<string, SiftedRelationship>
  readonly groups: ReadonlyMap<string, GroupFile>
  readonly releases: ReleasesFile | null
  readonly http: Partial<HttpFile> | null
}

type Sift<T> = T extends { kind: infer Kind } ? { kind: Kind } & Partial<T> : never

/** Of a kind that there is, with those of its keys that are well-formed. */
export type SiftedRelationship = Sift<RelationshipFile>

export function sift(content: unknown): Sifted {
  const file = isRecord(content) ? content : {}
  return {
    timing: parsed(timingSchema, file.timing ?? {}),
    runtimeDirectory: typeof file.runtimeDirectory === 'string' ? file.runtimeDirectory : null,
    hasSecret: Object.hasOwn(file, 'secret'),
    hasSecretFile: Object.hasOwn(file, 'secretFile'),
    nodes: entries(nodeSchema, file.nodes),
    arbiter: isRecord(file.arbiter) ? wellFormed(arbiterSchema, file.arbiter) : null,
    types: entries(componentTypeSchema, file.types),
    components: entries(componentSchema, file.components),
    assignments: entries(assignmentSchema, file.assignments),
    relationships: relationships(file.relationships),
    groups: groups(file.groups),
    releases: parsed(releasesSchema, file.releases ?? {}),
    http: isRecord(file.http) ? wellFormed(httpSchema, file.http) : null,
  }
}

function entries<T extends z.ZodObject>(schema: T, section: unknown): Map<string, Partial<z.output<T>>> {
  if (!isRecord(section)) return new Map()
  return new Map(Object.entries(section).map(([name, value]) => [name, wellFormed(schema, value)]))
}

function relationships(section: unknown): Map<string, SiftedRelationship> {
  const found = new Map<string, SiftedRelationship>()
  for (const [name, value] of Object.entries(isRecord(section) ? section : {})) {
    const kind = isRecord(value) && typeof value.kind === 'string' ? value.kind : ''
    if (!Object.hasOwn(relationshipSchemas, kind)) continue
    const schema = relationshipSchemas[kind as SiftedRelationship['kind']]
    found.set(name, wellFormed(schema as z.ZodObject, value) as SiftedRelationship)
  }
  return found
}

function groups(section: unknown): Map<string, GroupFile> {
  const found = new Map<string, GroupFile>()
  for (const [name, value] of Object.entries(isRecord(section) ? section : {})) {
    const group = parsed(groupSchema, value)
    if (group) found.set(name, group)
  }
  return found
}

function wellFormed<T extends z.ZodObject>(schema: T, value: unknown): Partial<z.output<T>> {
  if (!isRecord(value)) return {}
  const found = Object.entries(schema.shape).flatMap(([key, keySchema]) => {
    const result = z.safeParse(keySchema, Object.hasOwn(value, key) ? value[key] : undefined)
    return result.success ? [[key, result.data]] : []
  })
  return Object.fromEntries(found)
}

function parsed<T extends z.ZodType>(schema: T, value: unknown): z.output<T> | null {
  const result = schema.safeParse(value)
  return result.success ? result.data : null
}
