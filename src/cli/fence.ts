/** `rolecall fence …`: what an operator does about a node that is to be cut off. */
import { buildCommand, buildRouteMap } from '@stricli/core'
import type { FenceCheckFlags } from './commands/fenceCheck.ts'
import type { FenceFlags } from './commands/fenceRun.ts'
import type { CliContext } from './context.ts'
import { configFlag, connectionFlags } from './flags.ts'

const nodeName = {
  kind: 'tuple',
  parameters: [{ parse: (input: string) => input, brief: 'The name of the node', placeholder: 'NODE' }],
} as const

const yes = {
  kind: 'boolean',
  brief: 'Do it: without this nothing is done',
  default: false,
  withNegated: false,
} as const

const check = buildCommand<FenceCheckFlags, [string], CliContext>({
  loader: () => import('./commands/fenceCheck.ts'),
  parameters: { flags: { config: configFlag, json: connectionFlags.json }, positional: nodeName },
  docs: { brief: "Check a node's fence agent and its options on this machine, without fencing it" },
})

const run = buildCommand<FenceFlags, [string], CliContext>({
  loader: () => import('./commands/fenceRun.ts'),
  parameters: { flags: { ...connectionFlags, yes }, positional: nodeName },
  docs: { brief: 'Have a node cut off by its fence agent' },
})

const confirm = buildCommand<FenceFlags, [string], CliContext>({
  loader: () => import('./commands/fenceConfirm.ts'),
  parameters: { flags: { ...connectionFlags, yes }, positional: nodeName },
  docs: { brief: 'Say that a silent node is off, as you have seen yourself' },
})

export const fenceCommand = buildRouteMap<string, CliContext>({
  routes: { check, run, confirm },
  docs: { brief: 'Cut off a node that does not answer' },
})
