/** The documents are what their schemas say, and docs/plan.md is what the schemas say. */
import { expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { forecast } from '../../machines/logic/placement/rehearse.ts'
import { planDocsFile, withTables } from '../../scripts/generatePlanDocs.ts'
import { type IsPlanDocument, planSchema } from '../../src/plan/planSchema.ts'
import { survey } from '../../src/plan/survey.ts'
import { surveySchema } from '../../src/plan/surveySchema.ts'
import { applyAll, describe as inWords, type WhatIf } from '../../src/plan/whatIf.ts'
import { settled } from './support.ts'

const happenings: WhatIf[][] = [
  [],
  [{ what: 'fail', target: { kind: 'node', node: 'n1' } }],
  [
    { what: 'fail', target: { kind: 'node', node: 'n1' } },
    { what: 'fail', target: { kind: 'node', node: 'n2' } },
  ],
  [{ what: 'switchover', assignment: 'ledger', to: 'n3' }],
  [{ what: 'lock', target: { kind: 'component', component: 'n2/web' } }],
]

test.each(happenings.map((events) => [events.map(inWords).join(', ') || 'nothing', events] as const))(
  'a plan, after %s',
  (_, events) => {
    const before = settled()
    const document = forecast({ before, after: applyAll(before, events), events: events.map(inWords) })
    const schema: IsPlanDocument = true
    expect(schema).toBe(true)
    expect(planSchema.parse(JSON.parse(JSON.stringify(document)))).toEqual(document as never)
  },
)

test('a survey', () => {
  const run = survey(settled())
  let next = run.next()
  while (!next.done) next = run.next()
  expect(surveySchema.parse(JSON.parse(JSON.stringify(next.value)))).toEqual(next.value as never)
})

test('docs/plan.md has the tables that the schemas give: npm run docs', () => {
  const written = readFileSync(planDocsFile, 'utf8')
  expect(withTables(written)).toBe(written)
})
