/** `rolecall plan`: its flags. What it does is loaded when it is run. */
import { buildCommand } from '@stricli/core'
import type { Target } from '../../machines/model/operation.ts'
import type { DocumentName } from '../plan/documents.ts'
import { type AskedSwitchover, parseSwitchover, parseTarget } from '../plan/target.ts'
import type { CliContext } from './context.ts'
import { type ConnectionFlags, connectionFlags } from './flags.ts'

/** Events by the flag that asks for them; all of them happen at once. */
export const eventFlags = [
  'return',
  'unlock',
  'resume',
  'fail',
  'end',
  'lock',
  'standby',
  'hold',
  'maintain',
  'restart',
] as const

type EventFlags = { readonly [Flag in (typeof eventFlags)[number]]?: readonly Target[] }

export interface PlanFlags extends ConnectionFlags, EventFlags {
  readonly running: boolean
  readonly observed?: string
  readonly saveObserved?: string
  readonly add?: readonly string[]
  readonly switchover?: readonly AskedSwitchover[]
  readonly survey: boolean
  readonly dot: boolean
  readonly why: boolean
  readonly schema?: DocumentName
}

const event = (brief: string) =>
  ({ kind: 'parsed', parse: parseTarget, brief, placeholder: 'TARGET', variadic: true, optional: true }) as const

const documentNames = ['observed', 'plan', 'survey'] as const satisfies readonly DocumentName[]

const asText = (input: string): string => input

function asDocumentName(input: string): DocumentName {
  const name = documentNames.find((each) => each === input)
  if (name === undefined) throw new Error(`expected one of ${documentNames.join(', ')}`)
  return name
}

const yes = (brief: string) => ({ kind: 'boolean', brief, default: false, withNegated: false }) as const
const file = (brief: string) => ({ kind: 'parsed', parse: asText, brief, placeholder: 'FILE', optional: true }) as const

export const planCommand = buildCommand<PlanFlags, [], CliContext>({
  loader: () => import('./commands/plan.ts'),
  parameters: {
    flags: {
      ...connectionFlags,
      running: yes('Begin with what the running cluster is (so does --name and --socket), not with the file'),
      observed: file('Begin with what this file says is'),
      saveObserved: file('Write what it begins with to this file'),
      add: {
        kind: 'parsed',
        parse: asText,
        brief: 'Change the configuration first: KEY=VALUE, or a file of them; null deletes',
        placeholder: 'KEY=VALUE|FILE',
        variadic: true,
        optional: true,
      },
      fail: event('What if a node falls silent (node:n1), or a component fails (n1/ledger)'),
      end: event('What if a node is known to have ended: node:n1'),
      return: event('What if a node comes back: node:n1'),
      lock: event('What if it is locked: n1/ledger, node:n1, assignment:ledger, group:web, cluster'),
      unlock: event('What if it is unlocked'),
      standby: event('What if a node hosts nothing: node:n1'),
      hold: event('What if a node is given nothing more: node:n1'),
      maintain: event('What if it is in maintenance'),
      resume: event('What if it is no longer in maintenance'),
      restart: event('What if it is restarted'),
      switchover: {
        kind: 'parsed',
        parse: parseSwitchover,
        brief: 'What if an assignment is switched over',
        placeholder: 'ASSIGNMENT[=NODE]',
        variadic: true,
        optional: true,
      },
      survey: yes('Lose each node, and each pair, and list what would not be served'),
      dot: yes('Print a digraph in DOT'),
      schema: {
        kind: 'parsed',
        parse: asDocumentName,
        brief: `Print the JSON Schema of a document, and nothing else: ${documentNames.join(', ')}`,
        placeholder: 'DOCUMENT',
        optional: true,
      },
      why: yes('Say of each place why it has its role, and why the others have not'),
    },
  },
  docs: { brief: 'Show what would happen, and do nothing' },
})
