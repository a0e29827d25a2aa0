/** Who is waited for before lease timings are settled, when they are, and who may become a voter meanwhile. */
import { beforeEach, expect, test } from 'bun:test'
import { leaseTimingOf } from '../../machines/logic/lease.ts'
import type { Members } from '../../machines/logic/replicatedLog.ts'
import type { Parts } from '../../src/node/parts.ts'
import { settledTimingKey, Timings } from '../../src/node/timings.ts'
import { Tree } from '../../src/repository/tree.ts'
import { configuration, timing } from '../support/configuration.ts'

const old = leaseTimingOf(timing)
const wanted = { ...old, nodeLeaseMs: 900 }
const leaseKey = 'configuration/timing/nodeLease'

let tree: Tree
let timings: Timings
let world: {
  members: Members
  peers: string[]
  isLeader: boolean
  isChanging: boolean
  isConfigured: boolean
  keep: (() => void)[]
  sent: unknown[]
  proposed: { entries: unknown; conditions: unknown }[]
}

const voter = (name: string) => ({ name, disk: `disk-${name}`, kind: 'voter' as const })

beforeEach(() => {
  tree = new Tree()
  world = {
    members: [voter('n1'), voter('n2'), voter('n3')],
    peers: ['n2', 'n3'],
    isLeader: true,
    isChanging: false,
    isConfigured: true,
    keep: [],
    sent: [],
    proposed: [],
  }
  const parts = {
    self: 'n1',
    configuration: configuration(),
    get peers() {
      return world.peers
    },
    disks: new Map([['n2', 'disk-n2']]),
    guard: { isConfigured: () => world.isConfigured },
    network: { send: (to: string, message: object) => world.sent.push({ to, ...message }) },
    replica: {
      tree,
      disk: 'disk-n1',
      get members() {
        return world.members
      },
      get isLeader() {
        return world.isLeader
      },
      isChanging: () => world.isChanging,
      keepApplied: (onKept: () => void) => world.keep.push(onKept),
      propose: (entries: unknown, conditions: unknown) => {
        world.proposed.push({ entries, conditions })
        return { ok: true, index: 0, epoch: 1 }
      },
    },
  } as unknown as Parts
  timings = new Timings(parts, timing)
  set(1, settledTimingKey, old)
  set(5, leaseKey, '900ms')
  timings.changedAt(5)
  timings.take(wanted)
})

function set(index: number, key: string, value: unknown): void {
  tree.apply({ type: 'set', entries: [{ key, value }], conditions: [] } as never, { epoch: 1, index })
}

const report = (node: string, index = 5, disk = `disk-${node}`) => timings.reported(node, { disk, index })

function keepOwn(): void {
  timings.tick()
  for (const kept of world.keep.splice(0)) kept()
}

test('held by the shorter, waited by the longer, until it is settled', () => {
  expect(timings.take(wanted)).toEqual({ holding: old, waiting: wanted })
  expect(timings.isSettled).toBe(false)
  set(6, settledTimingKey, wanted)
  expect([timings.isSettled, timings.waitedFor(), timings.take(wanted)]).toEqual([
    true,
    [],
    { holding: wanted, waiting: wanted },
  ])
})

test('settled when every member has come as far, on the disk that it has', () => {
  expect(timings.waitedFor()).toEqual(['n1', 'n2', 'n3'])
  keepOwn()
  report('n2', 5, 'disk-wiped')
  report('n3', 4)
  expect([timings.waitedFor(), world.proposed]).toEqual([['n2', 'n3'], []])
  report('n2')
  report('n3', 7)
  expect(world.proposed[0]).toEqual({
    entries: [{ key: settledTimingKey, value: wanted }],
    conditions: [
      { key: settledTimingKey, index: 1 },
      { key: leaseKey, index: 5 },
    ],
  })
})

test('not while the log has a later change, nor by a node that is not master', () => {
  world.isChanging = true
  keepOwn()
  report('n2')
  report('n3')
  expect([timings.waitedFor(), world.proposed]).toEqual([[], []])
  world.isChanging = false
  world.isLeader = false
  timings.tick()
  expect(world.proposed).toEqual([])
  world.isLeader = true
  timings.tick()
  expect(world.proposed.length).toBe(1)
})

test('this node counts, and says so, only when its guard goes by it and its disk has it', () => {
  world.isConfigured = false
  keepOwn()
  expect([world.sent, timings.waitedFor()]).toEqual([[], ['n1', 'n2', 'n3']])
  world.isConfigured = true
  timings.tick()
  expect([world.sent, timings.waitedFor()]).toEqual([[], ['n1', 'n2', 'n3']])
  keepOwn()
  timings.tick()
  expect(timings.waitedFor()).toEqual(['n2', 'n3'])
  expect(world.sent).toEqual(
    ['n2', 'n3'].flatMap((to) => [{ to, type: 'configuration.applied', disk: 'disk-n1', index: 5 }]),
  )
})

test('a node that is removed is waited for until it cannot act; one that is added, when it is a member', () => {
  world.peers = ['n2', 'n3', 'n4']
  expect(timings.waitedFor()).toContain('n4')
  world.peers = ['n2', 'n3']
  world.members = [voter('n1'), voter('n2')]
  expect(timings.waitedFor()).toEqual(['n1', 'n2'])
})

test('nobody becomes a voter before it goes by the repository; who is one stays one', () => {
  world.members = [voter('n1'), voter('n2'), { ...voter('n3'), kind: 'learner' }]
  const all = ['n1', 'n2', 'n3'].map((name) => ({ name, kind: 'voter' as const }))
  const kinds = () => timings.admissible(all).map(({ kind }) => kind)
  expect(kinds()).toEqual(['voter', 'voter', 'learner'])
  report('n3')
  expect(kinds()).toEqual(['voter', 'voter', 'voter'])
})
