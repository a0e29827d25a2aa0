import { expect, test } from 'bun:test'
import type { ClusterView } from '../../../../machines/model/view.ts'
import { actorsOf } from '../../../../src/manage/console/state/actors.ts'
import { keepSame, nothingShown } from '../../../../src/manage/console/state/shown.ts'
import { shownOfView } from '../../../../src/manage/console/state/shownLive.ts'
import { shownOfPast } from '../../../../src/manage/console/state/shownPast.ts'
import type { Structure } from '../../../../src/manage/console/state/structure.ts'
import { states } from '../records.ts'

const component = (id: `${string}/${string}`, role: string, more: object = {}) => ({
  component: id,
  type: 'ledger',
  assignment: 'ledger',
  role,
  phase: 'ready',
  intendedRole: role,
  incarnation: 1,
  isLocked: false,
  isBarred: false,
  failure: null,
  endpoint: null,
  ...more,
})

function view(...components: object[]): ClusterView {
  return {
    cluster: 'demo',
    node: 'n1',
    epoch: 1,
    master: 'n1',
    vice: null,
    protocol: 1,
    quorum: { isQuorate: true, voterCount: 3, aliveVoterCount: 3, neededCount: 2 },
    nodes: [],
    arbiter: null,
    assignments: [
      {
        name: 'ledger',
        redundancy: '2N',
        health: 'served',
        primary: null,
        endpoint: null,
        secondaries: [],
        spares: [],
        reason: null,
      },
    ],
    components: components as unknown as ClusterView['components'],
    problems: [],
  }
}

test('a place says what it is, what it is to be, and what keeps it', () => {
  const failure = { code: 'process.exited', detail: 'signal SIGKILL' }
  const shown = shownOfView(
    view(
      component('n1/ledger', 'offline', { phase: 'stopped', failure, isBarred: true }),
      component('n2/ledger', 'secondary', { intendedRole: 'primary' }),
    ),
  )
  const { places } = shown.assignments[0]!
  expect(places.get('n1')).toMatchObject([{ mark: 'barred', note: 'process.exited: signal SIGKILL' }])
  expect(places.get('n2')).toMatchObject([{ role: 'secondary', intended: 'primary', mark: null }])
})

test('what has not changed is the same object, so that only what changed is drawn', () => {
  const others = ['n2', 'n3'].map((node) => component(`${node}/ledger`, 'spare'))
  const before = keepSame(nothingShown, shownOfView(view(component('n1/ledger', 'primary'), ...others)))
  const same = keepSame(before, shownOfView(view(component('n1/ledger', 'primary'), ...others)))
  expect(same.assignments).toEqual(before.assignments)
  expect(same.assignments[0]).toBe(before.assignments[0]!)
  const moved = keepSame(before, shownOfView(view(component('n1/ledger', 'secondary'), ...others)))
  expect(moved.assignments[0]).not.toBe(before.assignments[0]!)
  expect(moved.assignments[0]!.places.get('n2')).toBe(before.assignments[0]!.places.get('n2')!)
})

const structure: Structure = {
  components: new Map([
    ['n1/ledger', 'ledger'],
    ['n2/ledger', 'ledger'],
  ]),
  redundancies: new Map([['ledger', '2N']]),
  nodes: ['n1', 'n2'],
}

const past = (...texts: string[]) => shownOfPast(actorsOf(states(0, ...texts)), structure)

test('of the past, health follows from the roles that were ready', () => {
  const health = (...texts: string[]) => past(...texts).assignments[0]!.health
  expect(health('n1 component/n1/ledger primary.ready', 'n2 component/n2/ledger secondary.ready')).toBe('served')
  expect(health('n1 component/n1/ledger primary.ready', 'n2 component/n2/ledger spare.ready')).toBe('degraded')
  expect(health('n1 component/n1/ledger primary.assuming', 'n2 component/n2/ledger secondary.ready')).toBe('unserved')
})

test('of the past, a node is as the master saw it, and what ran on one that had ended is gone', () => {
  const shown = past(
    'n1 membership primary.acting',
    'n1 node/n2 ended.settled',
    'n1 component/n1/ledger secondary.ready',
    'n2 component/n2/ledger primary.ready',
  )
  expect(shown.nodes).toMatchObject([
    { name: 'n1', availability: 'alive', mastership: 'master' },
    { name: 'n2', availability: 'ended' },
  ])
  expect(shown.assignments[0]).toMatchObject({ health: 'unserved' })
  expect(shown.assignments[0]!.places.get('n2')).toMatchObject([{ role: 'offline', mark: 'gone' }])
})
