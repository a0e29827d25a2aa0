/**
 * The shared part of the configuration in the repository (SPEC D5): `configuration/<section>/<name>` holds what the file has there, as
 * it is written; of a section that is no mapping, `configuration/<section>`. What is a node's own matter stays in its file. The key
 * `configuration/complete` says that everything has been taken over: until then nodes go by their files.
 *
 * Validated as a whole, by the same schema and checks as the file, with keys in place of lines.
 */
import { isDeepStrictEqual } from 'node:util'
import type { Configuration } from '../../machines/model/configuration.ts'
import { convert } from './convert.ts'
import { crossCheck } from './crossChecks.ts'
import { explain } from './explain.ts'
import { PlainSource } from './plainSource.ts'
import { formatPath } from './problem.ts'
import { configurationSchema } from './schema.ts'
import { sift } from './sift.ts'
import { isRecord, localSections, tooLarge } from './size.ts'
import type { Finding, Path } from './source.ts'
import { forbiddenChanges } from './transition.ts'

/** A key of the repository with its value; in a change, null deletes it. */
export interface ConfigurationEntry {
  readonly key: string
  readonly value: unknown
}

/** What a node's file says. */
export interface FileConfiguration {
  readonly raw: Readonly<Record<string, unknown>>
  /** Names of the nodes as the file has them: JavaScript would put names such as `2` first. */
  readonly nodeOrder: readonly string[]
  /** The folder of the file, absolute: relative paths start here on this node. */
  readonly directory: string
  readonly secret: string | null
}

export interface KeyProblem {
  /** `configuration/types/ledger`; of a node's own sections the path in its file. */
  readonly key: string
  readonly message: string
  readonly suggestion?: string
}

export type Validated =
  | { readonly configuration: Configuration; readonly problems?: undefined }
  | { readonly configuration?: undefined; readonly problems: readonly KeyProblem[] }

export const configurationPrefix = 'configuration'
export const completeKey = 'configuration/complete'

/** The shared sections of a file as entries, by key. Nodes without a rank get that of their place, since entries have none. */
export function entriesOf({ raw, nodeOrder }: Pick<FileConfiguration, 'raw' | 'nodeOrder'>): ConfigurationEntry[] {
  const entries = Object.entries(raw).flatMap(([section, content]): ConfigurationEntry[] => {
    if (localSections.includes(section)) return []
    if (!isRecord(content)) return [{ key: keyOf([section]), value: content }]
    return Object.entries(content).map(([name, value]) => {
      const isUnranked = section === 'nodes' && isRecord(value) && value.rank === undefined
      return {
        key: keyOf([section, name]),
        value: isUnranked ? { ...value, rank: nodeOrder.indexOf(name) + 1 } : value,
      }
    })
  })
  return entries.sort(byKey)
}

/** The sections again, as a file would have them. */
export function rawOf(entries: readonly ConfigurationEntry[]): Record<string, unknown> {
  const sections = new Map<string, unknown>()
  for (const { section, name, value } of placesOf(entries).places) {
    if (name === null) sections.set(section, value)
    else sections.set(section, { ...asRecord(sections.get(section)), [name]: value })
  }
  return Object.fromEntries(sections)
}

/** By file, the entries that were validated last: when several keys change at once, they are looked at for each of them. */
const lastValidated = new WeakMap<FileConfiguration, { entries: readonly ConfigurationEntry[]; validated: Validated }>()

/** `local`: the file of the node that validates, for what is its own matter. Values are immutable. */
export function validateTree(entries: readonly ConfigurationEntry[], local: FileConfiguration): Validated {
  const last = lastValidated.get(local)
  if (last && areSame(last.entries, entries)) return last.validated
  const validated = validate(entries, local)
  lastValidated.set(local, { entries, validated })
  return validated
}

function areSame(a: readonly ConfigurationEntry[], b: readonly ConfigurationEntry[]): boolean {
  const isSame = ({ key, value }: ConfigurationEntry, place: number) =>
    key === b[place]!.key && isDeepStrictEqual(value, b[place]!.value)
  return a.length === b.length && a.every(isSame)
}

function validate(entries: readonly ConfigurationEntry[], local: FileConfiguration): Validated {
  const misplaced = placesOf(entries).problems
  const shared = rawOf(entries)
  const own = Object.fromEntries(Object.entries(local.raw).filter(([section]) => localSections.includes(section)))
  const content = { ...own, ...shared }
  const result = configurationSchema.safeParse(content)
  const issues = result.success ? [] : result.error.issues
  const source = new PlainSource(content)
  const findings = [
    ...issues.flatMap((issue) => explain(issue, { schema: configurationSchema, source })),
    ...crossCheck(sift(content)),
    ...tooLarge(shared),
  ]
  const problems = [...misplaced, ...findings.map(problemOf)]
  if (content.cluster !== local.raw.cluster) problems.push(clusterProblem(local.raw.cluster))
  if (!result.success || problems.length > 0) return { problems }
  const nodeOrder = Object.keys(result.data.nodes).sort()
  const nodes = rankedLast(result.data.nodes, nodeOrder)
  const { directory, secret } = local
  return { configuration: convert({ ...result.data, nodes }, { directory, nodeOrder, secret }) }
}

