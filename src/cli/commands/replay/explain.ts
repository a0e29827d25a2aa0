/** `--incidents` and `--explain`. */
import { suggestionFor } from '../../../configuration/nearest.ts'
import { askedOf } from '../../../recorder/asked.ts'
import { type Explanation, explanationOf } from '../../../recorder/explanation.ts'
import { incidentsOf } from '../../../recorder/incidents.ts'
import { type Insight, insightsOf } from '../../../recorder/insights.ts'
import { courseOf } from '../../../recorder/milestones.ts'
import { type Narrative, narrateSteps, explain as narrativeOf } from '../../../recorder/narrative.ts'
import { formatNarrative } from '../../../recorder/text.ts'
import type { Timeline } from '../../../recorder/timeline.ts'
import { exitCodes } from '../../exitCodes.ts'
import { CliFailure } from '../../failure.ts'
import { renderExplanation, renderIncidents } from '../../render/explanation.ts'
import { paintOf } from '../../render/replay.ts'
import { print, readAll, styleOf, type Work } from './work.ts'

export async function incidents(work: Work): Promise<void> {
  const { process, flags } = work
  const all = incidentsOf(await readAll(work))
  const shown = all.slice(-flags.limit)
  if (flags.json) {
    print(process, [JSON.stringify({ incidents: shown, leftOutCount: all.length - shown.length })])
    return
  }
  if (shown.length < all.length)
    process.stderr.write(`${all.length - shown.length} earlier ones left out: --limit shows more\n`)
  if (all.length === 0) process.stderr.write('nothing went wrong, and nothing was ordered\n')
  print(process, renderIncidents(shown, styleOf(work)))
}

export async function explain(work: Work): Promise<void> {
  const { flags } = work
  const timeline = await readAll(work)
  const asked = askedOf(timeline, flags.explain!)
  if (asked.is === 'unknown') throw unknownOf(timeline, flags.explain!, asked.names)
  const lineCountMax = flags.limit
  if (asked.is === 'step') return showSteps(work, narrativeOf(timeline, asked.id, { lineCountMax })!)
  const { id } = asked.incident
  const explanation = explanationOf(timeline, id)!
  if (flags.full) showSteps(work, narrateSteps(timeline, explanation.records, { askedId: id, lineCountMax }))
  else await showStory(work, explanation)
}

function unknownOf(timeline: Timeline, word: string, names: readonly string[]): CliFailure {
  const isStep = /^.+:\d+:\d+$/.test(word)
  const last = incidentsOf(timeline)
    .slice(-3)
    .map(({ id }) => id)
  const suggestion =
    isStep && last.length > 0 ? `the last incidents are ${last.join(', ')}` : suggestionFor(word, names)
  const what = isStep
    ? `there is no step '${word}' in these black boxes`
    : `there is no incident of '${word}' in these black boxes`
  return new CliFailure(exitCodes.noSuch, what, suggestion)
}

function showSteps(work: Work, narrative: Narrative): void {
  const text = work.flags.json ? `${JSON.stringify(narrative)}\n` : formatNarrative(narrative, paintOf(styleOf(work)))
  work.process.stdout.write(text)
}

async function showStory(work: Work, explanation: Explanation): Promise<void> {
  const { process, flags, recordings } = work
  const ids = new Set(explanation.lines.map(({ recordId }) => recordId))
  const insights = insightsOf(recordings.boxes, await work.loadCatalogue(), ids)
  if (!flags.json) print(process, renderExplanation(explanation, { insights, style: styleOf(work) }))
  else print(process, [JSON.stringify(documentOf(explanation, insights))])
}

/** With the guards and reasons of each line, and what each part took. */
function documentOf({ id, incident, lines, records }: Explanation, insights: ReadonlyMap<string, Insight>) {
  const told = lines.map((line) => {
    const insight = insights.get(line.recordId)
    return { ...line, guards: insight?.guards ?? [], reasons: Object.fromEntries(insight?.reasons ?? []) }
  })
  return { id, incident, ...courseOf({ id, incident, lines, records }), lines: told }
}
