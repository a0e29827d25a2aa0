/** `nodes.<name>.fence`: how the others cut a node's power (SPEC E5). What its agent must do is in docs/fencing.md. */
import { z } from 'zod'
import { command, count, duration, mapping, text } from './values.ts'

const optionExpected = 'text on one line, of at most 4096 characters'
const optionNameExpected = "names of lower-case letters, digits, '_' and '-', without action"

/** Options are lines on the agent's standard input, so neither names nor values may end one. */
const options = z
  .record(
    z.string(),
    z
      .string({ error: optionExpected })
      .max(4096, { error: optionExpected })
      .regex(/^[^\r\n\0]*$/, { error: optionExpected }),
    { error: 'a mapping of names to text' },
  )
  .refine(
    (values) => Object.keys(values).every((name) => /^[a-z0-9][a-z0-9_-]{0,63}$/.test(name) && name !== 'action'),
    {
      error: `a mapping whose keys are ${optionNameExpected}`,
    },
  )

export const fenceSchema = mapping({
  agent: text('a path').optional().meta({
    description:
      'A program that takes its options as `key=value` lines, as those of Debian’s fence-agents do: `/usr/sbin/fence_ipmilan`.',
    type: 'path',
  }),
  command: command().optional().meta({
    description: 'A command instead; the action is added as its last argument. Exit code 0: the node is off.',
    type: 'list of text',
  }),
  options: options.default({}).meta({
    description: 'Options of the agent. Values are text: put numbers in quotes. Only with `agent`.',
    type: 'mapping to text',
  }),
  timeout: duration({ minMs: 100, maxMs: 600_000 }).default(20_000).meta({
    description: 'An attempt that takes longer has failed; what is left of it is killed.',
    type: 'duration',
  }),
  retries: count({ min: 0, max: 20 }).default(3).meta({
    description: 'So many attempts after the first. Between them 1 s, doubled each time.',
    type: 'whole number',
  }),
  delay: duration({ minMs: 0, maxMs: 60_000 }).optional().meta({
    description:
      'In a cluster of two: wait so long before this node is fenced. Default: 2s for the one of better rank, so that it wins when both shoot; else 0.',
    type: 'duration',
  }),
}).refine((fence) => (fence.agent === undefined) !== (fence.command === undefined), {
  error: 'a mapping with one of agent and command',
})

export type FenceFile = z.output<typeof fenceSchema>
