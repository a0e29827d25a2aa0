/**
 * Mutants: the safety rules, each broken in one place. A simulator is believed when it finds every one of them. Each says under
 * which conditions it shows, for most of them need several things at once to go wrong.
 *
 * As a program (`bun test/simulate/mutants.ts [name …]`) it runs them all, and the tree as it is, and exits 1 if one survives.
 */
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { mutants } from './mutantList.ts'

export interface SimulateConditions {
  /** Tried from the first on; the run ends at the first violation. */
  readonly seedCount: number
  readonly minutes: number
  readonly nodeCount: number
  /** Names of faults as `rolecall simulate --faults` takes them. */
  readonly faults: readonly string[]
}

export interface Mutant {
  readonly name: string
  /** Below the root of the tree. */
  readonly file: string
  /** There exactly once. */
  readonly find: string
  readonly replace: string
  /** What becomes wrong, how it shows, and what it takes. */
  readonly shows: string
  readonly conditions: SimulateConditions
}

export interface Verdict {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

const root = resolve(import.meta.dir, '../..')

/** How the conditions are told to the command. */
export function argumentsOf({ seedCount, minutes, nodeCount, faults }: SimulateConditions): readonly string[] {
  const sizes = ['--seeds', `${seedCount}`, '--minutes', `${minutes}`, '--nodes', `${nodeCount}`]
  return ['simulate', ...sizes, '--faults', faults.join(','), '--json']
}

/** The text with the one replacement. Throws when `find` is not there exactly once, or nothing changes. */
export function mutated(text: string, { name, file, find, replace }: Mutant): string {
  const count = text.split(find).length - 1
  if (count !== 1) throw new Error(`mutant ${name}: ${count} places in ${file} to replace, not 1: ${find}`)
  const place = text.indexOf(find)
  const changed = text.slice(0, place) + replace + text.slice(place + find.length)
  if (changed === text) throw new Error(`mutant ${name} changes nothing`)
  return changed
}

/** A copy of the code in a folder of its own, mutated if asked; `use` gets the folder, which is removed after it. */
export async function withCopy<Outcome>(
  mutant: Mutant | null,
  use: (folder: string) => Promise<Outcome>,
): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), 'rolecall-mutant-'))
  try {
    for (const name of ['machines', 'src', 'package.json', 'tsconfig.json', 'bunfig.toml'])
      if (existsSync(join(root, name))) cpSync(join(root, name), join(folder, name), { recursive: true })
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
    if (mutant !== null) {
      const path = join(folder, mutant.file)
      writeFileSync(path, mutated(readFileSync(path, 'utf8'), mutant))
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

/** Found: it exits with 1 and its JSON tells of a violation. Anything else, a crash too, is not what a checker found. */
export function isFound({ exitCode, stdout }: Verdict): boolean {
  return exitCode === 1 && (violationsIn(stdout) ?? 0) > 0
}

export function isClean({ exitCode, stdout }: Verdict): boolean {
  return exitCode === 0 && violationsIn(stdout) === 0
}

/** Violations in the JSON document, or in any line of several: under `violations` (a list) or `violation` (one, or null). Null: no JSON. */
function violationsIn(stdout: string): number | null {
  const documents = isJson(stdout) ? [stdout] : stdout.split('\n').filter(isJson)
  if (documents.length === 0) return null
  const found = documents.map((text) => JSON.parse(text) as { violations?: unknown; violation?: unknown } | null)
  return found.reduce((sum, one) => {
    const listed = Array.isArray(one?.violations) ? one.violations.length : 0
    return sum + listed + (one?.violation ? 1 : 0)
  }, 0)
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

export interface Trial {
  readonly name: string
  readonly isAsExpected: boolean
  readonly verdict: Verdict
}

/** One mutant, or (null) the tree as it is under `conditions`. */
export async function tryMutant(
  mutant: Mutant | null,
  { conditions, timeLimitMs }: { conditions: SimulateConditions; timeLimitMs: number },
): Promise<Trial> {
  const verdict = await withCopy(mutant, (folder) =>
    runIn(folder, ['src/main.ts', ...argumentsOf(conditions)], timeLimitMs),
  )
  const isAsExpected = mutant === null ? isClean(verdict) : isFound(verdict)
  return { name: mutant?.name ?? 'unmutated', isAsExpected, verdict }
}

if (import.meta.main) {
  const wanted = mutants.filter(({ name }) => process.argv.length < 3 || process.argv.includes(name))
  let failedCount = 0
  for (const mutant of wanted) {
    const options = { conditions: mutant.conditions, timeLimitMs: 600_000 }
    for (const trial of [await tryMutant(null, options), await tryMutant(mutant, options)]) {
      if (!trial.isAsExpected) failedCount += 1
      console.log(`${trial.isAsExpected ? 'as expected' : 'NOT EXPECTED'}  ${mutant.name}  ${trial.name}`)
      if (!trial.isAsExpected) console.log(trial.verdict.stdout.slice(0, 2000), trial.verdict.stderr.slice(0, 2000))
    }
  }
  process.exit(failedCount === 0 ? 0 : 1)
}
