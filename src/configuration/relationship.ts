/** Relationships, groups and releases in the file (SPEC R5, R12): what assignments, components and places have to do with each other. */
import { z } from 'zod'
import type { Member } from '../../machines/model/relationships.ts'
import {
  byName,
  count,
  duration,
  isName,
  list,
  mapping,
  nameExpected,
  nameText,
  releaseText,
  wishWeightMax,
} from './values.ts'

const dayMs = 86_400_000
const memberCountMax = 256
/** A member with this before its name is a component: all that it serves. */
export const componentPrefix = 'component:'

const memberExpected = `the name of an assignment, or ${componentPrefix}NAME`

/** As it is written; see `memberOf`. */
const member = z.string({ error: memberExpected }).refine((text) => isName(nameIn(text)), {
  error: `${memberExpected}: ${nameExpected}`,
})

export function memberOf(text: string): Member {
  return text.startsWith(componentPrefix) ? { component: nameIn(text) } : { assignment: text }
}

function nameIn(text: string): string {
  return text.startsWith(componentPrefix) ? text.slice(componentPrefix.length) : text
}

const strengthExpected = `required, or a whole number from 1 to ${wishWeightMax}`

const strength = z.unknown().transform((value, context) => {
  if (value === 'required') return value
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= wishWeightMax) return value
  context.addIssue({ code: 'custom', message: strengthExpected })
  return z.NEVER
})

function kind<T extends string>(name: T, description: string) {
  return z.literal(name).meta({ description, type: `\`${name}\`` })
}

const ofPlaces = (members: string) => ({
  members: list(member, { expected: `a list of members, each ${memberExpected}`, countMax: memberCountMax }).meta({
    description: members,
    type: 'list of names',
  }),
  level: nameText('node, or the name of a level of containment').default('node').meta({
    description: 'What counts as a place: `node`, or a level of the `containment` of the nodes, such as `shelf`.',
    type: 'name',
  }),
  strength: strength.default('required').meta({
    description:
      '`required`: what cannot stand so is not placed at all. A number: a wish of that weight; weights of one kind for one place add up.',
    type: 'required or whole number',
  }),
})

const dependency = mapping({
  kind: kind('dependency', 'One assignment needs another: the sponsor is served first, and the dependent stops first.'),
  dependent: nameText('the name of an assignment').meta({
    description: 'The assignment that needs the other.',
    type: 'name',
  }),
  sponsor: nameText('the name of an assignment').meta({
    description: 'The assignment that it needs.',
    type: 'name',
  }),
  atLeast: count({ min: 1, max: 64 }).default(1).meta({
    description: 'So many primaries of the sponsor must be ready before the dependent starts.',
    type: 'whole number',
  }),
  tolerance: duration({ minMs: 0, maxMs: dayMs }).default(0).meta({
    description:
      'The dependent outlives its sponsor for so long; then it is stopped until the sponsor is served again. Not with `mode: start`.',
    type: 'duration',
  }),
  mode: z.enum(['start', 'full', 'restart']).default('full').meta({
    description:
      '`start`: only the order of starting counts. `full`: also the order of stopping, and the tolerance. `restart`: moreover, a sponsor that was started anew restarts its dependent.',
    type: 'start, full or restart',
  }),
})

const together = mapping({
  kind: kind('together', 'Primaries of the members stand in one place (colocation).'),
  ...ofPlaces(`Two or more: names of assignments, or \`${componentPrefix}NAME\` for all that a component serves.`),
})

const apart = mapping({
  kind: kind('apart', 'No two of the members stand in one place, in whatever role (anti-affinity).'),
  ...ofPlaces('As of `together`. With one member: its own primaries and secondaries are kept apart.'),
})

const componentDependency = mapping({
  kind: kind(
    'component-dependency',
    'On each node the one component needs the other: it is used only where an instance of the sponsor runs in a role.',
  ),
  dependent: nameText('the name of a component').meta({
    description: 'The component that needs the other. It has no node that the sponsor has not.',
    type: 'name',
  }),
  sponsor: nameText('the name of a component').meta({ description: 'The component that it needs.', type: 'name' }),
})

const containment = mapping({
  kind: kind(
    'containment',
    'On each node the one component is part of the other: what ends the container ends what is in it, at once, with `container.ended`, which is not counted against it. It starts again after the container; a hot standby in step elsewhere takes over meanwhile.',
  ),
  container: nameText('the name of a component').meta({ description: 'The outer component.', type: 'name' }),
  contained: nameText('the name of a component').meta({
    description: 'The component in it. It has no node that the container has not.',
    type: 'name',
  }),
})

/** By kind. */
export const relationshipSchemas = {
  dependency,
  together,
  apart,
  'component-dependency': componentDependency,
  containment,
} as const

export const relationshipKinds = Object.keys(relationshipSchemas) as (keyof typeof relationshipSchemas)[]

export const relationshipSchema = z.discriminatedUnion(
  'kind',
  [dependency, together, apart, componentDependency, containment],
  { error: (issue) => (issue.code === 'invalid_union' ? `one of ${relationshipKinds.join(', ')}` : 'a mapping') },
)

export const groupSchema = list(nameText('the name of an assignment'), {
  expected: 'a list of assignments',
  countMax: memberCountMax,
})

export const releasesSchema = mapping({
  incompatible: z
    .array(z.array(releaseText(), { error: 'a pair of releases' }).length(2, { error: 'a pair of releases' }), {
      error: 'a list of pairs of releases',
    })
    .max(memberCountMax, { error: `a list of pairs of releases, at most ${memberCountMax}` })
    .default([])
    .meta({
      description:
        'Pairs of releases whose components cannot be primary and secondary of one assignment: `[[r1, r3]]`. Which release a node has is its `release`; an aware program can give its own.',
      type: 'list of pairs',
    }),
})

export const groupsSchema = byName(groupSchema, 'names to lists of assignments')
export const relationshipsSchema = byName(relationshipSchema, 'names to relationships')

export type RelationshipFile = z.output<typeof relationshipSchema>
export type GroupFile = z.output<typeof groupSchema>
export type ReleasesFile = z.output<typeof releasesSchema>
