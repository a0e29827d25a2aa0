/** Serves the HTTP interface of a node, and the console with it (docs/http.md). */
import type { HttpConfiguration } from '../../../machines/model/configuration.ts'
import { listenOf, tokenFileOf } from '../../configuration/http.ts'
import { HttpListener } from '../../manage/http/listener.ts'
import { serveHttp } from '../../manage/http/server.ts'
import { ensureTokenFile, readTokens, TokenFileError } from '../../manage/http/tokenFile.ts'
import { digestOf } from '../../manage/http/tokens.ts'
import type { Parts } from '../parts.ts'
import { nodeBackend } from './backend.ts'

/** Nothing, where the configuration has it disabled. */
export function serveNodeHttp(parts: Parts, at: { readonly controlSocket: string }): void {
  const { configuration, self } = parts
  const { http } = configuration
  if (!http?.isEnabled) return
  const backend = nodeBackend(parts, { ...at, hub: () => listener.server?.hub ?? null })
  const listener: HttpListener = new HttpListener(() => {
    const tokens = tokensOf(http, tokenFileOf(configuration, self))
    const tokenDigests = [...tokens.map(digestOf), ...http.tokenDigests.map((hex) => Buffer.from(hex, 'hex'))]
    return serveHttp({
      ...listenOf(http, self),
      tls: http.tls,
      isClosed: http.isClosed,
      backend,
      gate: { tokenDigests, readOnlyReason: null },
    })
  })
  parts.http.problem = () => httpProblemOf(parts, listener)
}

function tokensOf(http: HttpConfiguration, file: string): string[] {
  if (http.tokenFile === null) ensureTokenFile(file)
  return readTokens(file)
}

/** An address only where it was asked for: of the default one, the first node on a machine has it. */
function httpProblemOf({ configuration, self }: Parts, { failure }: HttpListener): string | null {
  const { http } = configuration
  const isAsked = http !== undefined && (http.isAsked || http.nodes[self] !== undefined || http.tls !== null)
  return isAsked || failure instanceof TokenFileError ? (failure?.message ?? null) : null
}
