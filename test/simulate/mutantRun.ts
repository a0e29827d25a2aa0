/**
 * Runs seeds in a tree that is not this one: `bun mutantRun.ts <folder> <trials as JSON>`. Prints what was found as one JSON object, and stops
 * at the first violation of one of the checkers asked for, if any are.
 */
import { join } from 'node:path'
import type { SimulationOptions, SimulationResult } from '../../src/simulate/simulation.ts'

export interface Run {
  readonly seeds: readonly number[]
  readonly options: SimulationOptions
  /** Checkers of which one has to find something; empty: any. */
  readonly by: readonly string[]
}

export interface Found {
  readonly seed: number
  readonly checker: string
  readonly text: string
}

export interface RunReport {
  readonly seedCount: number
  readonly wallMs: number
  readonly found: readonly Found[]
}

if (import.meta.main) {
  const [folder, text] = process.argv.slice(2)
  const { seeds, options, by } = JSON.parse(text!) as Run
  const { simulate } = (await import(join(folder!, 'src/simulate/simulation.ts'))) as {
    simulate: (seed: number, options: SimulationOptions) => SimulationResult
  }
  const startedMs = performance.now()
  let found: Found[] = []
  let seedCount = 0
  for (const seed of seeds) {
    seedCount += 1
    found = simulate(seed, options)
      .violations.map(({ checker, text }) => ({ seed, checker, text }))
      .filter(({ checker }) => by.length === 0 || by.includes(checker))
    if (found.length > 0) break
  }
  const report: RunReport = { seedCount, wallMs: Math.round(performance.now() - startedMs), found: found.slice(0, 5) }
  console.log(JSON.stringify(report))
}
