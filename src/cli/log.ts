/** `rolecall log`: the cluster log as people read it. */
import { buildCommand } from '@stricli/core'
import { parseDuration } from '../configuration/quantity.ts'
import type { CliContext } from './context.ts'
import { type ConnectionFlags, connectionFlags } from './flags.ts'

export interface LogFlags extends ConnectionFlags {
  readonly follow: boolean
  readonly node?: string
  readonly component?: string
  readonly actor?: string
  /** Milliseconds since 1970. */
  readonly since?: number
  readonly until?: number
  readonly limit?: number
}

const moment = (brief: string) =>
  ({ kind: 'parsed', parse: (input: string) => asMoment(input), brief, placeholder: 'TIME', optional: true }) as const

const named = (brief: string, placeholder: string) =>
  ({ kind: 'parsed', parse: (input: string) => input, brief, placeholder, optional: true }) as const

/**
 * Exits 0; 64 for a wrong command line; 69 when no node answers, or the one that does keeps no log; 105 for a node that is none;
 * 124 when the answer does not come in time. With --follow it ends only when nothing answers for as long as the time limit.
 */
export const logCommand = buildCommand<LogFlags, [], CliContext>({
  loader: () => import('./commands/log.ts'),
  parameters: {
    flags: {
      ...connectionFlags,
      follow: {
        kind: 'boolean',
        brief: 'Go on with what happens, until interrupted',
        default: false,
        withNegated: false,
      },
      node: named('Only what this node recorded', 'NODE'),
      component: named('Only this component, n1/ledger, or all instances of it, ledger', 'COMPONENT'),
      actor: named('Only this actor, or those below it: crim, component', 'NAME'),
      since: moment('From then on: 10m ago, or 2026-01-31T12:34:56Z'),
      until: moment('Up to then, likewise'),
      limit: {
        kind: 'parsed',
        parse: asLimit,
        brief: 'So many records at most, the last ones [200; 5000 with --since; 20 with --follow]',
        placeholder: 'COUNT',
        optional: true,
      },
    },
  },
  docs: {
    brief: 'Show what mattered on all nodes, in one',
    customUsage: ['', '--follow', '--since 10m --component ledger', '--node n1 --json'],
  },
})

/** Milliseconds since 1970 from a time of ISO 8601, or a duration before now. Without a zone it is this machine's. */
export function asMoment(input: string, nowMs: number = Date.now()): number {
  const agoMs = /^\d+$/.test(input) ? null : parseDuration(input.endsWith('d') ? inHours(input) : input)
  if (agoMs !== null) return nowMs - agoMs
  const atMs = /^\d{4}-\d\d-\d\d/.test(input) ? Date.parse(input.replace(' ', 'T')) : Number.NaN
  if (Number.isNaN(atMs))
    throw new Error('expected a duration such as 10m or 2h, or a time such as 2026-01-31T12:34:56Z')
  return atMs
}

function inHours(days: string): string {
  return `${Number(days.slice(0, -1)) * 24}h`
}

function asLimit(input: string): number {
  const count = Number(input)
  if (!/^\d{1,4}$/.test(input) || count < 1 || count > 5000) throw new Error('expected a whole number from 1 to 5000')
  return count
}
