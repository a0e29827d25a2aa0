/** The commands that change who does what (SPEC R8, R9), as a table of contents. What each does is loaded when it is run. */
import { buildCommand, buildRouteMap } from '@stricli/core'
import type { Target } from '../../machines/model/operation.ts'
import { parseTarget, targetForms } from '../plan/target.ts'
import type { CliContext } from './context.ts'
import {
  type MigrateFlags,
  migrateFlags,
  type OperationFlags,
  operationFlags,
  type SwitchoverFlags,
  switchoverFlags,
} from './operationFlags.ts'

const asText = (input: string): string => input

const onTarget = {
  flags: operationFlags,
  positional: {
    kind: 'tuple',
    parameters: [{ parse: parseTarget, brief: targetForms, placeholder: 'TARGET' }],
  },
} as const

const oneName = (placeholder: string, brief: string) =>
  ({ kind: 'tuple', parameters: [{ parse: asText, brief, placeholder }] }) as const

type TargetCommand = (this: CliContext, flags: OperationFlags, target: Target) => Promise<void>

function targetCommand(brief: string, load: () => Promise<TargetCommand>) {
  return buildCommand<OperationFlags, [Target], CliContext>({ loader: load, parameters: onTarget, docs: { brief } })
}

const commands = () => import('./commands/operations.ts')

export const operationRoutes = {
  switchover: buildCommand<SwitchoverFlags, [string], CliContext>({
    loader: async () => (await commands()).switchover,
    parameters: { flags: switchoverFlags, positional: oneName('ASSIGNMENT', 'The name of the assignment') },
    docs: { brief: 'Hand an assignment over to another component, in order' },
  }),
  migrate: buildCommand<MigrateFlags, [string], CliContext>({
    loader: async () => (await commands()).migrate,
    parameters: { flags: migrateFlags, positional: oneName('ASSIGNMENT', 'The name of the assignment') },
    docs: { brief: 'Move one of the primaries of an assignment from a node to another' },
  }),
  lock: targetCommand('Take it out of use until it is unlocked', async () => (await commands()).lock),
  unlock: targetCommand('Put what is locked, or failed too often, back to use', async () => (await commands()).unlock),
  shutdown: targetCommand('Hand over what it does, then lock it', async () => (await commands()).shutdown),
  restart: targetCommand(
    'Stop it and start it again; nobody stands in for it meanwhile',
    async () => (await commands()).restart,
  ),
  selftest: buildCommand<OperationFlags, [string], CliContext>({
    loader: async () => (await commands()).selftest,
    parameters: { flags: operationFlags, positional: oneName('COMPONENT', 'Its full name, node first: n1/ledger') },
    docs: { brief: 'Take a component offline, have it test itself, and bring it back' },
  }),
  maintenance: buildRouteMap<string, CliContext>({
    routes: {
      on: targetCommand('Touch nothing there until it is over', async () => (await commands()).maintenanceOn),
      off: targetCommand('Take care of it again', async () => (await commands()).maintenanceOff),
    },
    docs: { brief: 'Keep hands off a component, node, assignment, group or the cluster' },
  }),
}
