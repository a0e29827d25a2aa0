/** The document that `rolecall plan --survey --json` prints. */
import { z } from 'zod'
import { pairNodeCountMax, surveyVersion } from './survey.ts'
import { count, document, list, text, yes } from './words.ts'

export const surveySchema = document({
  version: z.literal(surveyVersion).meta({ description: 'Of this form.' }),
  cluster: text,
  lostBefore: list(text, 'assignments').meta({ description: 'Not served even before anything is lost.' }),
  cases: list(
    document({
      nodes: list(text, 'nodes').meta({ description: 'One or two nodes that fall silent at once.' }),
      isQuorate: yes.meta({ description: 'Whether those that are left can decide anything.' }),
      verdict: z.enum(['whole', 'degraded', 'lost']).meta({ description: 'As of a plan.' }),
      lost: list(text, 'assignments').meta({
        description: 'Without their required primaries in the end, though they had them before.',
      }),
      degraded: list(text, 'assignments').meta({
        description: 'Served, and not as configured, though they were before.',
      }),
      moveCount: count,
      limitMs: count.meta({ description: 'Until all is as it stays, at most.' }),
    }),
    'cases',
  ),
  arePairsIncluded: yes.meta({
    description: `False: there are more than ${pairNodeCountMax} nodes, and only single ones were looked at.`,
  }),
})
