/** Serves the HTTP interface at one address. */

import { createApp } from './app.ts'
import type { Backend } from './backend.ts'
import { recordingBytesMax } from './changeRoutes.ts'
import { Gate, type GateOptions } from './gate.ts'
import { StreamHub, type StreamOptions } from './stream.ts'

export interface HttpServerOptions {
  readonly host: string
  /** 0: any that is free. */
  readonly port: number
  readonly tls?: { readonly certificate: string; readonly key: string } | null
  readonly backend: Backend
  readonly gate: Omit<GateOptions, 'isSecure' | 'cookieName' | 'isLoopback'>
  readonly stream?: StreamOptions
}

export interface HttpServer {
  /** `http://127.0.0.1:7180/` */
  readonly url: string
  readonly port: number
  readonly hub: StreamHub
  /** Ends all connections. */
  stop(): Promise<void>
}

/** A client of the stream that takes nothing for this long is gone; those that do hear something every few seconds. */
const streamTimeoutSeconds = 30
/** Longer than any operation's own time limit. */
const operationTimeoutSeconds = 120

/** Throws when the address cannot be listened on. */
export function serveHttp(options: HttpServerOptions): HttpServer {
  const { host, port, backend, tls } = options
  const hub = new StreamHub(backend, options.stream)
  const cookieName = `rolecall-${backend.node ?? 'console'}`
  const gate = new Gate({ ...options.gate, isLoopback: isLoopback(host), isSecure: !!tls, cookieName })
  const app = createApp({ backend, gate, hub })
  const server = Bun.serve({
    hostname: host,
    port,
    reusePort: false,
    maxRequestBodySize: backend.addRecording ? recordingBytesMax : 1024 * 1024,
    ...(tls && { tls: { cert: Bun.file(tls.certificate), key: Bun.file(tls.key) } }),
    fetch(request, server) {
      const { pathname } = new URL(request.url)
      if (pathname === '/v1/stream') server.timeout(request, streamTimeoutSeconds)
      else if (request.method === 'POST') server.timeout(request, operationTimeoutSeconds)
      return app.fetch(request, { address: server.requestIP(request)?.address ?? 'unknown' })
    },
  })
  const shown = host.includes(':') ? `[${host}]` : host
  return {
    url: `${tls ? 'https' : 'http'}://${shown}:${server.port}/`,
    port: server.port!,
    hub,
    async stop() {
      hub.close()
      await server.stop(true)
    },
  }
}

export function isLoopback(host: string): boolean {
  return host.startsWith('127.') || host === '::1' || host === 'localhost'
}
