/** `--diff A B`: where two runs went different ways. */
import { describeMessage, printable } from '../../../recorder/describe.ts'
import { type ActorDifference, compareRuns, type RunDifference } from '../../../recorder/diff.ts'
import { isActor } from '../../../recorder/narrative.ts'
import { openRecordings } from '../../../recorder/openRecordings.ts'
import type { Timeline, TimelineEntry } from '../../../recorder/timeline.ts'
import { exitCodes } from '../../exitCodes.ts'
import { CliFailure } from '../../failure.ts'
import type { Style } from '../../render/style.ts'
import { table } from '../../render/table.ts'
import { print, readAll, styleOf, type Work } from './work.ts'

export async function diff(work: Omit<Work, 'recordings'>): Promise<void> {
  const { process, flags, paths } = work
  const [a, b] = [await timelineAt(work, paths[0]!), await timelineAt(work, paths[1]!)]
  const result = ofActor(compareRuns(a, b), flags.actor)
  print(process, flags.json ? [JSON.stringify(result)] : renderDiff(result, styleOf(work as Work)))
  if (!result.isSame) process.exitCode = exitCodes.failed
}

async function timelineAt(work: Omit<Work, 'recordings'>, path: string): Promise<Timeline> {
  const recordings = await openRecordings([path])
  try {
    return await readAll({ ...work, recordings })
  } finally {
    recordings.close()
  }
}

function ofActor(result: RunDifference, name: string | undefined): RunDifference {
  if (name === undefined) return result
  const actors = result.actors.filter(({ node, actor }) => isActor(actor, name) || isActor(`${node}:${actor}`, name))
  if (actors.length === 0) throw new CliFailure(exitCodes.noSuch, `there is no actor '${name}' in either`)
  const first = actors.includes(result.first!) ? result.first : (actors.find(({ divergence }) => divergence) ?? null)
  return { isSame: first === null, first, actors }
}

function renderDiff({ isSame, first, actors }: RunDifference, style: Style): string[] {
  const rows = actors.map((one) => [
    printable(one.node),
    printable(one.actor),
    String(one.aCount),
    String(one.bCount),
    String(one.alikeCount),
    one.divergence === null ? 'the same' : `after ${one.divergence.afterCount}`,
    one.timing === null ? '' : `${signed(one.timing.medianMs)}, ${signed(one.timing.maxMs)} at most`,
  ])
  const overview = table({ header: ['NODE', 'ACTOR', 'A', 'B', 'ALIKE', 'DIFFERS', 'TIMING OF B'], rows })
  if (isSame) return [style.good('the same: every actor took the same steps in the same order'), '', ...overview]
  const others = actors.filter((one) => one.divergence !== null && one !== first).slice(0, otherCountMax)
  return [...tell(first!, style), '', ...others.flatMap((one) => [...tell(one, style), '']), ...overview]
}

/** Told in full; of the rest the table has a line each. */
const otherCountMax = 8

function tell({ node, actor, divergence }: ActorDifference, style: Style): string[] {
  const { afterCount, a, b, aCause, bCause } = divergence!
  const same = afterCount === 0 ? 'differs from the beginning' : `the same for ${afterCount} steps`
  return [
    `${style.bold(printable(`${node}:${actor}`))}  ${same}; then`,
    `  A  ${sideOf(a, aCause)}`,
    `  B  ${sideOf(b, bCause)}`,
  ]
}

function sideOf(entry: TimelineEntry | null, cause: string | null): string {
  if (entry === null) return 'does no more'
  const { id, event, fromState, state, effects } = entry
  const change = fromState === state || fromState === null ? `in ${state}` : `${fromState} → ${state}`
  const does = effects.length === 0 ? '' : `, does ${effects.map(({ type }) => type).join(', ')}`
  const why = cause === null ? '' : `, caused by ${cause}`
  return printable(`${id}  ${describeMessage(event)}  ${change}${does}${why}`)
}

function signed(ms: number): string {
  return `${ms < 0 ? '−' : '+'}${Math.abs(ms).toFixed(1)} ms`
}
