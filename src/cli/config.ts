/** The commands of the configuration repository, as a table of contents. What each does is loaded when it is run. */
import { buildCommand, buildRouteMap } from '@stricli/core'
import type {
  DeleteFlags,
  ExportFlags,
  GetFlags,
  HistoryFlags,
  ImportFlags,
  ListFlags,
  SetFlags,
  WatchFlags,
} from './configFlags.ts'
import { asFormat, asRevision, asText } from './configFlags.ts'
import type { CliContext } from './context.ts'
import { connectionFlags } from './flags.ts'

const key = { parse: asText, brief: 'Names between slashes: services/db/port', placeholder: 'KEY' } as const
const prefix = {
  kind: 'tuple',
  parameters: [
    { parse: asText, brief: 'What is at this key and below it; without it all', placeholder: 'PREFIX', optional: true },
  ],
} as const

const staleFlag = {
  kind: 'boolean',
  brief: 'As the node has it, without asking the master: works without quorum, may be old',
  default: false,
  withNegated: false,
} as const

const ifRevisionFlag = {
  kind: 'parsed',
  parse: asRevision,
  brief: 'Only if the key was last set at this revision; else 103',
  placeholder: 'N',
  optional: true,
} as const

const flag = (brief: string) => ({ kind: 'boolean', brief, default: false, withNegated: false }) as const

export const configRoutes = buildRouteMap<string, CliContext>({
  routes: {
    get: buildCommand<GetFlags, [string], CliContext>({
      loader: async () => (await import('./commands/configRead.ts')).get,
      parameters: {
        flags: { ...connectionFlags, stale: staleFlag },
        positional: { kind: 'tuple', parameters: [key] },
      },
      docs: { brief: 'Print the value of a key' },
    }),
    set: buildCommand<SetFlags, [string, string], CliContext>({
      loader: async () => (await import('./commands/configWrite.ts')).set,
      parameters: {
        flags: {
          ...connectionFlags,
          ifRevision: ifRevisionFlag,
          ifAbsent: flag('Only if the key is not there yet; else 103'),
          text: flag('Take VALUE as text, as it is'),
        },
        positional: {
          kind: 'tuple',
          parameters: [key, { parse: asText, brief: 'YAML or JSON; - reads it from stdin', placeholder: 'VALUE' }],
        },
      },
      docs: { brief: 'Set a key' },
    }),
    delete: buildCommand<DeleteFlags, [string], CliContext>({
      loader: async () => (await import('./commands/configWrite.ts')).remove,
      parameters: {
        flags: { ...connectionFlags, ifRevision: ifRevisionFlag },
        positional: { kind: 'tuple', parameters: [key] },
      },
      docs: { brief: 'Delete a key' },
    }),
    list: buildCommand<ListFlags, [string?], CliContext>({
      loader: async () => (await import('./commands/configRead.ts')).list,
      parameters: {
        flags: {
          ...connectionFlags,
          stale: staleFlag,
          output: {
            kind: 'parsed',
            parse: asFormat,
            brief: 'table, json, or name: the keys alone [table]',
            placeholder: 'FORMAT',
            optional: true,
          },
        },
        positional: prefix,
        aliases: { o: 'output' },
      },
      docs: { brief: 'List keys with their values' },
    }),
    watch: buildCommand<WatchFlags, [string?], CliContext>({
      loader: async () => (await import('./commands/configWatch.ts')).default,
      parameters: {
        flags: {
          ...connectionFlags,
          fromRevision: {
            kind: 'parsed',
            parse: asRevision,
            brief: 'Begin with what came after this revision [now]',
            placeholder: 'N',
            optional: true,
          },
        },
        positional: prefix,
      },
      docs: { brief: 'Show every change until interrupted' },
    }),
    history: buildCommand<HistoryFlags, [string?], CliContext>({
      loader: async () => (await import('./commands/configRead.ts')).history,
      parameters: { flags: connectionFlags, positional: prefix },
      docs: { brief: 'Show the last changes that the node remembers' },
    }),
    export: buildCommand<ExportFlags, [string?], CliContext>({
      loader: async () => (await import('./commands/configFile.ts')).exportKeys,
      parameters: {
        flags: {
          ...connectionFlags,
          stale: staleFlag,
          output: {
            kind: 'parsed',
            parse: asText,
            brief: 'Write to this file [stdout]',
            placeholder: 'FILE',
            optional: true,
          },
        },
        positional: prefix,
      },
      docs: { brief: 'Print keys and values as YAML, for import' },
    }),
    import: buildCommand<ImportFlags, [string], CliContext>({
      loader: async () => (await import('./commands/configFile.ts')).importKeys,
      parameters: {
        flags: {
          ...connectionFlags,
          prefix: {
            kind: 'parsed',
            parse: asText,
            brief: 'Refuse keys that are not at or below this one',
            placeholder: 'PREFIX',
            optional: true,
          },
          replace: flag('Delete what is below --prefix and not in the file'),
          dryRun: flag('Show what would change, and change nothing'),
        },
        positional: {
          kind: 'tuple',
          parameters: [{ parse: asText, brief: 'YAML, a map of keys to values; - reads stdin', placeholder: 'FILE' }],
        },
      },
      docs: { brief: 'Set many keys in one transaction' },
    }),
  },
  docs: { brief: 'Read, change and watch the configuration repository' },
})
