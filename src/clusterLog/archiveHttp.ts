/**
 * Archives to an HTTP endpoint: `POST` of JSON lines, with an `Idempotency-Key` by which it can tell that it has had a batch before.
 * Any 2xx is a yes. What is refused is not skipped, whatever the status: nothing would tell that it is missing.
 */
import type { ArchiveSink } from './archiveSink.ts'

export type FetchLike = (url: string, init: RequestInit) => Promise<Response>

const timeoutMs = 10_000

export function httpSink(of: {
  url: string
  cluster: string
  node: string
  token: (() => string) | null
  fetch: FetchLike
}): ArchiveSink {
  const { url, cluster, node, token } = of
  return {
    name: new URL(url).origin,
    async write({ key, text, recordCount }) {
      const response = await of.fetch(url, {
        method: 'POST',
        body: text,
        redirect: 'error',
        signal: AbortSignal.timeout(timeoutMs),
        headers: {
          'content-type': 'application/jsonl',
          'idempotency-key': key,
          'rolecall-cluster': cluster,
          'rolecall-node': node,
          'rolecall-record-count': String(recordCount),
          ...(token ? { authorization: `Bearer ${token()}` } : {}),
        },
      })
      // Read to the end, so that the connection can be used again.
      await response.arrayBuffer()
      if (!response.ok) throw new Error(`it answered ${response.status}`)
    },
  }
}
