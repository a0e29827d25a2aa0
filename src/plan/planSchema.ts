/** The document that `rolecall plan --json` prints, and that dry runs answer with: `forecast`'s, as a schema. */
import { z } from 'zod'
import { type PlanDocument, planVersion } from '../../machines/logic/placement/rehearse.ts'
import { availability, count, document, list, phase, place, role, text, token, yes } from './words.ts'

const placement = document({
  nodes: list(
    document({
      name: text,
      availability,
      state: z
        .enum(['standby', 'held', 'maintenance'])
        .nullable()
        .meta({ description: 'What an operator or recovery has set; null: nothing.' }),
    }),
    'nodes',
  ),
  assignments: list(
    document({
      name: text,
      health: z.enum(['served', 'degraded', 'unserved', 'gone']).meta({
        description:
          '`served`: has what it requires; `degraded`: has its primaries, not its secondaries; `unserved`: fewer primaries than it requires; `gone`: no longer configured.',
      }),
      places: list(
        document({
          place,
          node: text,
          role: z.union([role, z.literal('unknown')]).meta({ description: 'What it is.' }),
          phase: z.union([phase, z.literal('unknown')]).meta({ description: 'How far it is in its role.' }),
          intendedRole: role.meta({ description: 'What it should be.' }),
        }),
        'places',
      ).meta({ description: 'Those that have a role, or should have one.' }),
    }),
    'assignments',
  ),
})

const quorum = document({
  isQuorate: yes,
  voterCount: count,
  aliveVoterCount: count,
  neededCount: count,
  note: text.nullable().meta({ description: 'Why it holds though the majority is gone; else null.' }),
})

const step = document({
  number: count.meta({ description: 'From 1, in the order in which they are carried out.' }),
  turn: count.meta({ description: 'From 1. The steps of one turn are carried out at the same time.' }),
  assignment: text,
  place,
  node: text,
  from: role,
  to: role,
  token: token.meta({ description: '`epoch.index` of the decision: later ones are higher.' }),
  waitedFor: text.nullable().meta({ description: 'What had to happen first; null: nothing.' }),
  reason: text,
  limitMs: count.meta({ description: 'It takes this long at most.' }),
})

const shortage = document({
  assignment: text,
  primaries: count.meta({ description: 'Required and missing: more than 0 is a loss of service.' }),
  secondaries: count.meta({ description: 'Required and missing.' }),
  preferredPrimaries: count.meta({ description: 'Preferred beyond what is required, and missing.' }),
  preferredSecondaries: count.meta({ description: 'Preferred beyond what is required, and missing.' }),
  reason: text.nullable(),
})

export const planSchema = document({
  version: z.literal(planVersion).meta({ description: 'Of this form.' }),
  cluster: text,
  events: list(text, 'text').meta({
    description: 'What was asked about, in words. Empty: what is to be done as things are.',
  }),
  verdict: z.enum(['whole', 'degraded', 'lost']).meta({
    description:
      '`whole`: as configured; `degraded`: served, with less redundancy or fewer primaries than preferred; `lost`: something required is not served.',
  }),
  quorum: quorum.meta({ description: 'Of the nodes that are left. Without it nothing is decided.' }),
  before: placement.meta({ description: 'Who has which role before, with what is under way come to its end.' }),
  after: placement.meta({ description: 'Who has which role in the end.' }),
  steps: list(step, 'steps'),
  passages: list(document({ beforeStep: count, atMs: count, text }), 'passages').meta({
    description:
      'What happens by itself, because time passes: before which step, and how long after the beginning at most.',
  }),
  waits: list(text, 'text').meta({ description: 'What still waits at the end, and would wait for ever.' }),
  shortages: list(shortage, 'shortages').meta({
    description: 'Assignments that are not as configured in the end, and why.',
  }),
  explanations: list(
    document({
      assignment: text,
      place,
      role: role.meta({ description: 'What it is meant to be in the end.' }),
      text: text.meta({ description: 'Why it has this role, or why it has none.' }),
    }),
    'explanations',
  ).meta({
    description:
      'Why here, and why not there: of the assignments that have steps or shortages, the first 1000 of them.',
  }),
  lost: list(text, 'assignments').meta({ description: 'Assignments without their required primaries in the end.' }),
  interruptions: list(document({ assignment: text, limitMs: count }), 'interruptions').meta({
    description: 'Assignments that are without their required primaries meanwhile, and for how long at most.',
  }),
  moveCount: count.meta({
    description: 'Decisions that make a primary or a secondary of what was not meant to be one.',
  }),
  limitMs: count.meta({ description: 'All of it takes this long at most.' }),
  isSettled: yes.meta({ description: 'False: the bound was met, and the rest is what had happened until then.' }),
})

/** Whether the schema is that of the machine's words: the types are compared both ways. */
type Exact<A, B> = [A, B] extends [B, A] ? true : false
export type IsPlanDocument = Exact<Mutable<PlanDocument>, z.output<typeof planSchema>>

type Mutable<T> = T extends `${string}/${string}`
  ? T
  : T extends readonly (infer Item)[]
    ? Mutable<Item>[]
    : T extends object
      ? { -readonly [Key in keyof T]: Mutable<T[Key]> }
      : T
