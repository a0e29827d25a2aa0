/** The section `log`: the cluster log (docs/cluster-log.md). */
import { resolve } from 'node:path'
import { z } from 'zod'
import type { ClusterLogConfiguration } from '../../machines/model/configuration.ts'
import { count, duration, mapping, nodeCountMax, size, text } from './values.ts'

const mebibyte = 1024 ** 2
const hourMs = 3_600_000

/** `HTTPS://…` would be taken for a path. */
const archiveExpected = 'a directory, or a URL that begins with http:// or https://'

export const clusterLogSchema = mapping({
  enabled: z.boolean({ error: 'true or false' }).default(true).meta({
    description: 'Whether this node has a part in it. Its black box is kept all the same.',
    type: 'true or false',
  }),
  copies: count({ min: 2, max: nodeCountMax }).optional().meta({
    description:
      'So many nodes keep the whole log: the master, then by rank. Default: all that are eligible. Every node keeps what it recorded itself.',
    type: 'whole number',
  }),
  spoolSize: size({ minBytes: mebibyte, maxBytes: 64 * 1024 * mebibyte })
    .default(128 * mebibyte)
    .meta({
      description:
        'What is kept on this node. At the bound the oldest records go, archived or not; those not archived are counted.',
      type: 'size',
    }),
  spoolAge: duration({ minMs: 60_000, maxMs: 8760 * hourMs })
    .default(168 * hourMs)
    .meta({
      description: 'Older records go, unless they still wait to be archived.',
      type: 'duration',
    }),
  archive: text(archiveExpected)
    .refine((to) => !/^[a-z]+:/i.test(to) || (/^https?:\/\//.test(to) && URL.canParse(to)), { error: archiveExpected })
    .optional()
    .meta({
      description:
        'Where the master archives every record: a directory, or the URL of an endpoint that takes JSON lines by `POST`. The same on every node. Default: nothing is archived.',
      type: 'path or URL',
    }),
  archiveTokenFile: text('a path').optional().meta({
    description:
      'A file with the token that the endpoint asks for (`Authorization: Bearer`). Read anew for each batch.',
    type: 'path',
  }),
})

export function convertClusterLog(file: z.output<typeof clusterLogSchema>, directory: string): ClusterLogConfiguration {
  const { enabled, copies = null, spoolSize, spoolAge, archive = null, archiveTokenFile } = file
  const isPath = archive !== null && !/^https?:\/\//.test(archive)
  return {
    isEnabled: enabled,
    copies,
    spoolSizeBytes: spoolSize,
    spoolAgeMs: spoolAge,
    archive: isPath ? resolve(directory, archive) : archive,
    archiveTokenFile: archiveTokenFile === undefined ? null : resolve(directory, archiveTokenFile),
  }
}
