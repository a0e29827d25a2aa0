import { expect, test } from 'bun:test'
import type { ComponentId } from '../../../machines/model/ids.ts'
import type { ComponentStatus, Phase } from '../../../machines/model/status.ts'
import { loadConfiguration } from '../../../src/configuration/load.ts'
import { serves } from '../../../src/node/http/serves.ts'
import { writeConfiguration } from '../../configuration/support.ts'

const configuration = loadConfiguration(
  writeConfiguration(`cluster: demo
nodes:
  n1: { links: [127.0.0.1:7101] }
  n2: { links: [127.0.0.1:7201] }
types:
  ledger: { command: [./ledger], aware: true, standby: hot }
  mirror: { command: [./mirror], aware: true, standby: hot, exclusive: false }
components:
  ledger: { type: ledger, nodes: [n1, n2] }
  mirror: { type: mirror, nodes: [n1, n2] }
  other: { type: ledger, nodes: [n2] }
assignments:
  ledger: { component: ledger, redundancy: 2N }
  mirror: { component: mirror, redundancy: 2N }
  other: { component: other, redundancy: none }
`),
)

function standing(of: { role?: ComponentStatus['role']; phase?: Phase; isLeaseValid?: boolean }) {
  const { role = 'primary', phase = 'ready', isLeaseValid = true } = of
  const status = { role, phase } as ComponentStatus
  const statuses = new Map<ComponentId, ComponentStatus>(
    (['n1/ledger', 'n1/mirror'] as ComponentId[]).map((component) => [component, { ...status, component }]),
  )
  return { configuration, self: 'n1', statuses, sight: { isNodeLeaseValid: () => isLeaseValid } }
}

test('a primary that is ready serves, and nothing else does', () => {
  expect(serves(standing({}), 'ledger', 'primary')).toBe(true)
  expect(serves(standing({}), 'ledger', 'secondary')).toBe(false)
  expect(serves(standing({ phase: 'assuming' }), 'ledger', 'primary')).toBe(false)
  expect(serves(standing({ role: 'secondary' }), 'ledger', 'secondary')).toBe(true)
  expect(serves(standing({ role: 'quiescing' }), 'ledger', 'primary')).toBe(false)
})

test('what must stop without the quorum serves only while the lease is valid; what goes on, goes on', () => {
  expect(serves(standing({ isLeaseValid: false }), 'ledger', 'primary')).toBe(false)
  expect(serves(standing({ isLeaseValid: false }), 'mirror', 'primary')).toBe(true)
})

test('what is on other nodes only is not served here, and what is not there is unknown', () => {
  expect(serves(standing({}), 'other', 'primary')).toBe(false)
  for (const name of ['nothing', 'constructor', '__proto__']) expect(serves(standing({}), name, 'primary')).toBeNull()
})
