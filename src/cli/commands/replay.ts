import { BlackBoxNotFoundError, type ReadProgress } from '../../recorder/boxes.ts'
import { explain, isActor } from '../../recorder/narrative.ts'
import { type Catalogue, replayDirectories } from '../../recorder/replay.ts'
import { formatEntry, formatNarrative } from '../../recorder/text.ts'
import { readTimeline, type Timeline } from '../../recorder/timeline.ts'
import type { CliContext } from '../context.ts'
import { exitCodes } from '../exitCodes.ts'
import { CliFailure } from '../failure.ts'
import { paintOf, renderDamages, renderReplay } from '../render/replay.ts'
import { createStyle, hasColour } from '../render/style.ts'
import type { ReplayFlags } from '../replay.ts'

export function replayWith(loadCatalogue: () => Promise<Catalogue>) {
  return async function replay(this: CliContext, flags: ReplayFlags, ...directories: string[]): Promise<void> {
    refuseContradictions(flags)
    const progress = progressOn(this.process.stderr)
    try {
      if (flags.verify) verify(this.process, { flags, directories, catalogue: await loadCatalogue(), progress })
      else show(this.process, { flags, timeline: readTimeline(directories, { onProgress: progress.tell }), progress })
    } catch (error) {
      progress.end()
      if (error instanceof BlackBoxNotFoundError) throw new CliFailure(exitCodes.noSuch, error.message)
      throw error
    }
  }
}

type Process = CliContext['process']

function refuseContradictions({ verify, explain: id, actor }: ReplayFlags): void {
  const given = [verify && '--verify', id !== undefined && '--explain', actor !== undefined && '--actor'].filter(
    Boolean,
  )
  if (given.length > 1) throw new CliFailure(exitCodes.usage, `${given.join(' and ')} do not go together`)
}

function verify(
  process: Process,
  asked: { flags: ReplayFlags; directories: readonly string[]; catalogue: Catalogue; progress: Progress },
): void {
  const result = replayDirectories(asked.directories, asked.catalogue, { onProgress: asked.progress.tell })
  asked.progress.end()
  const style = createStyle(hasColour(process.stdout, process.env))
  print(process, asked.flags.json ? [JSON.stringify(result)] : renderReplay(result, style))
  if (!result.isExact) process.exitCode = exitCodes.failed
}

function show(process: Process, asked: { flags: ReplayFlags; timeline: Timeline; progress: Progress }): void {
  const { flags, timeline } = asked
  asked.progress.end()
  const style = createStyle(hasColour(process.stdout, process.env))
  if (flags.explain !== undefined) {
    const narrative = explain(timeline, flags.explain, { lineCountMax: flags.limit })
    if (!narrative) throw new CliFailure(exitCodes.noSuch, `there is no step '${flags.explain}' in these black boxes`)
    process.stdout.write(flags.json ? `${JSON.stringify(narrative)}\n` : formatNarrative(narrative, paintOf(style)))
    return
  }
  const of = entriesOf(timeline, flags.actor)
  const entries = of.slice(-flags.limit)
  const leftOutCount = of.length - entries.length
  if (flags.json) {
    print(process, [JSON.stringify({ entries, leftOutCount, damages: timeline.damages })])
    return
  }
  if (leftOutCount > 0) process.stderr.write(`${leftOutCount} earlier steps left out: --limit shows more\n`)
  print(
    process,
    entries.map((entry) => formatEntry(entry, paintOf(style))),
  )
  for (const line of renderDamages(timeline.damages, style)) process.stderr.write(`${line}\n`)
}

function entriesOf({ entries }: Timeline, actor: string | undefined): Timeline['entries'] {
  if (actor === undefined) return entries
  const of = entries.filter((entry) => isActor(entry.actor, actor))
  if (of.length > 0) return of
  const known = [...new Set(entries.map((entry) => entry.actor))].sort().slice(0, 20)
  throw new CliFailure(exitCodes.noSuch, `there is no actor '${actor}'`, `there are ${known.join(', ')}`)
}

function print({ stdout }: Process, lines: readonly string[]): void {
  stdout.write(lines.map((line) => `${line}\n`).join(''))
}

interface Progress {
  readonly tell: (progress: ReadProgress) => void
  readonly end: () => void
}

/** Work that is over before this is not worth a word. */
const progressAfterMs = 500

/** One line that is written over, on a terminal and nowhere else. */
function progressOn(stderr: CliContext['process']['stderr']): Progress {
  const startMs = performance.now()
  let isShown = false
  return {
    tell({ segmentIndex, segmentCount }) {
      if (stderr.isTTY !== true || performance.now() - startMs < progressAfterMs) return
      isShown = true
      stderr.write(`\rreading segment ${segmentIndex} of ${segmentCount}`)
    },
    end() {
      if (isShown) stderr.write('\r\x1b[K')
      isShown = false
    },
  }
}
