import type { ConnectionFlags } from './flags.ts'

export interface GetFlags extends ConnectionFlags {
  readonly stale: boolean
}

export interface SetFlags extends ConnectionFlags {
  readonly ifRevision?: number
  readonly ifAbsent: boolean
  readonly text: boolean
}

export interface DeleteFlags extends ConnectionFlags {
  readonly ifRevision?: number
}

export type ListFormat = 'table' | 'json' | 'name'

export interface ListFlags extends GetFlags {
  readonly output?: ListFormat
}

export interface WatchFlags extends ConnectionFlags {
  readonly fromRevision?: number
}

export type HistoryFlags = ConnectionFlags

export interface ExportFlags extends GetFlags {
  readonly output?: string
}

export interface ImportFlags extends ConnectionFlags {
  readonly prefix?: string
  readonly replace: boolean
  readonly dryRun: boolean
}

export const asText = (input: string): string => input

export function asRevision(input: string): number {
  if (!/^\d{1,15}$/.test(input)) throw new Error('expected a revision, a whole number')
  return Number(input)
}

export function asFormat(input: string): ListFormat {
  if (input !== 'table' && input !== 'json' && input !== 'name') throw new Error('expected table, json or name')
  return input
}
