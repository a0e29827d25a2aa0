/** What every way of `rolecall replay` is given, and how it speaks. */
import type { ReadProgress } from '../../../recorder/boxes.ts'
import type { Recordings } from '../../../recorder/openRecordings.ts'
import type { Catalogue } from '../../../recorder/replay.ts'
import { type Timeline, timelineOf } from '../../../recorder/timeline.ts'
import type { CliContext } from '../../context.ts'
import { createStyle, hasColour, type Style } from '../../render/style.ts'
import type { ReplayFlags } from '../../replay.ts'

export type Process = CliContext['process']

export interface Work {
  readonly process: Process
  readonly flags: ReplayFlags
  readonly paths: readonly string[]
  readonly recordings: Recordings
  readonly loadCatalogue: () => Promise<Catalogue>
  readonly progress: Progress
}

export function styleOf({ process }: Work): Style {
  return createStyle(hasColour(process.stdout, process.env))
}

/** Says on stderr what cannot be verified of it. */
export async function readAll({ recordings, progress, process, loadCatalogue }: Work): Promise<Timeline> {
  const timeline = timelineOf(recordings.boxes, { onProgress: progress.tell })
  progress.end()
  if (timeline.machines.length > 0) sayForeign(process, timeline, await loadCatalogue())
  return timeline
}

function sayForeign({ stderr }: Process, { machines }: Timeline, catalogue: Catalogue): void {
  const foreign = machines.filter(({ machine, version }) => catalogue[machine]?.version !== version)
  if (foreign.length === 0) return
  const words = foreign.map(({ machine, version, nodes }) => {
    const known = Object.hasOwn(catalogue, machine)
      ? `has version ${catalogue[machine]!.version}`
      : 'has no such machine'
    return `  ${machine} version ${version}, on ${nodes.join(', ')}: this program ${known}`
  })
  stderr.write(
    `recorded by another version of the machines, so shown as recorded and not verified:\n${words.join('\n')}\n`,
  )
}

export function print({ stdout }: Process, lines: readonly string[]): void {
  stdout.write(lines.map((line) => `${line}\n`).join(''))
}

export interface Progress {
  readonly tell: (progress: ReadProgress) => void
  readonly end: () => void
}

/** Work that is over before this is not worth a word. */
const progressAfterMs = 500

/** One line that is written over, on a terminal and nowhere else. */
export function progressOn(stderr: Process['stderr']): Progress {
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
