/** `rolecall console`: its flags. What it does is loaded when it is run. */
import { buildCommand } from '@stricli/core'
import { parseAddress } from '../configuration/values.ts'
import type { CliContext } from './context.ts'
import { configFlag, connectionFlags } from './flags.ts'

export interface ConsoleFlags {
  readonly config?: string
  readonly name?: string
  readonly listen: { readonly host: string; readonly port: number }
  readonly open: boolean
  readonly json: boolean
}

const listenDefault = '127.0.0.1:0'

/**
 * With files: serves what they recorded until it is interrupted; no cluster is needed. Without: prints where the console of this
 * machine's node is. Exits 0; 105 when nothing recorded is there, or no node has that name; 65 when a later release has recorded it; 69
 * when the address is taken, or no console answers; 78 when the configuration is wrong, or has no console; 64 for a wrong command line.
 */
export const consoleCommand = buildCommand<ConsoleFlags, string[], CliContext>({
  loader: () => import('./commands/console.ts'),
  parameters: {
    flags: {
      config: configFlag,
      name: connectionFlags.name,
      listen: {
        kind: 'parsed',
        parse: asListen,
        brief: 'Where to serve what was recorded; port 0: any that is free',
        placeholder: 'ADDRESS:PORT',
        default: listenDefault,
      },
      open: { kind: 'boolean', brief: 'Open it in a browser', default: false, withNegated: false },
      json: { kind: 'boolean', brief: 'Print JSON', default: false, withNegated: false },
    },
    positional: {
      kind: 'array',
      parameter: {
        parse: (input: string) => input,
        brief: 'What was recorded: directories with black boxes, segments (.rcbb), bundles',
        placeholder: 'FILE|DIR',
      },
    },
  },
  docs: {
    brief: 'Serve the console on recordings, or print the address of the console of a node',
    customUsage: ['', 'FILE|DIR... [--listen ADDRESS:PORT] [--open]'],
  },
})

function asListen(input: string): { host: string; port: number } {
  if (/^(\[::1\]|127\.0\.0\.1|localhost):0$/.test(input))
    return { host: input.slice(0, -2).replace(/[[\]]/g, ''), port: 0 }
  const address = parseAddress(input)
  if (address === null) throw new Error('expected an address and a port such as 127.0.0.1:7180')
  return address
}
