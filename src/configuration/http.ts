/** The section `http`: where the HTTP interface and the console are served, and to whom. */
import { join, resolve } from 'node:path'
import { z } from 'zod'
import type { Configuration, HttpConfiguration, LinkAddress } from '../../machines/model/configuration.ts'
import { finding } from './finding.ts'
import { suggestionFor } from './nearest.ts'
import type { Finding } from './source.ts'
import { byName, list, listenAddress, mapping, text } from './values.ts'

export const httpPortDefault = 7180
const listenDefault = { host: '127.0.0.1', port: httpPortDefault }
const digestCountMax = 64
const digestExpected = 'a SHA-256 as 64 hexadecimal digits'

export const httpSchema = mapping({
  enabled: z.boolean({ error: 'true or false' }).default(true).meta({
    description: 'Whether it is served at all.',
    type: 'true or false',
  }),
  listen: listenAddress()
    .optional()
    .meta({
      description: `Where: \`10.0.0.1:${httpPortDefault}\`. On loopback everybody on the machine may read; elsewhere a token is needed for that too, and \`0.0.0.0\` is every address there is. A port that is taken does not keep the node from starting: it is tried again. Default: \`127.0.0.1:${httpPortDefault}\`.`,
      type: 'address:port',
    }),
  nodes: byName(listenAddress(), 'nodes to addresses').default({}).meta({
    description: `Where nodes listen that cannot all use \`listen\`, as those on one machine: \`{ n1: "127.0.0.1:7181", n2: "127.0.0.1:7182" }\`.`,
    type: 'mapping to address:port',
  }),
  tokenFile: text('a path').optional().meta({
    description:
      'A file with the tokens that let in, one a line; lines that begin with # do not count. Readable by its owner alone. Default: `<stateDirectory>/<node>/console.token`, which is made with a token in it when it is not there.',
    type: 'path',
  }),
  tokenDigests: list(z.string({ error: digestExpected }).regex(/^[0-9a-f]{64}$/, { error: digestExpected }), {
    expected: 'a list of SHA-256 digests',
    countMax: digestCountMax,
  })
    .default([])
    .meta({
      description:
        'Tokens besides those of the file, as the SHA-256 of each: `printf %s TOKEN | sha256sum`. A token should be long and random: `openssl rand -base64 24`.',
      type: 'list of digests',
    }),
  certificate: text('a path').optional().meta({
    description: 'A TLS certificate with what is between it and its root, as PEM. Default: plain HTTP.',
    type: 'path',
  }),
  key: text('a path').optional().meta({ description: "The certificate's key, as PEM.", type: 'path' }),
})

export type HttpFile = z.output<typeof httpSchema>

export function convertHttp(file: HttpFile, directory: string): HttpConfiguration {
  const { enabled, listen, nodes, tokenFile, tokenDigests, certificate, key } = file
  const inDirectory = (path: string) => resolve(directory, path)
  return {
    isEnabled: enabled,
    isAsked: listen !== undefined,
    listen: listen ?? listenDefault,
    nodes,
    tokenFile: tokenFile === undefined ? null : inDirectory(tokenFile),
    tokenDigests,
    tls: certificate && key ? { certificate: inDirectory(certificate), key: inDirectory(key) } : null,
  }
}

export function listenOf(http: HttpConfiguration, node: string): LinkAddress {
  return http.nodes[node] ?? http.listen
}

/** For people and their browsers: of all addresses the one that is always there. */
export function urlOf(http: HttpConfiguration, node: string): string {
  const { host, port } = listenOf(http, node)
  const reached = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host
  return `${http.tls ? 'https' : 'http'}://${reached.includes(':') ? `[${reached}]` : reached}:${port}/`
}

export function tokenFileOf({ http, stateDirectory }: Configuration, node: string): string {
  return http?.tokenFile ?? join(stateDirectory, node, 'console.token')
}

export function checkHttp(http: Partial<HttpFile> | null, nodes: ReadonlyMap<string, unknown>): Finding[] {
  if (!http) return []
  const names = [...nodes.keys()]
  const strangers = Object.keys(http.nodes ?? {}).filter((name) => names.length > 0 && !names.includes(name))
  const found = strangers.map((name) =>
    finding(['http', 'nodes', name], `expected the name of a node, found '${name}'`, suggestionFor(name, names), 'key'),
  )
  const [has, lacks] =
    http.certificate === undefined ? (['key', 'certificate'] as const) : (['certificate', 'key'] as const)
  if (http[has] === undefined || http[lacks] !== undefined) return found
  return [...found, finding(['http', has], `expected certificate and key, found only ${has}`, `add ${lacks}`, 'key')]
}
