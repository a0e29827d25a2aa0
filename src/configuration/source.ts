/**
 * A configuration file as text, with the place of every key and value. `Bun.YAML` says no positions, so the `yaml`
 * package reads it.
 */
import {
  type Document,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Pair,
  parseDocument,
  type YAMLError,
} from 'yaml'
import { type ConfigurationProblem, formatPath } from './problem.ts'

export type Path = readonly PropertyKey[]

/** What a check found, before it is given its place in the file. */
export interface Finding {
  readonly path: Path
  /** Whether the name is wrong or what stands behind it. */
  readonly at: 'key' | 'value'
  readonly message: string
  readonly suggestion: string | null
}

export class ConfigurationSource {
  readonly file: string
  readonly #lines: readonly string[]
  readonly #lineCounter = new LineCounter()
  readonly #document: Document
  /** Problems of YAML itself: syntax, tabs, keys that are there twice. */
  readonly problems: readonly ConfigurationProblem[]
  /** Whether the structure can be trusted enough to look for problems in the content. */
  readonly isReadable: boolean
  /** The content as plain data; null when it isn't readable. */
  readonly content: unknown

  constructor(file: string, text: string) {
    this.file = file
    this.#lines = text.split(/\r?\n/)
    this.#document = parseDocument(text, {
      lineCounter: this.#lineCounter,
      prettyErrors: false,
      stringKeys: true,
      logLevel: 'error',
    })
    const { errors, warnings } = this.#document
    const problems = [...errors, ...warnings].map((error) => this.#syntaxProblem(error))
    let content: unknown = null
    try {
      if (errors.every((error) => error.code === 'DUPLICATE_KEY'))
        content = this.#document.toJS({ maxAliasCount: aliasCountMax })
    } catch (error) {
      problems.push({ ...this.#place(0), path: '', message: (error as Error).message, suggestion: null })
    }
    this.problems = problems
    this.content = content
    this.isReadable =
      problems.length === errors.length + warnings.length && errors.every((error) => error.code === 'DUPLICATE_KEY')
  }

  /** A finding with its place: that of the key or value, or, for a key that isn't there, of what should contain it. */
  problem(finding: Finding): ConfigurationProblem {
    const { path, at, message, suggestion } = finding
    return { ...this.#place(this.#offset(path, at)), path: formatPath(path), message, suggestion }
  }

  /** The keys of a mapping in the order of the file: JavaScript would put keys such as `2` first. */
  keys(path: Path): string[] {
    const node = this.#node(path)
    return isMap(node) ? node.items.map((pair) => keyOf(pair)) : []
  }

  /** What stands at a path, for people: `text 'abc'`, `a list`, `nothing`. */
  found(path: Path): string {
    const node = this.#node(path)
    if (isMap(node)) return node.items.length === 0 ? 'an empty mapping' : 'a mapping'
    if (isSeq(node)) return node.items.length === 0 ? 'an empty list' : 'a list'
    if (!isScalar(node) || node.value === null) return 'nothing'
    if (path[0] === 'secret') return `${String(node.value).length} characters`
    const text = cut(node.source ?? String(node.value))
    if (typeof node.value === 'string') return text === '' ? 'empty text' : `'${text}'`
    return `the ${typeof node.value === 'boolean' ? 'truth value' : typeof node.value} ${text}`
  }

  /** A scalar as it is written, without quotes; null for anything else. */
  written(path: Path): string | null {
    const node = this.#node(path)
    return isScalar(node) && node.value !== null ? cut(node.source ?? String(node.value)) : null
  }

  #syntaxProblem(error: YAMLError): ConfigurationProblem {
    const placed = this.#place(error.pos[0])
    const key = /^[^:]*/.exec(placed.excerpt.slice(placed.column - 1))![0]
    const known = syntaxTexts[error.code]?.(key)
    return { ...placed, path: '', message: known?.message ?? error.message, suggestion: known?.suggestion ?? null }
  }

  #place(offset: number): { file: string; line: number; column: number; excerpt: string } {
    const { line, col } = this.#lineCounter.linePos(offset)
    const text = this.#lines[line - 1] ?? ''
    const excerpt = /\bsecret["']?\s*:/.test(text) ? '' : text
    return { file: this.file, line: Math.max(1, line), column: Math.max(1, col), excerpt }
  }

  /** Follows a path through mappings, lists and aliases; undefined where it ends early. */
  #node(path: Path): unknown {
    let node: unknown = this.#document.contents
    for (const key of path) node = this.#resolve(this.#below(node, key)?.value)
    return node
  }

  #below(node: unknown, key: PropertyKey): { key: unknown; value: unknown } | undefined {
    if (isMap(node)) return node.items.findLast((pair) => keyOf(pair) === key)
    if (isSeq(node) && typeof key === 'number') return { key: node.items[key], value: node.items[key] }
    return undefined
  }

  #resolve(node: unknown): unknown {
    return isNode(node) && 'resolve' in node ? node.resolve(this.#document) : node
  }

  #offset(path: Path, at: 'key' | 'value'): number {
    let node: unknown = this.#document.contents
    let offset = startOf(node) ?? 0
    for (const [index, key] of path.entries()) {
      const pair = this.#below(node, key)
      if (!pair) return offset
      const isLast = index === path.length - 1
      offset = (isLast && at === 'value' ? startOf(pair.value) : undefined) ?? startOf(pair.key) ?? offset
      node = this.#resolve(pair.value)
    }
    return offset
  }
}

/** References to one anchor that are followed: against files that grow without bound when read. */
const aliasCountMax = 100

const syntaxTexts: Record<string, (key: string) => { message: string; suggestion: string | null }> = {
  DUPLICATE_KEY: (key) => ({ message: `the key '${key}' is there twice`, suggestion: 'keep one of them' }),
  TAB_AS_INDENT: () => ({ message: 'a tab as indentation', suggestion: 'indent with spaces' }),
  NON_STRING_KEY: () => ({ message: 'a key that is not text', suggestion: null }),
  MULTIPLE_DOCS: () => ({ message: 'a second document begins', suggestion: "remove the '---'" }),
}

function keyOf(pair: Pair): string {
  return String(isScalar(pair.key) ? pair.key.value : pair.key)
}

function startOf(node: unknown): number | undefined {
  return isNode(node) && node.range ? node.range[0] : undefined
}

function cut(text: string): string {
  return text.length > 60 ? `${text.slice(0, 59)}…` : text
}
