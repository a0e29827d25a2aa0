/**
 * Mutants: the safety rules, each broken in one place, or in all places that say the same. A simulator is believed when it finds
 * every one of them. Each says under which conditions it shows, for most of them need several things at once to go wrong.
 *
 * As a program (`bun test/simulate/mutants.ts [name …]`) it runs them and the tree as it is, says how long each took, and exits 1 if one survives.
 */
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { SimulationOptions } from '../../src/simulate/simulation.ts'
import { mutants } from './mutantList.ts'
import type { Run, RunReport } from './mutantRun.ts'

export interface Edit {
  /** Below the root of the tree. */
  readonly file: string
  /** There exactly once. */
  readonly find: string
  readonly replace: string
}

export interface Mutant {
  readonly name: string
  readonly edits: readonly Edit[]
  /** What becomes wrong, how it shows, and what it takes. */
  readonly shows: string
  /** The checkers whose business it is: one of them has to find it. */
  readonly by: readonly string[]
  /** Tried from the first on, until one of them shows it. */
  readonly seeds: readonly number[]
  readonly options: SimulationOptions
}

export interface Verdict {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

const root = resolve(import.meta.dir, '../..')
const runner = join(import.meta.dir, 'mutantRun.ts')

/** The text with the one replacement. Throws when `find` is not there exactly once, or nothing changes. */
export function mutated(text: string, { file, find, replace }: Edit): string {
  const count = text.split(find).length - 1
  if (count !== 1) throw new Error(`${count} places in ${file} to replace, not 1: ${find}`)
  const place = text.indexOf(find)
  const changed = text.slice(0, place) + replace + text.slice(place + find.length)
  if (changed === text) throw new Error(`nothing changes in ${file}: ${find}`)
  return changed
}

/** A mutated copy of the code in a folder of its own; `use` gets the folder, which is removed after it. */
export async function withCopy<Outcome>(
  { edits }: Mutant,
  use: (folder: string) => Promise<Outcome>,
): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), 'rolecall-mutant-'))
  try {
    for (const name of ['machines', 'src', 'package.json', 'tsconfig.json', 'bunfig.toml'])
      if (existsSync(join(root, name))) cpSync(join(root, name), join(folder, name), { recursive: true })
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
    for (const edit of edits) {
      const path = join(folder, edit.file)
      writeFileSync(path, mutated(readFileSync(path, 'utf8'), edit))
    }
    return await use(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Runs a program of the copy with this bun; killed after `timeLimitMs`, and then without an exit code. */
export async function runIn(folder: string, words: readonly string[], timeLimitMs: number): Promise<Verdict> {
  const child = Bun.spawn([process.execPath, ...words], {
    cwd: folder,
    stdout: 'pipe',
    stderr: 'pipe',
    timeout: timeLimitMs,
    killSignal: 'SIGKILL',
  })
  const [stdout, stderr] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ])
  return { exitCode: child.exitCode, stdout, stderr }
}

/** Throws when it ended without a report: a crash is not what a checker found. */
export function reportOf({ exitCode, stdout, stderr }: Verdict): RunReport {
  if (exitCode !== 0) throw new Error(`the run ended with ${exitCode}: ${stderr.slice(0, 2_000)}`)
  return JSON.parse(stdout) as RunReport
}

/** The tree below `folder` (default: this one), with these seeds and conditions. */
export async function runSeeds(run: Run, { folder = root, timeLimitMs }: { folder?: string; timeLimitMs: number }) {
  const options = { ...run.options, isEndedByViolation: true }
  return reportOf(await runIn(folder, [runner, folder, JSON.stringify({ ...run, options })], timeLimitMs))
}

export interface Trial {
  readonly mutant: RunReport
  /** With the same seeds. */
  readonly unmutated: RunReport
}

export async function tryMutant(mutant: Mutant, timeLimitMs: number): Promise<Trial> {
  const { seeds, options, by } = mutant
  const found = await withCopy(mutant, (folder) => runSeeds({ seeds, options, by }, { folder, timeLimitMs }))
  const tried = seeds.slice(0, found.seedCount)
  return { mutant: found, unmutated: await runSeeds({ seeds: tried, options, by: [] }, { timeLimitMs }) }
}

if (import.meta.main) {
  const wanted = mutants.filter(({ name }) => process.argv.length < 3 || process.argv.includes(name))
  let failedCount = 0
  for (const one of wanted) {
    const { mutant, unmutated } = await tryMutant(one, 600_000)
    const [found] = mutant.found
    if (!found || unmutated.found.length > 0) failedCount += 1
    const seconds = ((mutant.wallMs + unmutated.wallMs) / 1000).toFixed(1)
    console.log(`${found ? 'killed' : 'SURVIVED'}  ${one.name}, ${mutant.seedCount} seeds, ${seconds} s`)
    if (found) console.log(`  seed ${found.seed}, ${found.checker}: ${found.text}`)
    for (const { seed, checker, text } of unmutated.found) console.log(`  UNMUTATED  seed ${seed}, ${checker}: ${text}`)
  }
  process.exit(failedCount === 0 ? 0 : 1)
}
