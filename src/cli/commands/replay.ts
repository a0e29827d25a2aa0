import { BlackBoxNotFoundError, NewerRecordingError } from '../../recorder/boxes.ts'
import { isActor } from '../../recorder/narrative.ts'
import { openRecordings } from '../../recorder/openRecordings.ts'
import { type Catalogue, replayBoxes } from '../../recorder/replay.ts'
import { formatEntry } from '../../recorder/text.ts'
import type { Timeline } from '../../recorder/timeline.ts'
import type { CliContext } from '../context.ts'
import { exitCodes } from '../exitCodes.ts'
import { CliFailure } from '../failure.ts'
import { paintOf, renderDamages, renderReplay } from '../render/replay.ts'
import type { ReplayFlags } from '../replay.ts'
import { diff } from './replay/diff.ts'
import { explain, incidents } from './replay/explain.ts'
import { exportTo } from './replay/export.ts'
import { until } from './replay/until.ts'
import { print, progressOn, readAll, styleOf, type Work } from './replay/work.ts'

export function replayWith(loadCatalogue: () => Promise<Catalogue>) {
  return async function replay(this: CliContext, flags: ReplayFlags, ...paths: string[]): Promise<void> {
    refuseContradictions(flags, paths)
    const progress = progressOn(this.process.stderr)
    const work = { process: this.process, flags, paths, loadCatalogue, progress }
    try {
      if (flags.diff) return await diff(work)
      const recordings = await openRecordings(paths)
      try {
        await actionOf(flags)({ ...work, recordings })
      } finally {
        recordings.close()
      }
    } catch (error) {
      if (error instanceof BlackBoxNotFoundError) throw new CliFailure(exitCodes.noSuch, error.message)
      if (error instanceof NewerRecordingError) throw new CliFailure(exitCodes.data, error.message)
      throw error
    } finally {
      progress.end()
    }
  }
}

function actionOf(flags: ReplayFlags): (work: Work) => Promise<void> {
  if (flags.verify) return verify
  if (flags.incidents) return incidents
  if (flags.explain !== undefined) return explain
  if (flags.until !== undefined) return until
  return flags.export === undefined ? show : exportTo
}

function refuseContradictions(flags: ReplayFlags, paths: readonly string[]): void {
  const refuse = (text: string) => {
    throw new CliFailure(exitCodes.usage, text)
  }
  const modes = (['verify', 'incidents', 'explain', 'until', 'diff', 'export'] as const).filter((name) => flags[name])
  const wantsActor = modes.filter((name) => name !== 'until' && name !== 'diff')
  const given = [...modes, ...(flags.actor !== undefined && wantsActor.length > 0 ? ['actor'] : [])]
  if (given.length > 1) refuse(`${given.map((name) => `--${name}`).join(' and ')} do not go together`)
  if (flags.full && flags.explain === undefined) refuse('--full goes with --explain')
  if (flags.output !== undefined && flags.export === undefined) refuse('--output goes with --export')
  if (flags.diff && paths.length !== 2) refuse('--diff compares two paths')
}

async function verify(work: Work): Promise<void> {
  const { process, flags, recordings, progress } = work
  const result = replayBoxes(recordings.boxes, await work.loadCatalogue(), { onProgress: progress.tell })
  progress.end()
  print(process, flags.json ? [JSON.stringify(result)] : renderReplay(result, styleOf(work)))
  if (!result.isExact) process.exitCode = exitCodes.failed
}

async function show(work: Work): Promise<void> {
  const { process, flags } = work
  const timeline = await readAll(work)
  const style = styleOf(work)
  const of = entriesOf(timeline, flags.actor)
  const entries = of.slice(-flags.limit)
  const leftOutCount = of.length - entries.length
  if (flags.json) {
    print(process, [JSON.stringify({ entries, leftOutCount, damages: timeline.damages })])
    return
  }
  if (leftOutCount > 0) process.stderr.write(`${leftOutCount} earlier steps left out: --limit shows more\n`)
  const paint = paintOf(style)
  print(
    process,
    entries.map((entry) => formatEntry(entry, paint)),
  )
  for (const line of renderDamages(timeline.damages, style)) process.stderr.write(`${line}\n`)
}

function entriesOf({ entries }: Timeline, actor: string | undefined): Timeline['entries'] {
  if (actor === undefined) return entries
  const of = entries.filter((entry) => isActor(entry.actor, actor) || isActor(`${entry.node}:${entry.actor}`, actor))
  if (of.length > 0) return of
  const known = [...new Set(entries.map((entry) => entry.actor))].sort().slice(0, 20)
  throw new CliFailure(exitCodes.noSuch, `there is no actor '${actor}'`, `there are ${known.join(', ')}`)
}
