import { buildCommand } from '@stricli/core'
import type { Catalogue } from '../recorder/replay.ts'
import type { CliContext } from './context.ts'

export interface ReplayFlags {
  readonly verify: boolean
  readonly explain?: string
  readonly actor?: string
  readonly limit: number
  readonly json: boolean
}

const lineCountDefault = '200'

/**
 * `rolecall replay DIR...`: reads black boxes (SPEC P7). Exits 0; with `--verify` 1 unless everything was run again and
 * came out as recorded; 105 when there is no black box in a directory, no such step or no such actor; 64 for a wrong
 * command line. The machines are loaded only where they are run.
 */
export function makeReplayCommand(loadCatalogue: () => Promise<Catalogue>) {
  return buildCommand<ReplayFlags, string[], CliContext>({
    loader: async () => (await import('./commands/replay.ts')).replayWith(loadCatalogue),
    parameters: {
      flags: {
        verify: {
          kind: 'boolean',
          brief: 'Run every machine again and compare with what was recorded',
          default: false,
          withNegated: false,
        },
        explain: {
          kind: 'parsed',
          parse: asId,
          brief: 'Tell what led to a step and what it led to',
          placeholder: 'NODE:LIFE:STEP',
          optional: true,
        },
        actor: {
          kind: 'parsed',
          parse: (input) => input,
          brief: 'Only this actor, or those below it',
          placeholder: 'NAME',
          optional: true,
        },
        limit: {
          kind: 'parsed',
          parse: asCount,
          brief: 'So many lines at most, the last ones',
          placeholder: 'COUNT',
          default: lineCountDefault,
        },
        json: { kind: 'boolean', brief: 'Print JSON', default: false, withNegated: false },
      },
      positional: {
        kind: 'array',
        parameter: {
          parse: (input: string) => input,
          brief: "A directory with black boxes: one node's, or what holds several",
          placeholder: 'DIR',
        },
        minimum: 1,
      },
    },
    docs: {
      brief: 'Show, explain or verify what black boxes recorded',
      customUsage: ['DIR...', 'DIR... --verify', 'DIR... --explain NODE:LIFE:STEP'],
    },
  })
}

export const replayCommand = makeReplayCommand(async () => (await import('../../machines/index.ts')).catalogue)

function asId(input: string): string {
  if (!/^.+:\d+:\d+$/.test(input)) throw new Error('expected a step such as n1:3:42, as the timeline prints them')
  return input
}

function asCount(input: string): number {
  const count = Number(input)
  if (!/^\d{1,9}$/.test(input) || count < 1) throw new Error('expected a whole number from 1')
  return count
}
