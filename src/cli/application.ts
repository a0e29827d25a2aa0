/** The commands, as a table of contents. What a command does is loaded when it is run, so that all of them start fast. */
import { type Application, buildApplication, buildCommand, buildRouteMap, help, text_en } from '@stricli/core'
import { bundleCommand } from './bundle.ts'
import { configRoutes } from './config.ts'
import { consoleCommand } from './console.ts'
import type { CliContext } from './context.ts'
import { demoCommand } from './demo.ts'
import { exitCodeOf, textOf } from './failure.ts'
import { fenceCommand } from './fence.ts'
import {
  type ArbiterFlags,
  arbiterFlags,
  type ConnectionFlags,
  connectionFlags,
  type NodeFlags,
  type NodeProcessFlags,
  nodeFlags,
  nodeProcessFlags,
  type ViewFlags,
  viewFlags,
} from './flags.ts'
import { logCommand } from './log.ts'
import { machinesCommand } from './machines.ts'
import { operationRoutes } from './operations.ts'
import { planCommand } from './plan.ts'
import { replayCommand } from './replay.ts'
import { simulateCommand } from './simulate.ts'

type ViewCommand = (this: CliContext, flags: ViewFlags) => Promise<void>

function viewCommand(brief: string, load: () => Promise<{ default: ViewCommand }>) {
  return buildCommand<ViewFlags, [], CliContext>({ loader: load, parameters: { flags: viewFlags }, docs: { brief } })
}

type NamedCommand = (this: CliContext, flags: ConnectionFlags, name: string) => Promise<void>

/** A command about one thing that has a name. */
function namedCommand(options: {
  brief: string
  placeholder: string
  what: string
  load: () => Promise<{ default: NamedCommand }>
}) {
  const { brief, placeholder, what, load } = options
  return buildCommand<ConnectionFlags, [string], CliContext>({
    loader: load,
    parameters: { flags: connectionFlags, positional: oneName({ placeholder, what }) },
    docs: { brief },
  })
}

function oneName({ placeholder, what }: { placeholder: string; what: string }) {
  return { kind: 'tuple', parameters: [{ parse: (input: string) => input, brief: what, placeholder }] } as const
}

const node = buildCommand<NodeFlags, [], CliContext>({
  loader: () => import('./commands/node.ts'),
  parameters: { flags: nodeFlags },
  docs: { brief: 'Run a node of a cluster in the foreground' },
})

const arbiter = buildCommand<ArbiterFlags, [], CliContext>({
  loader: () => import('./commands/arbiter.ts'),
  parameters: { flags: arbiterFlags },
  docs: { brief: 'Vote in clusters of two nodes, and do nothing else, in the foreground' },
})

const nodeProcess = buildCommand<NodeProcessFlags, [], CliContext>({
  loader: () => import('./commands/nodeProcess.ts'),
  parameters: { flags: nodeProcessFlags },
  docs: { brief: 'The inner process of a node' },
})

const ledger = buildCommand<Record<never, never>, [], CliContext>({
  loader: () => import('./commands/ledger.ts'),
  parameters: {},
  docs: { brief: 'The service of the demo, which shows how a program becomes HA-aware (examples/ledger)' },
})

const version = buildCommand<{ json: boolean }, [], CliContext>({
  loader: () => import('./commands/version.ts'),
  parameters: { flags: { json: connectionFlags.json } },
  docs: { brief: 'Show the version' },
})

const root = buildRouteMap<string, CliContext>({
  routes: {
    node,
    arbiter,
    'node-process': nodeProcess,
    status: viewCommand(
      'Show master, quorum, nodes, roles, problems, and what to type',
      () => import('./commands/status.ts'),
    ),
    members: viewCommand('Show the nodes', () => import('./commands/members.ts')),
    problems: viewCommand('Show only what is wrong', () => import('./commands/problems.ts')),
    where: namedCommand({
      brief: 'Print where the primary of an assignment is reached',
      placeholder: 'ASSIGNMENT',
      what: 'The name of the assignment',
      load: () => import('./commands/where.ts'),
    }),
    ...operationRoutes,
    qualify: namedCommand({
      brief: 'Let a node vote and be master',
      placeholder: 'NODE',
      what: 'The name of the node',
      load: async () => ({ default: (await import('./commands/qualify.ts')).qualify }),
    }),
    disqualify: namedCommand({
      brief: 'Let a node neither vote nor be master; it keeps its components',
      placeholder: 'NODE',
      what: 'The name of the node',
      load: async () => ({ default: (await import('./commands/qualify.ts')).disqualify }),
    }),
    config: configRoutes,
    plan: planCommand,
    fence: fenceCommand,
    log: logCommand,
    machines: machinesCommand,
    replay: replayCommand,
    console: consoleCommand,
    bundle: bundleCommand,
    simulate: simulateCommand,
    demo: demoCommand,
    ledger,
    version,
  },
  docs: {
    brief: 'Keeps services running across nodes',
    hideRoute: { 'node-process': true, ledger: true },
  },
})

export const application: Application<CliContext> = buildApplication(
  root,
  {
    name: 'rolecall',
    scanner: { caseStyle: 'allow-kebab-for-camel' },
    documentation: { disableAnsiColor: true },
    localization: { text: { ...text_en, exceptionWhileRunningCommand: textOf, commandErrorResult: textOf } },
    determineExitCode: exitCodeOf,
  },
  {
    help: help({
      brief: 'Show this help',
      defaultForRouteMap: true,
      formatting: { useAliasInUsageLine: false, onlyRequiredInUsageLine: true, caseStyle: 'convert-camel-to-kebab' },
    }),
  },
)
