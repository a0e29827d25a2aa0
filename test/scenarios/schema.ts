/** A scenario file: what is configured, what is, what happens, and what is expected to come of it. README.md has it for authors. */
import { z } from 'zod'
import { list, text } from '../../src/plan/words.ts'

export const models = ['none', '2N', 'N+1', 'N+M', 'N-way', 'load-sharing', 'ranked spares'] as const

export const happenings = [
  'first start',
  'component failure',
  'node failure',
  'two failures at once',
  'spare joins',
  'node returns',
  'admin lock',
  'switch-over',
] as const

export const concerns = [
  'dependencies',
  'groups',
  'together',
  'apart',
  'conflict',
  'component dependency',
  'containment',
  'proxy',
  'self-determining',
  'capacity',
  'priorities',
  'reserve',
  'wishes',
  'fail-back',
  'releases',
  'warm',
  'cold',
  'failed stop',
  'failed promote',
  'pending fence',
  'maintenance',
  'restart',
  'active twice',
  'load',
  'quorum loss',
  'configuration',
] as const

const covered = [...models, ...happenings, ...concerns]

const block = z.string({ error: 'a block of text' })
const part = z.record(z.string(), z.unknown(), { error: 'a mapping' })

export const scenarioSchema = z.strictObject(
  {
    title: text.meta({ description: 'What happens, and to what, in one line.' }),
    covers: list(z.enum(covered), 'words').meta({
      description: 'Model, event and what else it is about: `2N`, `node failure`.',
    }),
    why: text.optional().meta({ description: 'Why it is right that this comes of it.' }),
    configuration: part.meta({
      description: 'As in the configuration file, without what does not matter to placement.',
    }),
    begin: z.enum(['settled', 'fresh']).default('settled').meta({
      description: '`settled`: everything is started and has come to rest; `fresh`: nothing was started yet.',
    }),
    history: list(text, 'events')
      .default([])
      .meta({ description: 'Events that came before, each carried out to its end.' }),
    observed: part
      .optional()
      .meta({ description: 'What is different then, in the words of docs/plan.md. null: it is not known.' }),
    change: part
      .optional()
      .meta({ description: 'Sections of the configuration, with the names that are new or different; null deletes.' }),
    events: list(text, 'events').default([]).meta({ description: 'What happens, all of it at once.' }),
    expect: z
      .strictObject(
        {
          before: block.optional().meta({ description: 'Who has which role before. Left out: not looked at.' }),
          placement: block.meta({ description: 'Who has which role in the end.' }),
          steps: block.meta({ description: 'How it gets there: turn, place, roles.' }),
          missing: block.default('').meta({ description: 'What is not as configured in the end, and why.' }),
          waits: block.default('').meta({ description: 'What would wait for ever.' }),
        },
        { error: 'a mapping' },
      )
      .meta({ description: 'Compared line by line; how many blanks there are does not matter.' }),
  },
  { error: 'a mapping' },
)

export type Scenario = z.output<typeof scenarioSchema>
