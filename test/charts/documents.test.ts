import { beforeAll, expect, test } from 'bun:test'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { machineFiles } from '../../scripts/generateMachines.ts'
import { drawnMachines } from '../../src/charts/index.ts'
import { mermaidOf } from '../../src/charts/mermaid.ts'
import { svgOf } from '../../src/charts/svg.ts'

const root = join(import.meta.dir, '../..')
let files: ReadonlyMap<string, string>

beforeAll(async () => {
  files = await machineFiles()
})

test('what is committed is what the machines give: npm run docs', () => {
  for (const [path, text] of files)
    expect([path, readFileSync(join(root, path), 'utf8') === text]).toEqual([path, true])
})

test('nothing is left of machines that are no more', () => {
  const expected = [...files.keys()]
    .filter((path) => path.startsWith('docs/machines/'))
    .map((path) => path.slice('docs/machines/'.length))
  expect(readdirSync(join(root, 'docs/machines')).toSorted()).toEqual(expected.toSorted())
})

const each = drawnMachines.map((drawn) => [drawn.chart.name, drawn] as const)

test.each(each)('%s: something is said of every state, and of the machine', (_, { chart }) => {
  expect(chart.purpose).toMatch(/^[A-Z`].+\.$/)
  const silent = chart.states.filter(({ description }) => description === null).map(({ path }) => path)
  // Those are said by what is within them, or in one breath with it.
  expect(silent.filter((path) => !chart.states.some(({ parent }) => parent === path))).toEqual([])
})

test.each(each)('%s: the SVG is well-formed, stands alone, and asks nobody', (_, drawn) => {
  const svg = svgOf(drawn)
  const opened = [...svg.matchAll(/<(\w+)(?:\s(?:[^>]*[^>/])?)?>/g)].map(([, tag]) => tag)
  const closed = [...svg.matchAll(/<\/(\w+)>/g)].map(([, tag]) => tag)
  expect(opened.toSorted()).toEqual(closed.toSorted())
  expect(svg.replace('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:|url\(|@import|<script|href/)
  expect(svg).toContain('prefers-color-scheme: dark')
  for (const { path } of drawn.chart.states) expect(svg).toContain(`data-state="${path}"`)
})

test('a state is lit with all that is around it', () => {
  const svg = svgOf(drawnMachines.find(({ chart }) => chart.name === 'component')!, { state: 'primary.ready' })
  const lit = [...svg.matchAll(/<g class="[^"]*\bc-lit\b[^"]*" data-state="([^"]*)"/g)].map(([, path]) => path)
  expect(lit).toEqual(['primary', 'primary.ready'])
})

test.each(each)('%s: mermaid reads it: blocks are closed, every name that is used is declared', (_, { chart }) => {
  const lines = mermaidOf(chart).trimEnd().split('\n')
  expect(lines[0]).toBe('stateDiagram-v2')
  expect(lines.filter((line) => line.endsWith('{'))).toHaveLength(lines.filter((line) => line.trim() === '}').length)
  const declared = lines.flatMap((line) => line.match(/ as (\w+)/)?.slice(1) ?? [])
  expect(new Set(declared).size).toBe(declared.length)
  const used = lines.flatMap((line) => [
    ...(line.match(/^\s*(\S+) --> (\w+)/)?.slice(1) ?? []),
    ...(line.match(/note right of (\w+)/)?.slice(1) ?? []),
  ])
  for (const name of used) expect(['[*]', ...declared]).toContain(name)
  for (const line of lines.slice(1))
    expect(line).toMatch(/^ +(state ".+" as \w+( \{)?|\}|\S+ --> \w+( : [^:;]+)?|note right of \w+ : [^:;]+)$/)
})
