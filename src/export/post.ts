/** Sends traces to an OpenTelemetry collector (OTLP/HTTP, JSON): in requests of a size that a collector takes. */
import type { OtlpTraces } from './otlp.ts'

/** It does not answer, or does not take them. */
export class CollectorError extends Error {
  readonly code = 'export.refused'
}

const timeoutMs = 10_000
const spanCountMax = 500

/** How many spans were taken. Throws `CollectorError`: what was sent before that is there. */
export async function postTraces(url: string, { resourceSpans }: OtlpTraces): Promise<number> {
  let sentCount = 0
  for (const { resource, scopeSpans } of resourceSpans) {
    for (const { scope, spans } of scopeSpans) {
      for (let from = 0; from < spans.length; from += spanCountMax) {
        const part = spans.slice(from, from + spanCountMax)
        await post(url, { resourceSpans: [{ resource, scopeSpans: [{ scope, spans: part }] }] })
        sentCount += part.length
      }
    }
  }
  return sentCount
}

async function post(url: string, traces: OtlpTraces): Promise<void> {
  const { status, said } = await answerOf(url, JSON.stringify(traces)).catch((error: Error) => {
    throw new CollectorError(`no collector answers at ${url}: ${error.message}`)
  })
  if (status < 200 || status > 299) throw new CollectorError(`${url} answers ${status}: ${said.slice(0, 300)}`)
  const rejected = rejectedIn(said)
  if (rejected !== null) throw new CollectorError(`${url} rejects spans: ${rejected}`)
}

async function answerOf(url: string, body: string): Promise<{ status: number; said: string }> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
    signal: AbortSignal.timeout(timeoutMs),
  })
  return { status: response.status, said: await response.text() }
}

/** A collector may answer 200 and say what it did not take. */
function rejectedIn(said: string): string | null {
  try {
    const { partialSuccess } = JSON.parse(said) as {
      partialSuccess?: { rejectedSpans?: string | number; errorMessage?: string }
    }
    const count = Number(partialSuccess?.rejectedSpans ?? 0)
    return count > 0 ? `${count}: ${partialSuccess?.errorMessage ?? ''}` : null
  } catch {
    return null // nothing that needs to be JSON
  }
}
