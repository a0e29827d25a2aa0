/** DOT as graphviz reads it, as far as this needs: statements of ids, edges and attributes, in graphs within graphs. */
import { expect, test } from 'bun:test'
import { forecast } from '../../machines/logic/placement/rehearse.ts'
import { dotOf } from '../../src/plan/dot.ts'
import { applyAll } from '../../src/plan/whatIf.ts'
import { settled } from './support.ts'

interface Graph {
  readonly nodes: Map<string, Record<string, string>>
  readonly edges: { from: string; to: string; attributes: Record<string, string> }[]
  /** Label of each subgraph, with the nodes named in it. */
  readonly subgraphs: { label: string; nodes: string[] }[]
}

const word = /\s*("(?:[^"\\]|\\.)*"|[A-Za-z_][A-Za-z0-9_]*|->|[{}[\]=;,])/y

function wordsOf(text: string): string[] {
  const words: string[] = []
  word.lastIndex = 0
  for (;;) {
    const at = word.lastIndex
    const match = word.exec(text)
    if (!match) {
      if (text.slice(at).trim() !== '') throw new Error(`no word of DOT: ${text.slice(at, at + 40)}`)
      return words
    }
    words.push(match[1]!)
  }
}

/** Throws for what is no digraph. */
function parseDot(text: string): Graph {
  const words = wordsOf(text)
  const graph: Graph = { nodes: new Map(), edges: [], subgraphs: [] }
  let at = 0
  const take = (expected?: string): string => {
    const next = words[at++]
    if (next === undefined || (expected !== undefined && next !== expected))
      throw new Error(`expected ${expected ?? 'a word'}, found ${next}`)
    return next
  }
  const id = (): string => {
    const next = take()
    if (/^[{}[\]=;,]|->$/.test(next)) throw new Error(`expected an id, found ${next}`)
    return next.startsWith('"') ? next.slice(1, -1).replaceAll('\\"', '"') : next
  }
  const attributes = (): Record<string, string> => {
    const found: Record<string, string> = {}
    if (words[at] !== '[') return found
    take('[')
    while (words[at] !== ']') {
      const name = id()
      take('=')
      found[name] = id()
      if (words[at] === ',') take(',')
    }
    take(']')
    return found
  }
  const statements = (inside: { label: string; nodes: string[] } | null): void => {
    take('{')
    while (words[at] !== '}') {
      if (words[at] === 'subgraph') {
        take()
        id()
        const subgraph = { label: '', nodes: [] }
        graph.subgraphs.push(subgraph)
        statements(subgraph)
        continue
      }
      const name = id()
      if (words[at] === '=') {
        take()
        const value = id()
        if (inside && name === 'label') inside.label = value
      } else if (words[at] === '->') {
        take()
        graph.edges.push({ from: name, to: id(), attributes: attributes() })
      } else {
        graph.nodes.set(name, attributes())
        inside?.nodes.push(name)
      }
      take(';')
    }
    take('}')
  }
  take('digraph')
  id()
  statements(null)
  if (at !== words.length) throw new Error('something follows the graph')
  return graph
}

test('placements and steps are nodes of one digraph, and every edge has both its ends', () => {
  const before = settled()
  const after = applyAll(before, [{ what: 'fail', target: { kind: 'node', node: 'n1' } }])
  const plan = forecast({ before, after, events: ['n1 falls silent'] })
  const graph = parseDot(dotOf(plan))
  for (const { from, to } of graph.edges) for (const end of [from, to]) expect([...graph.nodes.keys()]).toContain(end)
  expect(graph.subgraphs.map(({ label }) => label)).toEqual(['n1 (isolated)', 'n2', 'n3'])
  expect(graph.subgraphs[1]!.nodes).toEqual(['n2/ledger for ledger', 'n2/web for web'])
  expect(graph.edges.map(({ from, to }) => `${from} -> ${to}`)).toEqual([
    'assignment ledger -> n2/ledger for ledger',
    'assignment ledger -> n3/ledger for ledger',
    'assignment web -> n2/web for web',
    'step 1 -> step 2',
  ])
  expect([...graph.nodes.keys()].filter((name) => name.startsWith('step'))).toHaveLength(plan.steps.length)
})

test('names that DOT has a use for are quoted', () => {
  const before = settled()
  const configuration = { ...before.configuration, cluster: 'a "b" \\ {c}' }
  const plan = forecast({ before, after: { ...before, configuration }, events: [] })
  expect(() => parseDot(dotOf(plan))).not.toThrow()
})

test('the parser refuses what is none', () => {
  for (const text of ['graph {}', 'digraph a { b -> }', 'digraph a { b [c] }', 'digraph a { "b }'])
    expect(() => parseDot(text)).toThrow()
})
