/** The examples plan as the comments at their top say: what runs where at first, and what follows one event after the other. */
import { expect, test } from 'bun:test'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import {
  forecast,
  freshInput,
  type PlanDocument,
  placementOf,
  rehearse,
} from '../../machines/logic/placement/rehearse.ts'
import { loadConfiguration } from '../../src/configuration/load.ts'
import { applyAll } from '../../src/plan/whatIf.ts'
import { normalised, placementText, shortagesText, stepsText } from '../scenarios/format.ts'
import { parseEvent } from '../scenarios/run.ts'
import { root } from './support.ts'
import { expected } from './topologyPlans.ts'

const directory = join(root, 'examples/topologies')

test('every example has its expectation', () => {
  const names = readdirSync(directory).filter((name) => name.endsWith('.yaml'))
  expect(
    Object.keys(expected)
      .map((name) => `${name}.yaml`)
      .sort(),
  ).toEqual(names.sort())
})

for (const [name, stages] of Object.entries(expected))
  test(`${name} plans as its comment says`, () => {
    let now = freshInput(loadConfiguration(join(directory, `${name}.yaml`), { isSecretNeeded: false }))
    for (const { events, placement, steps, missing } of stages) {
      const after = applyAll(now, events.map(parseEvent))
      const plan: PlanDocument = forecast({ before: now, after, events })
      now = rehearse(after).after
      expect(placementOf(now).assignments).toEqual(plan.after.assignments)
      const told = `after ${events.join(', ') || 'the first start'}:\n`
      if (placement) expect(told + normalised(placementText(plan.after))).toBe(told + normalised(placement))
      if (steps) expect(told + normalised(stepsText(plan))).toBe(told + normalised(steps))
      if (missing) expect(told + shortagesText(plan)).toContain(missing)
      if (!missing) expect(told + shortagesText(plan)).toBe(told)
    }
  })
