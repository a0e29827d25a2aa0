/** What the loss of nodes would leave, for people: every node, and of the pairs those that lose what neither loses alone. */
import { pairNodeCountMax, type Survey, type SurveyCase, tellingPairs } from '../../plan/survey.ts'
import { seconds } from './plan.ts'
import type { Style } from './style.ts'
import { table } from './table.ts'

export function renderSurvey(survey: Survey, style: Style): string[] {
  const singles = survey.cases.filter(({ nodes }) => nodes.length === 1)
  const pairCount = survey.cases.length - singles.length
  const pairs = tellingPairs(survey)
  return [
    ...(survey.lostBefore.length > 0
      ? [`${style.bad('not served even now')}: ${survey.lostBefore.join(', ')}`, '']
      : []),
    ...rowsOf(singles, style),
    '',
    ...(survey.arePairsIncluded ? [] : [`no pairs: there are more than ${pairNodeCountMax} nodes`]),
    ...(survey.arePairsIncluded && pairs.length === 0
      ? [`none of the ${pairCount} pairs loses what neither of the two loses alone`]
      : []),
    ...(pairs.length === 0 ? [] : [`${pairs.length} of ${pairCount} pairs lose what neither of the two loses alone:`]),
    ...(pairs.length === 0 ? [] : rowsOf(pairs.slice(0, shownCountMax), style)),
    ...(pairs.length > shownCountMax ? [`… and ${pairs.length - shownCountMax} more: --json has them`] : []),
  ]
}

const shownCountMax = 60
const namesShownMax = 8

function rowsOf(cases: readonly SurveyCase[], style: Style): string[] {
  return table({
    header: ['LOST', 'QUORUM', 'NOT SERVED', 'LESS REDUNDANT', 'MOVES', 'AT MOST'],
    rows: cases.map(({ nodes, isQuorate, lost, degraded, moveCount, limitMs }) => [
      nodes.join(' + '),
      isQuorate ? 'yes' : style.bad('no'),
      lost.length === 0 ? style.good('-') : style.bad(listed(lost)),
      degraded.length === 0 ? '-' : style.warning(listed(degraded)),
      String(moveCount),
      seconds(limitMs),
    ]),
  })
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, namesShownMax).join(', ')
  return names.length > namesShownMax ? `${shown} and ${names.length - namesShownMax} more` : shown
}
