/**
 * What the source says of a machine: the comment at its head, and those at its guards, actions, delays and events.
 * In the head a list names the states: `- \`spare\`: what it is. \`booting\`: and what is within it; …`.
 */
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Words } from '../../src/charts/derive.ts'

export interface MachineSource extends Words {
  /** The comment at its head, as markdown. */
  readonly head: string
}

const folder = fileURLToPath(new URL('../../machines/', import.meta.url))

export function sourceOf(name: string, paths: readonly string[]): MachineSource {
  const own = readFileSync(`${folder}${name}.ts`, 'utf8')
  const beside = [`${folder}${name}/context.ts`]
    .filter((path) => existsSync(path))
    .map((path) => readFileSync(path, 'utf8'))
  const head = headOf(own)
  const words = Object.assign({}, ...[own, ...beside].map(commentsOf)) as Record<string, string>
  return { head, purpose: purposeOf(head), states: { ...onStates(words, paths), ...statesIn(head, paths) }, words }
}

function headOf(source: string): string {
  const [, comment] = source.match(/^\/\*\*\n([\s\S]*?)\n \*\//) ?? []
  return (comment ?? '').replace(/^ \* ?/gm, '')
}

/** The first sentence. */
function purposeOf(head: string): string {
  const [paragraph = ''] = head.split('\n\n')
  const [sentence = ''] = paragraph.replaceAll('\n', ' ').split(/(?<=\.) (?=[A-Z`])/)
  return sentence
}

/** Comments that stand before a key, a constant, or a kind of event. */
function commentsOf(source: string): Record<string, string> {
  const found = source.matchAll(
    /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*(?:const (\w+)|\|? ?\{ type: '([\w.]+)'|'?([\w.]+)'?\??[:(,])/g,
  )
  const entries = [...found].map(([, comment, constant, event, key]) => [constant ?? event ?? key, textOf(comment!)])
  return Object.fromEntries(entries)
}

function textOf(comment: string): string {
  return comment
    .replace(/\n\s*\* ?/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()
}

/** Comments at the states themselves, where only one has that name. */
function onStates(words: Readonly<Record<string, string>>, paths: readonly string[]): Record<string, string> {
  const entries = paths
    .filter((path) => paths.filter((other) => nameOf(other) === nameOf(path)).length === 1)
    .flatMap((path) => (words[nameOf(path)] === undefined ? [] : [[path, words[nameOf(path)]!]]))
  return Object.fromEntries(entries)
}

const nameOf = (path: string) => path.split('.').at(-1)!

function statesIn(head: string, paths: readonly string[]): Record<string, string> {
  const items = head
    .split(/^- /m)
    .slice(1)
    .map((item) => item.split(/\n(?! {2}\S)/)[0]!.replace(/\s+/g, ' '))
  return Object.fromEntries(items.flatMap((item) => saidIn(item, paths)))
}

/** `\`a\`: x; \`b\`: y.` gives what is said of each. What no state has for its name is part of the text. */
function saidIn(item: string, paths: readonly string[]): [string, string][] {
  const starts = [...item.matchAll(/`([\w.]+)`: /g)].filter(([, name]) => matching(name!, paths).length > 0)
  return starts.flatMap((start, index) => {
    const text = item
      .slice(start.index + start[0].length, starts[index + 1]?.index)
      .trim()
      .replace(/[;.]$/, '')
    return matching(start[1]!, paths).map((path): [string, string] => [
      path,
      `${text.charAt(0).toUpperCase()}${text.slice(1)}.`,
    ])
  })
}

function matching(name: string, paths: readonly string[]): string[] {
  const exact = paths.filter((path) => path === name)
  return exact.length > 0 ? exact : paths.filter((path) => path.endsWith(`.${name}`))
}
