import { buildCommand } from '@stricli/core'
import type { Catalogue } from '../recorder/replay.ts'
import type { CliContext } from './context.ts'

const exportFormats = ['perfetto', 'chrome', 'otlp', 'jsonl'] as const

export interface ReplayFlags {
  readonly verify: boolean
  readonly incidents: boolean
  readonly explain?: string
  readonly full: boolean
  readonly until?: string
  readonly diff: boolean
  readonly export?: (typeof exportFormats)[number]
  readonly output?: string
  readonly actor?: string
  readonly limit: number
  readonly json: boolean
}

const lineCountDefault = '200'

/**
 * `rolecall replay PATH...`: reads black boxes (SPEC P7). Exits 0; with `--verify` 1 unless everything was run again and came out as
 * recorded; with `--diff` 1 where the two differ; 65 for a recording of a later format; 69 when a collector does not take what is
 * exported; 105 when there is no black box, no such step, incident, assignment, actor or moment; 64 for a wrong command line. The
 * machines are loaded only where they are run.
 */
export function makeReplayCommand(loadCatalogue: () => Promise<Catalogue>) {
  const parse = (input: string) => input
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
        incidents: {
          kind: 'boolean',
          brief: 'List what went wrong, and what was ordered',
          default: false,
          withNegated: false,
        },
        explain: {
          kind: 'parsed',
          parse,
          brief:
            'Tell why: of an incident, the last one of an assignment, component or node, that of a moment, or a step',
          placeholder: 'INCIDENT|NAME|TIME|STEP',
          optional: true,
        },
        full: { kind: 'boolean', brief: 'With --explain: every step, as recorded', default: false, withNegated: false },
        until: {
          kind: 'parsed',
          parse,
          brief: 'Stop there, and print what every machine was in; with --actor all of one',
          placeholder: 'TIME|STEP',
          optional: true,
        },
        diff: { kind: 'boolean', brief: 'Compare two runs: give two paths', default: false, withNegated: false },
        export: {
          kind: 'enum',
          values: exportFormats,
          brief: 'Write a trace for Perfetto or Chrome, OpenTelemetry spans, or the steps as lines of JSON',
          optional: true,
        },
        output: {
          kind: 'parsed',
          parse,
          brief:
            'With --export: a file, or the address of an OTLP/HTTP collector (http://…/v1/traces); default: stdout',
          placeholder: 'FILE|URL',
          optional: true,
        },
        actor: {
          kind: 'parsed',
          parse,
          brief: 'Only this actor, or those below it; NODE:ACTOR for that of one node',
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
          parse,
          brief: 'A directory with black boxes, a segment (.rcbb) or a bundle; PATH#NODE:LIFE for one life of it',
          placeholder: 'PATH',
        },
        minimum: 1,
      },
    },
    docs: {
      brief: 'Show, explain, verify, compare or export what black boxes recorded',
      customUsage: [
        'PATH...',
        'PATH... --incidents',
        'PATH... --explain INCIDENT|NAME|TIME|STEP',
        'PATH... --until TIME|STEP',
        'PATH... --verify',
        'PATH... --export perfetto|chrome|otlp|jsonl',
        '--diff PATH PATH',
      ],
    },
  })
}

export const replayCommand = makeReplayCommand(async () => (await import('../../machines/index.ts')).catalogue)

function asCount(input: string): number {
  const count = Number(input)
  if (!/^\d{1,9}$/.test(input) || count < 1) throw new Error('expected a whole number from 1')
  return count
}
