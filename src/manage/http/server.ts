/** Serves the HTTP interface at one address. */

import { logger } from '../../log/log.ts'
import { createApp } from './app.ts'
import type { Backend } from './backend.ts'
import { recordingBytesMax } from './changeRoutes.ts'
import { Gate, type GateOptions } from './gate.ts'
import { StreamHub, type StreamOptions } from './stream.ts'

const log = logger('http')

export interface HttpServerOptions {
  readonly host: string
  /** 0: any that is free. */
  readonly port: number
  readonly tls?: { readonly certificate: string; readonly key: string } | null
  /** A token is needed for reading on loopback, too. */
  readonly isClosed?: boolean
  readonly backend: Backend
  readonly gate: Omit<GateOptions, 'isSecure' | 'cookieName' | 'isOpen'>
  readonly stream?: StreamOptions
}

export interface HttpServer {
  /** `http://127.0.0.1:7180/` */
  readonly url: string
  readonly port: number
  readonly hub: StreamHub
  /** Beyond this machine, and without TLS. */
  readonly isInClear: boolean
  /** Ends all connections. */
  stop(): Promise<void>
}

/** A client of the stream that takes nothing for this long is gone; those that do hear something every few seconds. */
const streamTimeoutSeconds = 30
/** Longer than any operation's own time limit, and than what is looked for in a large recording. */
const answerTimeoutSeconds = 120

/** Throws when the address cannot be listened on. */
export function serveHttp(options: HttpServerOptions): HttpServer {
  const { host, port, backend, tls } = options
  const hub = new StreamHub(backend, options.stream)
  const cookieName = `rolecall-${backend.node ?? 'console'}`
  const gate = new Gate({ ...options.gate, isOpen: isLoopback(host) && !options.isClosed, isSecure: !!tls, cookieName })
  const app = createApp({ backend, gate, hub })
  const server = Bun.serve({
    hostname: host,
    port,
    reusePort: false,
    maxRequestBodySize: backend.addRecording ? recordingBytesMax : 1024 * 1024,
    ...(tls && { tls: { cert: Bun.file(tls.certificate), key: Bun.file(tls.key) } }),
    // Else whatever goes wrong is answered with a page that shows this program's source and where it lies.
    development: false,
    fetch(request, server) {
      const url = urlOf(request)
      if (url === null) return new Response('malformed Host\n', { status: 400 })
      if (url.pathname === '/v1/stream') server.timeout(request, streamTimeoutSeconds)
      else if (takesLong(request.method, url.pathname)) server.timeout(request, answerTimeoutSeconds)
      const address = server.requestIP(request)?.address ?? 'unknown'
      return app.fetch(URL.canParse(request.url) ? request : new Request(url, request), { address })
    },
    error(error) {
      log.error('a request failed: {error}', { error: String(error.stack) })
      return new Response('the request failed\n', { status: 500 })
    },
  })
  const shown = host.includes(':') ? `[${host}]` : host
  return {
    url: `${tls ? 'https' : 'http'}://${shown}:${server.port}/`,
    port: server.port!,
    hub,
    isInClear: !tls && !isLoopback(host),
    async stop() {
      hub.close()
      await server.stop(true)
    },
  }
}

/** Without a `Host`, as probes of HTTP/1.0 come, the address is a path alone. null: it is none. */
function urlOf({ url, headers }: Request): URL | null {
  if (URL.canParse(url)) return new URL(url)
  return headers.has('host') || !url.startsWith('/') ? null : URL.parse(`http://unnamed${url}`)
}

function takesLong(method: string, path: string): boolean {
  return method === 'POST' || /^\/v1\/(incidents$|explain\/|snapshots\/)/.test(path)
}

export function isLoopback(host: string): boolean {
  return host.startsWith('127.') || host === '::1' || host === 'localhost'
}
