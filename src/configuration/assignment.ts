/** Assignments in the file (SPEC R3, R5, R6): what must be served, by which component, how often, where, and how important it is. */
import { z } from 'zod'
import type { AssignmentConfiguration, Redundancy, Standby, Wanted } from '../../machines/model/configuration.ts'
import { modelOf } from '../../machines/model/redundancy.ts'
import { byName, count, mapping, nameText, nodeCountMax, resources, wishWeightMax } from './values.ts'

/** `N+1` is `N+M` with another name, for those who say it so. */
export const redundancyNames = ['none', '2N', 'N+1', 'N+M', 'N-way', 'load-sharing'] as const

/** A number, for both, or both. */
function wanted(least: number) {
  const numbers = count({ min: least, max: nodeCountMax })
  const expected = `a whole number from ${least} to ${nodeCountMax}, or a mapping with required and preferred`
  const both = z.strictObject(
    {
      required: numbers.meta({
        description: 'Fewer is a loss of service, or of its protection.',
        type: 'whole number',
      }),
      preferred: numbers.meta({ description: 'As many as there is room for, up to this.', type: 'whole number' }),
    },
    { error: expected },
  )
  return z.preprocess(
    (value) => (numbers.safeParse(value).success ? { required: value, preferred: value } : value),
    both,
  )
}

const wishExpected = `required, forbidden, or a whole number from -${wishWeightMax} to ${wishWeightMax}`

/** One schema for words and numbers, so that what is expected is said in one sentence. */
const wish = z.unknown().transform((value, context) => {
  if (value === 'required' || value === 'forbidden') return value
  if (typeof value === 'number' && Number.isInteger(value) && Math.abs(value) <= wishWeightMax) return value
  context.addIssue({ code: 'custom', message: wishExpected })
  return z.NEVER
})

const flag = () => z.boolean({ error: 'true or false' }).optional()

export const assignmentSchema = mapping({
  component: nameText('the name of a component').meta({
    description:
      'One of `components`: its instances may serve the assignment. A component serves one assignment, or several where its type `serves` several.',
    type: 'name',
  }),
  redundancy: z.enum(redundancyNames).default('2N').meta({
    description:
      'The redundancy model: a name for how many primaries and secondaries there are, and how they are spread (see below). What is left of the instances are spares.',
    type: 'none, 2N, N+1, N+M, N-way or load-sharing',
  }),
  primaries: wanted(1).optional().meta({
    description: 'How many primaries it has: a number, or `{ required, preferred }`. Default: as the model has it.',
    type: 'whole number, or a mapping',
  }),
  secondaries: wanted(0).optional().meta({
    description: 'How many secondaries it has, likewise. Default: as the model has it.',
    type: 'whole number, or a mapping',
  }),
  priority: count({ min: -1000, max: 1000 }).optional().meta({
    description:
      'Higher is more important: it displaces what is less important when there is not room for both, and only then. Default: 0.',
    type: 'whole number',
  }),
  weights: resources().optional().meta({
    description:
      'What a primary of it takes of the capacity of its node, by the name of the resource: `{ memory: 3 }`. Default: nothing.',
    type: 'mapping to whole numbers',
  }),
  standbyWeights: resources().optional().meta({
    description:
      'What a secondary of it takes. Default: the same as a primary, or nothing where its type is `cold`, whose secondaries run no process.',
    type: 'mapping to whole numbers',
  }),
  wishes: byName(wish, `nodes to wishes`).optional().meta({
    description:
      'Where it would rather be, by node: a number is a wish of that weight, below zero rather not; `forbidden`: never there; `required`: on no other nodes than those that are required. Wishes for one place add up, also with those of relationships.',
    type: 'mapping to required, forbidden or whole numbers',
  }),
  distribution: z.enum(['ranked', 'equal']).optional().meta({
    description:
      "`ranked`: on the first of the component's nodes that can serve it. `equal`: spread evenly over the nodes. Default: as the model has it.",
    type: 'ranked or equal',
  }),
  failBack: flag().meta({
    description:
      'Whether it moves back, by itself, to where it would rather be as soon as it can (auto-adjust). Default: false: what is well stays.',
    type: 'true or false',
  }),
  reserve: flag().meta({
    description:
      'Whether room is kept for it on the other nodes, should the one fail whose loss hurts most. Default: false.',
    type: 'true or false',
  }),
  withoutQuorum: z.enum(['stop', 'demote', 'freeze', 'ignore']).optional().meta({
    description:
      'What becomes of it on a node that has lost the quorum. `stop`: its processes end. `demote`: its primary becomes a spare. `freeze`: it stays as it is, and what fails is not recovered. `ignore`: its own node goes on restarting it. The last two are for what is not `exclusive`. Default: stop if exclusive, else ignore.',
    type: 'stop, demote, freeze or ignore',
  }),
  activeTwice: z.enum(['stopExtra', 'stopAll']).optional().meta({
    description:
      'What is done about two that act where one should. `stopExtra`: the intended one goes on. `stopAll`: all of them stop, then one starts. Default: stopExtra.',
    type: 'stopExtra or stopAll',
  }),
})

export type AssignmentFile = z.output<typeof assignmentSchema>

export function redundancyOf({ redundancy }: Pick<AssignmentFile, 'redundancy'>): Redundancy {
  return redundancy === 'N+1' ? 'N+M' : redundancy
}

/** A secondary that runs no process takes nothing, unless the file says what. undefined: the file says nothing of either. */
export function weightsOf(
  { weights, standbyWeights }: Pick<AssignmentFile, 'weights' | 'standbyWeights'>,
  standby: Standby,
): AssignmentConfiguration['weights'] {
  if (!weights && !standbyWeights) return undefined
  return { primary: weights ?? {}, secondary: standbyWeights ?? (standby === 'cold' ? {} : (weights ?? {})) }
}

/** Its numbers, as the file gives them or as its model has them. */
export function numbersOf(assignment: Partial<AssignmentFile>): { primaries: Wanted; secondaries: Wanted } {
  const { redundancy = '2N', primaries, secondaries } = assignment
  const words: Pick<AssignmentConfiguration, 'redundancy' | 'primaries' | 'secondaries'> = {
    redundancy: redundancyOf({ redundancy }),
    ...(primaries && { primaries }),
    ...(secondaries && { secondaries }),
  }
  return modelOf({ component: assignment.component ?? '', ...words })
}
