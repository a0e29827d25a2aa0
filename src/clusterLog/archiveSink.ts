/** Where records are archived: a directory, or an HTTP endpoint. Takes each batch as a whole, or fails and is given the same again. */

import { directorySink } from './archiveDirectory.ts'
import type { FetchLike } from './archiveHttp.ts'
import { httpSink } from './archiveHttp.ts'

export interface ArchiveBatch {
  /** The same for the same records, however often they are sent. */
  readonly key: string
  /** JSON lines. */
  readonly text: string
  readonly recordCount: number
}

export interface ArchiveSink {
  /** For people: where. */
  readonly name: string
  /** Resolves when the batch is kept there. Rejects with what went wrong. */
  write(batch: ArchiveBatch): Promise<void>
}

/** `to`: a path, or a URL with http or https. */
export function openArchive(of: {
  to: string
  cluster: string
  node: string
  /** Sent along to an endpoint (`Authorization: Bearer …`); null: none. Read for each batch, as it may be renewed. */
  token: (() => string) | null
  fetch?: FetchLike
}): ArchiveSink {
  const { to, cluster, node, token } = of
  return isUrl(to)
    ? httpSink({ url: to, cluster, node, token, fetch: of.fetch ?? fetch })
    : directorySink({ directory: to, cluster, node })
}

function isUrl(to: string): boolean {
  return /^https?:\/\//.test(to)
}
