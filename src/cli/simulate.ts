import { buildCommand } from '@stricli/core'
import { type FaultKind, faultKinds } from '../simulate/faultKinds.ts'
import { type Profile, profiles } from '../simulate/profile.ts'
import type { CliContext } from './context.ts'

export interface SimulateFlags {
  readonly seed?: number
  readonly seeds: number
  readonly nodes?: number
  readonly minutes: number
  readonly heartbeat?: number
  readonly profile: Profile
  readonly faults?: readonly FaultKind[]
  readonly events?: readonly string[]
  readonly jobs: number
  readonly json: boolean
  readonly jsonLines: boolean
  readonly shrink: boolean
  readonly blackBox?: string
}

/**
 * `rolecall simulate`: whole clusters in one process, on simulated time, networks, disks and processes, with faults drawn from a
 * seed. Exits 0; 1 when an invariant did not hold; 64 for a wrong command line.
 */
export const simulateCommand = buildCommand<SimulateFlags, [], CliContext>({
  loader: () => import('./commands/simulate.ts'),
  parameters: {
    flags: {
      seed: {
        kind: 'parsed',
        parse: (input) => asNumber(input, { min: 0, max: 0xffff_ffff, isWhole: true }),
        brief: 'The first seed; default: drawn by chance',
        placeholder: 'N',
        optional: true,
      },
      seeds: {
        kind: 'parsed',
        parse: (input) => asNumber(input, { min: 1, max: 1e9, isWhole: true }),
        brief: 'So many seeds, one after the other',
        placeholder: 'COUNT',
        default: '1',
      },
      nodes: {
        kind: 'parsed',
        parse: (input) => asNumber(input, { min: 1, max: 7, isWhole: true }),
        brief: 'Nodes of the cluster; default: each seed draws 3 or 5',
        placeholder: 'COUNT',
        optional: true,
      },
      minutes: {
        kind: 'parsed',
        parse: (input) => asNumber(input, { min: 0.01, max: 1e6, isWhole: false }),
        brief: 'Simulated minutes with faults; a quiet time follows',
        placeholder: 'MINUTES',
        default: '1',
      },
      heartbeat: {
        kind: 'parsed',
        parse: (input) => asNumber(input, { min: 5, max: 1000, isWhole: true }),
        brief: 'Heartbeat interval in ms, all else scaled; default: each seed draws 20, 50, 100 or 200',
        placeholder: 'MS',
        optional: true,
      },
      profile: {
        kind: 'enum',
        values: profiles,
        brief:
          'What the cluster serves: plain, the same of each seed; mixed, other redundancy models and relationships besides',
        default: 'plain',
      },
      faults: {
        kind: 'parsed',
        parse: asFaults,
        brief: `Faults that each seed draws from, or none: ${faultKinds.join(', ')}`,
        placeholder: 'LIST',
        optional: true,
      },
      events: {
        kind: 'parsed',
        parse: asEvents,
        brief: 'Only these fault events, as --shrink prints them; or none',
        placeholder: 'LIST',
        optional: true,
      },
      jobs: {
        kind: 'parsed',
        parse: (input) => asNumber(input, { min: 1, max: 256, isWhole: true }),
        brief: 'Processes that share the seeds; the result is the same for any number',
        placeholder: 'COUNT',
        default: '1',
      },
      json: { kind: 'boolean', brief: 'Print JSON', default: false, withNegated: false },
      jsonLines: {
        kind: 'boolean',
        brief: 'Print the result of each seed as a line of JSON, and nothing else',
        default: false,
        withNegated: false,
      },
      shrink: {
        kind: 'boolean',
        brief: 'Look for fewer faults, minutes and nodes with which a failing seed still fails',
        default: false,
        withNegated: false,
      },
      blackBox: {
        kind: 'parsed',
        parse: (input) => input,
        brief: 'Write the black boxes of seeds that fail below this folder, for replay',
        placeholder: 'DIR',
        optional: true,
      },
    },
  },
  docs: {
    brief: 'Try the cluster against simulated faults, faster than time',
    customUsage: ['--seeds 100', '--seed 7 --nodes 5'],
  },
})

function asNumber(input: string, { min, max, isWhole }: { min: number; max: number; isWhole: boolean }): number {
  const value = Number(input)
  const isNumber = input.trim() !== '' && Number.isFinite(value) && (!isWhole || Number.isInteger(value))
  if (!isNumber || value < min || value > max)
    throw new Error(`expected a ${isWhole ? 'whole ' : ''}number from ${min} to ${max}`)
  return value
}

function asFaults(input: string): readonly FaultKind[] {
  if (input === 'none') return []
  return input.split(',').map((name) => {
    const kind = faultKinds.find((known) => known === name.trim())
    if (!kind) throw new Error(`there is no fault '${name.trim()}'; there are ${faultKinds.join(', ')}, or none`)
    return kind
  })
}

function asEvents(input: string): readonly string[] {
  if (input === 'none') return []
  return input.split(',').map((event) => {
    const [kind, ordinal] = event.trim().split(':')
    if (!faultKinds.includes(kind as FaultKind) || !/^[1-9]\d*$/.test(ordinal ?? ''))
      throw new Error(`expected events such as partition:3, or none, found '${event.trim()}'`)
    return event.trim()
  })
}
