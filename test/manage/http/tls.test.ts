import { afterEach, expect, test } from 'bun:test'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterThisTest, undoAll } from '../support.ts'
import { certificate, key } from './certificate.ts'
import { startServer, token } from './support.ts'

afterEach(undoAll)

function files(): { certificate: string; key: string } {
  const directory = mkdtempSync(join(tmpdir(), 'rolecall-tls-'))
  afterThisTest(() => rmSync(directory, { recursive: true }))
  const paths = { certificate: join(directory, 'certificate.pem'), key: join(directory, 'key.pem') }
  writeFileSync(paths.certificate, certificate)
  writeFileSync(paths.key, key, { mode: 0o600 })
  return paths
}

test('over TLS, with a cookie that goes nowhere else', async () => {
  const server = startServer({ tls: files() })
  expect(server.url).toStartWith('https://127.0.0.1:')
  const tls = { ca: certificate }
  const answer = await fetch(`${server.url}livez`, { tls })
  // It would be for all that is served on the host, at whatever port.
  expect([answer.status, answer.headers.get('strict-transport-security')]).toEqual([200, null])
  const session = await fetch(`${server.url}v1/session`, {
    method: 'POST',
    tls,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token }),
  })
  expect(session.headers.get('set-cookie')).toContain('Secure')
  expect(fetch(`${server.url}livez`)).rejects.toThrow(/certificate|self.signed/i)
})

test('a certificate that is not there is told, not served without', () => {
  expect(() => startServer({ tls: { ...files(), certificate: '/nowhere/certificate.pem' } })).toThrow(
    /certificate\.pem/,
  )
})
