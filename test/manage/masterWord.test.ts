import { expect, test } from 'bun:test'
import { createActor } from 'xstate'
import { crim } from '../../machines/crim.ts'
import type { ComponentId } from '../../machines/model/ids.ts'
import type { ComponentStatus } from '../../machines/model/status.ts'
import { assignmentsOf, lastKnown } from '../../src/manage/masterWord.ts'
import { masterWord } from '../../src/wire/messages/word.ts'
import { configuration } from '../support/configuration.ts'
import { soundView } from './support.ts'

const stopped: ComponentStatus = {
  component: 'n1/ledger',
  role: 'offline',
  phase: 'stopped',
  incarnation: 1,
  token: { epoch: 4, index: 7 },
  failure: null,
  isActive: false,
  endpoint: null,
}

const own = (status: ComponentStatus) => new Map<ComponentId, ComponentStatus>([[status.component, status]])
const primary = soundView.assignments[0]!.primary!

test('without a master: what this node has stopped is not served, whatever was said last', () => {
  const seen = lastKnown(soundView, { self: 'n1', upNodes: ['n1'], statuses: own(stopped) })
  expect(primary).toBe('n1/ledger')
  expect(seen.assignments[0]).toMatchObject({ health: 'unserved', primary: null, endpoint: null })
  expect(seen.components.map(({ role }) => role)).toEqual(['offline', 'unknown', 'unknown'])
})

test('without a master: a primary on a node that is up is believed to be what it was', () => {
  const statuses = own({ ...stopped, component: 'n2/ledger', role: 'secondary', phase: 'ready' })
  const seen = lastKnown(soundView, { self: 'n2', upNodes: ['n1', 'n2', 'n3'], statuses })
  expect(seen.assignments).toEqual([...soundView.assignments])
  const gone = lastKnown(soundView, { self: 'n2', upNodes: ['n2', 'n3'], statuses })
  expect(gone.assignments[0]).toMatchObject({ health: 'unserved', primary: null })
})

test('what operators have set is in the word, as the schema has it, and only where it is set', () => {
  const configured = configuration({ redundancy: 'load-sharing', type: { exclusive: false } })
  const input = { self: 'n1', incarnation: 1, configuration: configured }
  const context = createActor(crim, { input }).getSnapshot().context
  const plain = assignmentsOf(context)
  expect(plain.states).toBeUndefined()
  expect(plain.assignments[0]).not.toHaveProperty('state')
  const administrative = {
    nodes: { n2: 'standby' as const },
    assignments: { service: 'locked' as const },
    components: { 'n3/service': 'maintenance' as const },
    isMaintained: true,
  }
  const told = assignmentsOf({ ...context, administrative })
  expect(told.states).toEqual({ nodes: { n2: 'standby' }, isMaintained: true })
  expect(told.assignments[0]).toMatchObject({ state: 'locked', primaries: [] })
  expect(told.components.map(({ isMaintained }) => isMaintained ?? false)).toEqual([false, false, true])
  const around = { type: 'master.word', master: 'n1', epoch: 1, revision: 1, cause: null, time: { us: 0, count: 0 } }
  expect(masterWord.safeParse({ ...around, ...structuredClone(told) }).success).toBe(true)
})
