/** `--until`: what every machine was in at a moment, or all of one. */
import { momentOf } from '../../../recorder/asked.ts'
import { printable } from '../../../recorder/describe.ts'
import { isActor } from '../../../recorder/narrative.ts'
import { type ActorState, statesUntil } from '../../../recorder/rerun.ts'
import { wallTime } from '../../../recorder/text.ts'
import { exitCodes } from '../../exitCodes.ts'
import { CliFailure } from '../../failure.ts'
import type { Style } from '../../render/style.ts'
import { table } from '../../render/table.ts'
import { print, readAll, styleOf, type Work } from './work.ts'

export async function until(work: Work): Promise<void> {
  const { process, flags, recordings } = work
  const timeline = await readAll(work)
  const time = momentOf(timeline, flags.until!)
  if (time === null) {
    const expected = 'expected a step such as n1:3:42, or a time such as 12:34:56.789 or 2026-01-31T12:34:56Z'
    throw new CliFailure(exitCodes.noSuch, `there is no step '${flags.until}' in these black boxes`, expected)
  }
  const states = statesUntil(recordings.boxes, await work.loadCatalogue(), { time })
  if (states.length === 0)
    throw new CliFailure(exitCodes.noSuch, `nothing is recorded of the time before ${wallTime(time.us)}`)
  const shown = flags.actor === undefined ? states : states.filter((state) => isOf(state, flags.actor!))
  if (shown.length === 0) {
    const known = [...new Set(states.map(({ actor }) => actor))].sort().slice(0, 20)
    throw new CliFailure(
      exitCodes.noSuch,
      `there is no actor '${flags.actor}' at that time`,
      `there are ${known.join(', ')}`,
    )
  }
  const style = styleOf(work)
  if (flags.json) print(process, [JSON.stringify({ atUs: time.us, actors: shown })])
  else if (flags.actor === undefined) print(process, renderStates(shown, time.us, style))
  else
    print(
      process,
      shown.flatMap((state) => renderSnapshot(state, style)),
    )
}

function isOf({ node, actor }: ActorState, name: string): boolean {
  return isActor(actor, name) || isActor(`${node}:${actor}`, name)
}

function renderStates(states: readonly ActorState[], atUs: number, style: Style): string[] {
  const rows = states.map(({ node, incarnation, actor, state, sinceUs, recordId, isExact }) => [
    printable(node),
    String(incarnation),
    printable(actor),
    printable(state),
    wallTime(sinceUs),
    printable(recordId),
    isExact ? '' : 'as recorded',
  ])
  const lines = table({ header: ['NODE', 'LIFE', 'ACTOR', 'STATE', 'SINCE', 'LAST STEP', ''], rows })
  return [style.dim(`at ${wallTime(atUs)}`), ...lines]
}

/** The whole of a machine. */
function renderSnapshot(
  { node, incarnation, actor, machine, version, state, sinceUs, recordId, snapshot, isExact }: ActorState,
  style: Style,
): string[] {
  const how = isExact ? 'run again, exact' : 'as recorded: its context is that of the snapshot nearest before'
  const what = machine === null ? 'of an unknown machine' : `${machine} version ${version}`
  const json = (value: unknown) => printableLines(JSON.stringify(value, null, 2))
  return [
    style.bold(printable(`${node}:${actor}`)) +
      style.dim(printable(`  ${what}, life ${incarnation}, after ${recordId}; ${how}`)),
    `state  ${printable(state)}  since ${wallTime(sinceUs)}`,
    ...(snapshot
      ? ['value', ...json(snapshot.value), 'context', ...json(snapshot.context)]
      : ['its context is not known']),
    '',
  ]
}

function printableLines(text: string): string[] {
  return text.split('\n').map((line) => `  ${printable(line)}`)
}
