import { expect, test } from 'bun:test'
import type { Configuration } from '../../../machines/model/configuration.ts'
import { loadConfiguration } from '../../../src/configuration/load.ts'
import { Shown } from '../../../src/node/http/shown.ts'
import { writeConfiguration } from '../../configuration/support.ts'

const text = (password: string) => `cluster: demo
secret: a-secret-that-is-long
http: { tokenDigests: [${'a'.repeat(64)}] }
nodes:
  n1:
    links: [127.0.0.1:7101]
    fence: { agent: fence_ipmilan, options: { ip: 10.0.0.9, password: ${password} } }
types:
  desk: { command: [./desk], environment: { DESK_PASSWORD: "${password}", DESK_COLOUR: green } }
components:
  desk: { type: desk, nodes: [n1] }
assignments:
  desk: { component: desk, redundancy: none }
`

test('neither the configuration nor anything that was recorded of it shows a secret, an earlier one neither', () => {
  const parts = { configuration: loadConfiguration(writeConfiguration(text('swordfish-17'))) }
  const shown = new Shown(parts)
  const before = JSON.stringify(shown.configuration())
  expect(before).toContain('green')
  expect(before).toContain('10.0.0.9')
  for (const secret of ['swordfish-17', 'a-secret-that-is-long', 'aaaaaaaa']) expect(before).not.toContain(secret)
  parts.configuration = loadConfiguration(writeConfiguration(text('marlin-2000')))
  const recorded = {
    event: { type: 'configuration.changed', configuration: parts.configuration },
    effects: [{ type: 'log.propose', value: { DESK_PASSWORD: 'swordfish-17' }, line: 'desk --password marlin-2000' }],
  }
  const after = JSON.stringify(shown.redact(recorded))
  expect(after).toContain('configuration.changed')
  for (const secret of ['swordfish-17', 'marlin-2000', 'a-secret-that-is-long']) expect(after).not.toContain(secret)
})

test('a secret that is the name of something leaves the names as they are', () => {
  const shown = new Shown({
    configuration: loadConfiguration(writeConfiguration(text('ledger').replaceAll('desk', 'ledger'))),
  })
  const configuration = shown.configuration() as Configuration
  expect(Object.keys(configuration.components)).toEqual(['ledger'])
  expect(shown.redact({ component: 'n1/ledger', environment: { DESK_PASSWORD: 'ledger' } })).toEqual({
    component: 'n1/ledger',
    environment: { DESK_PASSWORD: 'redacted-2' },
  })
})
