/** Every scenario file of this folder comes out as it says. */
import { describe, expect, test } from 'bun:test'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { normalised } from './format.ts'
import { configurationOf, parseEvent, planOf, readScenario, runScenario } from './run.ts'
import { concerns, happenings, models } from './schema.ts'

const folder = import.meta.dir
const files = readdirSync(folder)
  .filter((name) => name.endsWith('.yaml'))
  .sort()

test('every model meets every event, and everything else is there', () => {
  const covers = files.map((file): readonly string[] => readScenario(join(folder, file)).covers)
  const isCovered = (...words: string[]) => covers.some((each) => words.every((word) => each.includes(word)))
  const pairs = models.flatMap((model) => happenings.map((happening) => [model, happening]))
  expect(pairs.filter((pair) => !isCovered(...pair))).toEqual([])
  expect(concerns.filter((concern) => !isCovered(concern))).toEqual([])
})

for (const file of files) {
  test(file, () => {
    const scenario = readScenario(join(folder, file))
    const outcome = runScenario(scenario)
    const of = (blocks: Readonly<Record<string, string | undefined>>) =>
      Object.entries(scenario.expect)
        .map(([name]) => `${name}:\n${normalised(blocks[name] ?? '')}`)
        .join('\n\n')
    // As one text: the difference shows the lines around it, and which block they are in.
    expect(`${scenario.title}\n\n${of(outcome)}`).toBe(`${scenario.title}\n\n${of(scenario.expect)}`)
    expect(planOf(scenario).isSettled).toBe(true)
  })
}

describe('what is wrong with a file is said', () => {
  test.each([
    ['fail', 'an event and what it happens to'],
    ['fails node:n1', 'expected one of switchover, fail'],
    ['fail n1 n2', 'an event and what it happens to'],
    ['fail shelf:a', 'node:n1'],
  ])('%s', (event, text) => {
    expect(() => parseEvent(event)).toThrow(text)
  })

  test('a configuration that the schema refuses', () => {
    expect(() => configurationOf({ nodes: ['n1'], types: { a: { standbi: 'hot' } } })).toThrow(
      "did you mean 'standby'?",
    )
  })
})
