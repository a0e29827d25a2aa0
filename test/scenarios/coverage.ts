/** Which happenings the files cover of each model, for their authors: `sh scripts/bun test/scenarios/coverage.ts`. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { table } from '../../src/cli/render/table.ts'
import { readScenario } from './run.ts'
import { concerns, happenings, models } from './schema.ts'

const scenarios = readdirSync(import.meta.dir)
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => readScenario(join(import.meta.dir, name)).covers)

type Word = (typeof scenarios)[number][number]

const countOf = (...words: Word[]): string =>
  String(scenarios.filter((covers) => words.every((word) => covers.includes(word))).length)

console.log(`${scenarios.length} files`)
const rows = models.map((model) => [model, ...happenings.map((happening) => countOf(model, happening))])
console.log(`\n${table({ header: ['', ...happenings], rows }).join('\n')}`)
console.log(`\n${table({ header: ['', 'files'], rows: concerns.map((each) => [each, countOf(each)]) }).join('\n')}`)
