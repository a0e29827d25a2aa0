/** The flags of the commands that change who does what. */
import { type ConnectionFlags, connectionFlags } from './flags.ts'

export interface OperationFlags extends ConnectionFlags {
  readonly force: boolean
  readonly dryRun: boolean
}

export interface SwitchoverFlags extends OperationFlags {
  readonly to?: string
}

export interface MigrateFlags extends OperationFlags {
  readonly from: string
  readonly to: string
}

const yes = (brief: string) => ({ kind: 'boolean', brief, default: false, withNegated: false }) as const

export const operationFlags = {
  ...connectionFlags,
  force: yes('Do it though it takes required redundancy or service away; else 107'),
  dryRun: yes('Show what would be done, and do nothing'),
} as const

const asText = (input: string): string => input

const node = (brief: string) => ({ kind: 'parsed', parse: asText, brief, placeholder: 'NODE' }) as const

export const switchoverFlags = { ...operationFlags, to: { ...node('The node to move it to'), optional: true } } as const

export const migrateFlags = {
  ...operationFlags,
  from: node('The node to move it from'),
  to: node('The node to move it to'),
} as const
