/**
 * Writes the statecharts of all machines of the catalogue: `src/charts/machines.json`, which the binary and the console draw from, and
 * `docs/machines/`. A test sees to it that what is committed is what this gives.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { catalogue } from '../machines/index.ts'
import { deriveChart, type Named } from '../src/charts/derive.ts'
import type { DrawnMachine } from '../src/charts/layout.ts'
import { svgOf } from '../src/charts/svg.ts'
import { machineIndex, machinePage } from './machines/page.ts'
import { type Directions, place } from './machines/place.ts'
import { sourceOf } from './machines/words.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Whose states within states are alike, and stand in a row each. */
const directions: Readonly<Record<string, Directions>> = { component: { outer: 'DOWN', inner: 'RIGHT' } }

/** By path from the root of the tree. */
export async function machineFiles(): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>()
  const drawn: DrawnMachine[] = []
  for (const [name, { machine, version }] of Object.entries(catalogue)) {
    const named = { name, machine, version } as unknown as Named
    const source = sourceOf(
      name,
      deriveChart(named).states.map(({ path }) => path),
    )
    const chart = deriveChart(named, source)
    const each = { chart, layout: await place(chart, directions[name]) }
    drawn.push(each)
    files.set(`docs/machines/${name}.svg`, svgOf(each))
    files.set(`docs/machines/${name}.md`, machinePage(chart, source.head))
  }
  files.set('docs/machines/README.md', machineIndex(drawn.map(({ chart }) => chart)))
  files.set('src/charts/machines.json', jsonOf(drawn))
  return files
}

/** A line for each state, transition, box and edge, so that a change is read easily. */
function jsonOf(drawn: readonly DrawnMachine[]): string {
  const lines = (values: readonly unknown[]) => values.map((value) => `\n${JSON.stringify(value)}`).join(',')
  const machines = drawn.map(({ chart: { states, transitions, ...chart }, layout: { boxes, edges, ...layout } }) => {
    const chartText = `{"states":[${lines(states)}],\n"transitions":[${lines(transitions)}],\n${JSON.stringify(chart).slice(1)}`
    const layoutText = `{"boxes":[${lines(boxes)}],\n"edges":[${lines(edges)}],\n${JSON.stringify(layout).slice(1)}`
    return `{"chart":${chartText},\n"layout":${layoutText}}`
  })
  return `[${machines.join(',\n')}]\n`
}

if (import.meta.main) {
  mkdirSync(`${root}docs/machines`, { recursive: true })
  for (const [path, text] of await machineFiles()) writeFileSync(`${root}${path}`, text)
  // The layout's worker would keep the process.
  process.exit(0)
}
