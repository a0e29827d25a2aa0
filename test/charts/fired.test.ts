import { expect, test } from 'bun:test'
import { edgesOf, firedBy } from '../../src/charts/fired.ts'
import { drawnMachine } from '../../src/charts/index.ts'

const component = drawnMachine('component')!
const crim = drawnMachine('crim')!
const node = drawnMachine('node')!

function fired(of: typeof component, eventType: string, fromState: string | null, state: string) {
  const found = firedBy(of.chart, { eventType, fromState, state })
  if (!found) return null
  const { transition, followed, isCertain } = found
  return [transition.id, followed.map(({ id }) => id), isCertain, edgesOf(of.layout.edges, found)]
}

test('by the event, where it was, and where it came to be', () => {
  expect(fired(component, 'role.assign', 'secondary.ready', 'primary.preparing')).toEqual([
    'secondary/role.assign/5',
    [],
    true,
    ['secondary>primary'],
  ])
  expect(fired(component, 'role.done', 'primary.assuming', 'primary.ready')).toEqual([
    'primary.assuming/role.done/1',
    [],
    true,
    ['primary.assuming>primary.ready'],
  ])
  expect(fired(node, 'peer.suspected', 'alive', 'suspect')).toEqual([
    'alive/peer.suspected/1',
    [],
    true,
    ['alive>suspect'],
  ])
})

test('what follows without an event is followed', () => {
  expect(fired(component, 'role.assign', 'secondary.ready', 'primary.assuming')).toEqual([
    'secondary/role.assign/5',
    ['primary.preparing/always/1'],
    true,
    ['secondary>primary', 'primary.preparing>primary.assuming'],
  ])
  expect(fired(crim, 'mastership.acquired', 'standby', 'active.converging')?.slice(1, 2)).toEqual([
    ['surveying/always/1', 'active.settled/always/2'],
  ])
})

test('a time-out is that of the state it names', () => {
  expect(
    fired(component, 'xstate.after.roleLimit.component.primary.assuming', 'primary.assuming', 'offline.stopping'),
  ).toEqual(['primary.assuming/after roleLimit/2', [], true, ['primary>offline']])
  expect(fired(node, 'xstate.after.isolation.node.unreachable', 'unreachable', 'isolated')?.[0]).toBe(
    'unreachable/after isolation/1',
  )
})

test('where several could have been it, it says so', () => {
  expect(fired(component, 'role.assign', 'secondary.ready', 'secondary.ready')?.slice(0, 3)).toEqual([
    'secondary.ready/role.assign/1',
    [],
    false,
  ])
})

test('what nothing explains is not explained', () => {
  expect(fired(component, 'role.done', 'primary.ready', 'offline.stopped')).toBeNull()
  expect(fired(component, 'xstate.init', null, 'offline.stopped')).toBeNull()
  expect(fired(node, 'peer.suspected', 'left', 'left')).toBeNull()
})
