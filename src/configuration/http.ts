/** The section `http`: where the HTTP interface and the console are served, and to whom. */
import { resolve } from 'node:path'
import { z } from 'zod'
import type { HttpConfiguration } from '../../machines/model/configuration.ts'
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