/** What is wrong with a change to the configuration in the repository; nothing: it may be made, as a whole. */
export function validateChange(
  current: readonly ConfigurationEntry[],
  changes: readonly ConfigurationEntry[],
  local: FileConfiguration,
  /** Whether the timings of leases are the same everywhere. */
  timings: { readonly isSettled: boolean } = { isSettled: true },
): readonly KeyProblem[] {
  const marked = changes.filter(({ key }) => key === completeKey)
  if (marked.length > 0)
    return [{ key: completeKey, message: 'kept by the cluster itself', suggestion: 'leave it as it is' }]
  if (!isComplete(current)) {
    const suggestion = 'try again when status shows no problem of the configuration'
    return [{ key: configurationPrefix, message: 'the cluster has not taken its configuration over yet', suggestion }]
  }
  const before = validateTree(current, local)
  const after = validateTree(changedBy(current, changes), local)
  if (after.problems) return after.problems
  return before.configuration ? forbiddenChanges(before.configuration, after.configuration, timings) : []
}

export function isComplete(entries: readonly ConfigurationEntry[]): boolean {
  return entries.some(({ key }) => key === completeKey)
}

/** Entries after changes to them, by key. Changes elsewhere in the repository do not count. */
export function changedBy(
  entries: readonly ConfigurationEntry[],
  changes: readonly ConfigurationEntry[],
): ConfigurationEntry[] {
  const byName = new Map(entries.map((entry) => [entry.key, entry]))
  for (const { key, value } of changes) {
    if (!isConfigurationKey(key)) continue
    if (value === null || value === undefined) byName.delete(key)
    else byName.set(key, { key, value })
  }
  return [...byName.values()].sort(byKey)
}

/** Keys at which two sets of entries differ. */
export function differingKeys(a: readonly ConfigurationEntry[], b: readonly ConfigurationEntry[]): string[] {
  const [valuesA, valuesB] = [a, b].map((entries) => new Map(entries.map(({ key, value }) => [key, value])))
  const keys = new Set([...valuesA!.keys(), ...valuesB!.keys()])
  keys.delete(completeKey)
  return [...keys].filter((key) => !isDeepStrictEqual(valuesA!.get(key), valuesB!.get(key))).sort()
}

export function isConfigurationKey(key: string): boolean {
  return key === configurationPrefix || key.startsWith(`${configurationPrefix}/`)
}

interface Place {
  readonly section: string
  readonly name: string | null
  readonly value: unknown
}

function placesOf(entries: readonly ConfigurationEntry[]): { places: Place[]; problems: KeyProblem[] } {
  const problems: KeyProblem[] = []
  const places: Place[] = []
  const scalars = new Set<string>()
  for (const { key, value } of [...entries].sort(byKey)) {
    if (!isConfigurationKey(key) || key === completeKey) continue
    const [, section, name, ...deeper] = key.split('/')
    if (section === undefined || section === '' || name === '' || deeper.length > 0) {
      const suggestion = section && name ? `set ${keyOf([section, name])} as a whole` : undefined
      problems.push({ key, message: 'expected configuration/<section>/<name>', ...(suggestion && { suggestion }) })
    } else if (localSections.includes(section)) {
      const message = "this is each node's own matter"
      problems.push({ key, message, suggestion: "set it in the node's own file" })
    } else if (name === undefined && isRecord(value)) {
      const message = 'expected one key for each name below it, found a mapping'
      problems.push({ key, message, suggestion: `set ${key}/<name>` })
    } else if (name !== undefined && scalars.has(section)) {
      problems.push({ key, message: `${keyOf([section])} has a value of its own` })
    } else {
      if (name === undefined) scalars.add(section)
      places.push({ section, name: name ?? null, value })
    }
  }
  return { places, problems }
}

function problemOf({ path, message, suggestion }: Finding): KeyProblem {
  const { key, inside } = keyAndRest(path)
  const text = inside.length === 0 ? message : `${formatPath(inside)}: ${message}`
  return { key, message: text, ...(suggestion !== null && { suggestion }) }
}

function keyAndRest(path: Path): { key: string; inside: Path } {
  const [section = '', name, ...inside] = path
  if (localSections.includes(String(section))) return { key: formatPath(path), inside: [] }
  if (name === undefined) return { key: keyOf([String(section)]), inside: [] }
  return { key: keyOf([String(section), String(name)]), inside }
}

function clusterProblem(name: unknown): KeyProblem {
  const message = 'the name of a cluster never changes: what its nodes say to each other is sealed with it'
  return { key: keyOf(['cluster']), message, suggestion: `leave it at '${String(name)}'` }
}

type Ranked = { readonly rank?: number | undefined }

/** Nodes without a rank come after all that have one, by name. */
function rankedLast<T extends Ranked>(nodes: Readonly<Record<string, T>>, order: readonly string[]): Record<string, T> {
  let last = Math.max(0, ...Object.values(nodes).map(({ rank }) => rank ?? 0))
  return Object.fromEntries(
    order.map((name) => {
      const node = nodes[name]!
      return [name, node.rank === undefined ? { ...node, rank: ++last } : node]
    }),
  )
}

function keyOf(path: readonly string[]): string {
  return [configurationPrefix, ...path].join('/')
}

function byKey(a: ConfigurationEntry, b: ConfigurationEntry): number {
  return a.key < b.key ? -1 : Number(a.key > b.key)
}

function asRecord(value: unknown): Record<string, unknown> {
  return isRecord(value) ? value : {}
}
