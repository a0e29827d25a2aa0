/** The flags that several commands have. `ROLECALL_…` in the environment stands for a flag that isn't given. */

import { parseDuration } from '../configuration/quantity.ts'
import { isLogLevel, logLevels } from '../log/log.ts'

export const configurationFileDefault = '/etc/rolecall/rolecall.yaml'

export interface ConnectionFlags {
  readonly config?: string
  readonly name?: string
  readonly socket?: string
  readonly timeout?: number
  readonly json: boolean
}

export interface ViewFlags extends ConnectionFlags {
  readonly watch: boolean
}

const asText = (input: string): string => input

/** Milliseconds from `500ms`, `5s`, `1m`; a bare number is milliseconds too. */
export function asDuration(input: string): number {
  const durationMs = parseDuration(/^\d+$/.test(input) ? Number(input) : input)
  if (durationMs === null || durationMs < 1 || durationMs > 86_400_000)
    throw new Error('expected a duration such as 500ms, 5s or 1m')
  return durationMs
}

export const configFlag = {
  kind: 'parsed',
  parse: asText,
  brief: `The configuration file [ROLECALL_CONFIG, ${configurationFileDefault}]`,
  placeholder: 'FILE',
  optional: true,
} as const

export const connectionFlags = {
  config: configFlag,
  name: {
    kind: 'parsed',
    parse: asText,
    brief: 'Ask this node [ROLECALL_NAME, the first of the file that answers]',
    placeholder: 'NAME',
    optional: true,
  },
  socket: {
    kind: 'parsed',
    parse: asText,
    brief: "Ask the node behind this socket [ROLECALL_CONTROL_SOCKET, the node's own]",
    placeholder: 'PATH',
    optional: true,
  },
  timeout: {
    kind: 'parsed',
    parse: asDuration,
    brief: 'How long to wait for an answer [5s; operations 35s; config 12s]',
    placeholder: 'DURATION',
    optional: true,
  },
  json: { kind: 'boolean', brief: 'Print JSON', default: false, withNegated: false },
} as const

export const viewFlags = {
  ...connectionFlags,
  watch: { kind: 'boolean', brief: 'Show every change until interrupted', default: false, withNegated: false },
} as const

export interface NodeFlags {
  readonly config?: string
  readonly name?: string
  readonly logLevel?: string
  readonly form: boolean
}

const logLevel = {
  kind: 'parsed',
  parse: asLogLevel,
  brief: `The least that is logged: ${logLevels.join(', ')} [ROLECALL_LOG_LEVEL, info]`,
  placeholder: 'LEVEL',
  optional: true,
} as const

export const nodeFlags = {
  config: configFlag,
  name: {
    kind: 'parsed',
    parse: asText,
    brief: 'Which node of the file this is [ROLECALL_NAME]',
    placeholder: 'NAME',
    optional: true,
  },
  logLevel,
  form: {
    kind: 'boolean',
    brief: 'Found the cluster without the voters that are not heard: they have never been part of it',
    default: false,
    withNegated: false,
  },
} as const

export interface ArbiterFlags {
  readonly config?: readonly string[]
  readonly logLevel?: string
}

export const arbiterFlags = {
  config: {
    kind: 'parsed',
    parse: asText,
    brief: `The configuration of a cluster; again for each further one [ROLECALL_CONFIG, ${configurationFileDefault}]`,
    placeholder: 'FILE',
    variadic: true,
    optional: true,
  },
  logLevel,
} as const

export interface NodeProcessFlags extends NodeFlags {
  readonly incarnation: number
}

export const nodeProcessFlags = {
  ...nodeFlags,
  incarnation: {
    kind: 'parsed',
    parse: asIncarnation,
    brief: "The node's life, counted by its guard",
    placeholder: 'COUNT',
  },
} as const

function asIncarnation(input: string): number {
  const incarnation = Number(input)
  if (!/^\d+$/.test(input) || !Number.isSafeInteger(incarnation)) throw new Error('expected a whole number')
  return incarnation
}

export function asLogLevel(input: string): string {
  if (!isLogLevel(input)) throw new Error(`expected one of ${logLevels.join(', ')}`)
  return input
}
