import { join } from 'node:path'
import type { FaultKind } from '../../simulate/faultKinds.ts'
import { shrink } from '../../simulate/shrink.ts'
import { simulate as run, type SimulationOptions, type SimulationResult } from '../../simulate/simulation.ts'
import type { CliContext } from '../context.ts'
import { exitCodes } from '../exitCodes.ts'
import type { SimulateFlags } from '../simulate.ts'
import { isJob, type JobsOptions, simulatedBy } from '../simulateJobs.ts'

/** Violations printed of a seed; JSON has all of them. */
const shownCountMax = 5
const shrinkRunCountMax = 60

export default async function simulate(this: CliContext, flags: SimulateFlags): Promise<void> {
  const { stdout, stderr } = this.process
  const first = flags.seed ?? crypto.getRandomValues(new Uint32Array(1))[0]!
  const seeds = Array.from({ length: flags.seeds }, (_, index) => (first + index) >>> 0)
  const startedMs = performance.now()
  const results: SimulationResult[] = []
  const say = (text: string): void => void (stderr.isTTY && stderr.write(`\r\x1b[K${text}`))
  say(`seed ${first}, 1 of ${seeds.length}`)
  const isHere = flags.jobs === 1 && isJob(this.process.env)
  for await (const result of isHere ? simulatedHere(flags, seeds) : simulatedBy(jobsOf(flags, seeds))) {
    results.push(result)
    if (flags.jsonLines) stdout.write(`${JSON.stringify(result)}\n`)
    else if (result.violations.length > 0) {
      say('')
      await report(this, flags, result)
    }
    say(`seed ${result.seed}, ${results.length} of ${seeds.length} done, ${failedOf(results).length} failed`)
  }
  say('')
  const summary = summaryOf(first, results, Math.round(performance.now() - startedMs))
  if (!flags.jsonLines) stdout.write(flags.json ? `${JSON.stringify(summary)}\n` : textOf(summary))
  if (summary.violations.length > 0) this.process.exitCode = exitCodes.failed
}

async function* simulatedHere(flags: SimulateFlags, seeds: readonly number[]): AsyncGenerator<SimulationResult> {
  for (const seed of seeds) {
    yield run(seed, optionsOf(flags))
    // Lets signals and the terminal in.
    await Bun.sleep(0)
  }
}

function jobsOf(flags: SimulateFlags, seeds: readonly number[]): JobsOptions {
  return { seeds, jobCount: flags.jobs, flags: argumentsOf(flags) }
}

function optionsOf({ nodes, minutes, heartbeat, profile, faults, events }: SimulateFlags): SimulationOptions {
  return {
    minutes,
    profile,
    ...(nodes !== undefined && { nodeCount: nodes }),
    ...(heartbeat !== undefined && { heartbeatIntervalMs: heartbeat }),
    ...(faults !== undefined && { faults }),
    ...(events !== undefined && { events }),
  }
}

async function report({ process }: CliContext, flags: SimulateFlags, result: SimulationResult): Promise<void> {
  const { stderr } = process
  const { seed, violations } = result
  stderr.write(`seed ${seed} failed:\n`)
  for (const { atMs, checker, text } of violations.slice(0, shownCountMax))
    stderr.write(`  at ${atMs.toFixed(1)} ms, ${checker}: ${text}\n`)
  if (violations.length > shownCountMax) stderr.write(`  and ${violations.length - shownCountMax} more\n`)
  stderr.write(`  replay: ${commandOf({ ...flags, seed })}\n`)
  if (flags.blackBox !== undefined) {
    const directory = join(flags.blackBox, `seed-${seed}`)
    run(seed, { ...optionsOf(flags), blackBoxDirectory: directory })
    stderr.write(`  black boxes: rolecall replay ${directory}\n`)
  }
  if (!flags.shrink) return
  const isSame = new Set(violations.map(({ checker }) => checker))
  const shrunk = await shrink<FaultKind, string>(
    { nodeCount: result.nodeCount, minutes: flags.minutes, faults: result.faults, events: result.events },
    {
      runCountMax: shrinkRunCountMax,
      nodeCountMin: 2,
      fails: async ({ nodeCount, minutes, faults, events }) => {
        await Bun.sleep(0)
        const of = { ...optionsOf(flags), nodeCount, minutes, faults, events }
        return run(seed, of).violations.some(({ checker }) => isSame.has(checker))
      },
    },
  )
  const { nodeCount: nodes, minutes, faults, events } = shrunk.schedule
  stderr.write(`  shrunk: ${commandOf({ ...flags, seed, nodes, minutes, faults, events })}\n`)
}

/** What runs the seed again. */
function commandOf({ seed, ...flags }: SimulateFlags): string {
  return ['rolecall simulate --seed', seed, ...argumentsOf(flags)].join(' ')
}

/** Everything but the seed that decides what happens. */
function argumentsOf({ nodes, minutes, heartbeat, profile, faults, events }: Omit<SimulateFlags, 'seed'>): string[] {
  return [
    ...['--minutes', `${minutes}`],
    ...(nodes === undefined ? [] : ['--nodes', `${nodes}`]),
    ...(heartbeat === undefined ? [] : ['--heartbeat', `${heartbeat}`]),
    ...(profile === 'plain' ? [] : ['--profile', profile]),
    ...(faults === undefined ? [] : ['--faults', faults.join(',') || 'none']),
    ...(events === undefined ? [] : ['--events', events.join(',') || 'none']),
  ]
}

function failedOf(results: readonly SimulationResult[]): readonly SimulationResult[] {
  return results.filter(({ violations }) => violations.length > 0)
}

function summaryOf(firstSeed: number, results: readonly SimulationResult[], wallMs: number) {
  const total = (of: (result: SimulationResult) => number): number => results.reduce((sum, one) => sum + of(one), 0)
  const names = Object.keys(results[0]?.counts ?? {})
  return {
    firstSeed,
    seeds: results.length,
    failedSeeds: failedOf(results).map(({ seed }) => seed),
    violations: results.flatMap(({ seed, violations }) => violations.map((violation) => ({ seed, ...violation }))),
    digest: results.length === 1 ? results[0]!.digest : chainOf(results),
    simulatedMs: total(({ simulatedMs }) => simulatedMs),
    wallMs,
    counts: Object.fromEntries(names.map((name) => [name, total(({ counts }) => counts[name] ?? 0)])),
    figures: Object.assign({}, ...results.map(({ figures }) => figures)) as Record<string, number>,
  }
}

function chainOf(results: readonly SimulationResult[]): string {
  return results.reduce((hash, { digest }) => Bun.hash.xxHash32(digest, hash), 0).toString(16)
}

function textOf({ seeds, failedSeeds, digest, simulatedMs, wallMs, firstSeed }: ReturnType<typeof summaryOf>): string {
  const hours = (simulatedMs / 3_600_000).toFixed(2)
  const rate = (simulatedMs / 60 / Math.max(1, wallMs)).toFixed(1)
  const verdict = failedSeeds.length === 0 ? 'every invariant held' : `failed: seeds ${failedSeeds.join(', ')}`
  return [
    `${seeds} ${seeds === 1 ? 'seed' : 'seeds'} from ${firstSeed}: ${verdict}`,
    `${hours} h simulated in ${(wallMs / 1000).toFixed(1)} s (${rate} h a minute), digest ${digest}`,
    '',
  ].join('\n')
}
