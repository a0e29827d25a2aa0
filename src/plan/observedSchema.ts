/** The file that `rolecall plan --observed` reads and `--save-observed` writes: what a master knows, but for the configuration. */
import { z } from 'zod'
import { availability, byName, count, document, list, phase, place, role, text, token, yes } from './words.ts'

export const observedVersion = 1

const failure = document({
  code: text.meta({ description: 'Stable: `process.exited`, `start.timedOut`, …' }),
  detail: text.default('').meta({ description: 'For people.' }),
})

export const observedPlace = document({
  role: role.default('offline').meta({ description: 'What it is.' }),
  phase: phase
    .optional()
    .meta({ description: 'How far it is in its role. Left out: `stopped` where it is offline, else `ready`.' }),
  intended: role.optional().meta({
    description: 'What it should be, in files without `intents`. Left out: what it is; of one that is offline nothing.',
  }),
  token: token.optional().meta({
    description: 'Of the last command it took. Left out: `1.1`; `0.0` of one that is offline and did not fail.',
  }),
  incarnation: count
    .optional()
    .meta({ description: 'Lives of its process. Left out: 1; 0 of one that was never started.' }),
  failure: failure
    .nullable()
    .default(null)
    .meta({ description: 'Why it fell out of its role, and has not been told anything since.' }),
  isActive: yes.optional().meta({ description: 'It may be acting as primary. Left out: as its role has it.' }),
  endpoint: text.nullable().default(null).meta({ description: 'Where clients reach it.' }),
  announced: role.optional().meta({ description: 'Of a self-determining component: the role it says it has.' }),
  loadPercent: count.optional().meta({ description: 'What it says of its load.' }),
  release: text.optional().meta({ description: 'Its software release.' }),
})

const intendedRole = document({ role, token })

const intent = document({
  roles: byName(intendedRole, 'places').meta({
    description: 'By place: the role it should have, and the token of that decision.',
  }),
  sponsors: byName(token, 'assignments')
    .optional()
    .meta({ description: "Tokens of its sponsors' primaries that it was started for." }),
})

const command = document({ role, token, mayAct: yes })

const administrative = document({
  nodes: byName(z.enum(['standby', 'held', 'maintenance']), 'nodes').default({}),
  assignments: byName(z.enum(['locked', 'maintenance']), 'assignments').default({}),
  components: byName(z.enum(['maintenance']), 'components').default({}),
  isMaintained: yes.default(false),
})

export const observedSchema = document({
  version: z
    .literal(observedVersion, { error: `${observedVersion}` })
    .meta({ description: 'Of this form. Another version is refused.' }),
  nodes: byName(availability, 'nodes')
    .default({})
    .meta({ description: 'By node: what is known of its life. Left out: `alive`.' }),
  places: byName(observedPlace, 'places').default({}).meta({
    description:
      'By component (`n1/ledger`), or by place in one that serves several assignments (`n1/pool/web1`). Left out: stopped, and never started; on a node that is not up, or awaited: unknown.',
  }),
  intents: byName(intent, 'assignments')
    .optional()
    .meta({ description: 'By assignment: what was decided. Left out: what `places` say was intended.' }),
  commanded: byName(command, 'places').default({}).meta({ description: 'Commands that no status reflects yet.' }),
  locked: list(place, 'components').default([]).meta({ description: 'Components that an operator locked.' }),
  barred: list(place, 'components').default([]).meta({ description: 'Components that failed too often.' }),
  withheld: list(place, 'components')
    .default([])
    .meta({ description: 'Components that are to be offline for now, to be restarted or to test themselves.' }),
  awaited: list(text, 'nodes').default([]).meta({ description: 'Nodes that are up and have not said yet what is.' }),
  requests: byName(document({ to: place.nullable() }), 'assignments')
    .default({})
    .meta({ description: 'Switch-overs that were asked for: where to.' }),
  lapsed: list(text, 'assignments')
    .default([])
    .meta({ description: 'Dependents whose sponsors have been gone for longer than they tolerate.' }),
  administrative: administrative.default({ nodes: {}, assignments: {}, components: {}, isMaintained: false }).meta({
    description: 'What operators and recovery have set of nodes, assignments, components, and the whole cluster.',
  }),
})

export type ObservedFile = z.input<typeof observedSchema>
export type Observed = z.output<typeof observedSchema>
