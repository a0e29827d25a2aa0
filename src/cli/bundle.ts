import { buildCommand } from '@stricli/core'
import type { CliContext } from './context.ts'
import { configFlag } from './flags.ts'

export interface BundleFlags {
  readonly config?: string
  readonly name?: string
  readonly output?: string
  readonly size: number
  readonly force: boolean
  readonly json: boolean
}

const text = (input: string): string => input
const mebibyte = 1024 ** 2

/**
 * `rolecall bundle [DIR...]`: one file with everything a supporter needs, without secrets. Exits 0; 1 when it cannot be written or is
 * there already; 78 when the configuration that was named cannot be read; 105 when a directory that was named has no black box.
 */
export const bundleCommand = buildCommand<BundleFlags, string[], CliContext>({
  loader: async () => (await import('./commands/bundle.ts')).bundle,
  parameters: {
    flags: {
      config: configFlag,
      name: {
        kind: 'parsed',
        parse: text,
        brief: 'Only this node of the file [all whose state is on this machine]',
        placeholder: 'NAME',
        optional: true,
      },
      output: {
        kind: 'parsed',
        parse: text,
        brief: 'Where to write it [rolecall-CLUSTER-TIME.tar.gz]',
        placeholder: 'FILE',
        optional: true,
      },
      size: {
        kind: 'parsed',
        parse: asBytes,
        brief: 'MiB of black boxes at most, the newest',
        placeholder: 'MIB',
        default: '128',
      },
      force: { kind: 'boolean', brief: 'Write over a file that is there', default: false, withNegated: false },
      json: { kind: 'boolean', brief: 'Print the manifest as JSON', default: false, withNegated: false },
    },
    aliases: { o: 'output' },
    positional: {
      kind: 'array',
      parameter: { parse: text, brief: 'Black boxes of other nodes, or copies of them', placeholder: 'DIR' },
    },
  },
  docs: {
    brief: 'Make one file of everything a supporter needs, without secrets',
    customUsage: ['[--config FILE] [-o FILE] [DIR...]'],
  },
})

function asBytes(input: string): number {
  const count = Number(input)
  if (!/^\d{1,6}$/.test(input) || count < 1) throw new Error('expected a number of MiB from 1')
  return count * mebibyte
}
