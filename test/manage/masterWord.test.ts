import { expect, test } from 'bun:test'
import type { ComponentId } from '../../machines/model/ids.ts'
import type { ComponentStatus } from '../../machines/model/status.ts'
import { lastKnown } from '../../src/manage/masterWord.ts'
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
