/** `rolecall machines`: its flags. What it does is loaded when it is run. */
import { buildCommand } from '@stricli/core'
import type { CliContext } from './context.ts'

const machineFormats = ['text', 'svg', 'mermaid', 'json'] as const

export interface MachinesFlags {
  readonly format?: (typeof machineFormats)[number]
  readonly state?: string
  readonly output?: string
  readonly json: boolean
}

const asText = (input: string): string => input

/**
 * `rolecall machines [NAME]`: the statecharts of what decides. Asks no node. Exits 0; 105 when there is no such machine or state;
 * 64 for flags that do not go together; 1 when the file cannot be written.
 */
export const machinesCommand = buildCommand<MachinesFlags, [string?], CliContext>({
  loader: () => import('./commands/machines.ts'),
  parameters: {
    flags: {
      format: {
        kind: 'enum',
        values: machineFormats,
        brief: 'What to print of the machine (default: text)',
        optional: true,
      },
      state: {
        kind: 'parsed',
        parse: asText,
        brief: 'Light this state, such as primary.ready; of text and svg',
        placeholder: 'STATE',
        optional: true,
      },
      output: {
        kind: 'parsed',
        parse: asText,
        brief: 'Write to this file instead',
        placeholder: 'FILE',
        optional: true,
      },
      json: { kind: 'boolean', brief: 'Print JSON: --format json', default: false, withNegated: false },
    },
    positional: {
      kind: 'tuple',
      parameters: [
        {
          parse: asText,
          brief: 'The name of the machine; without, all are listed',
          placeholder: 'NAME',
          optional: true,
        },
      ],
    },
  },
  docs: {
    brief: 'Show the state machines that decide, as text or as statecharts',
    customUsage: ['', 'NAME', 'NAME --format svg --output FILE', 'NAME --state STATE'],
  },
})
