/** Checkers of what several models add: each is silent over a good stream, and speaks over one with one thing wrong. */
import { describe, expect, test } from 'bun:test'
import type { Configuration } from '../../../machines/model/configuration.ts'
import type { Dependency } from '../../../machines/model/relationships.ts'
import type { Checker } from '../../../src/simulate/checkers/checker.ts'
import { handOverChangesNothing } from '../../../src/simulate/checkers/handOver.ts'
import { incarnationsNeverGoBack } from '../../../src/simulate/checkers/incarnations.ts'
import { watching } from '../../../src/simulate/checkers/index.ts'
import { hardApart, nodeCapacity } from '../../../src/simulate/checkers/room.ts'
import { servingLimits } from '../../../src/simulate/checkers/serving.ts'
import { sponsorsFirst } from '../../../src/simulate/checkers/sponsorsFirst.ts'
import type { Observation } from '../../../src/simulate/observation.ts'
import { componentType, configuration } from '../../support/configuration.ts'
import { at, role } from './observations.ts'

function said(checker: Checker, stream: readonly Observation[]): string[] {
  const checkers = watching([checker])
  for (const observation of stream) checkers.observe(observation)
  checkers.observe(at(1_000_000, { type: 'run.ended' }))
  return checkers.violations().map(({ text }) => text)
}

const nodes = ['a', 'b', 'c']
const base = configuration({ nodes })

/** N+M: web1 to web3 on one component; big and small by weight; app needs big; small and app apart. */
const cluster: Configuration = {
  ...base,
  nodes: Object.fromEntries(
    Object.entries(base.nodes).map(([name, node]) => [name, { ...node, capacity: { memory: 4 } }]),
  ),
  types: {
    plain: componentType(),
    pool: componentType({ serves: { primaryCountMax: 2, secondaryCountMax: 2, isMixed: false } }),
  },
  components: Object.fromEntries(
    ['pool', 'big', 'small', 'app'].map((name) => [
      name,
      { type: name === 'pool' ? 'pool' : 'plain', nodes, instances: {} },
    ]),
  ),
  assignments: {
    ...Object.fromEntries(['web1', 'web2', 'web3'].map((name) => [name, { component: 'pool', redundancy: 'N+M' }])),
    big: { component: 'big', redundancy: '2N', weights: { primary: { memory: 3 }, secondary: { memory: 1 } } },
    small: { component: 'small', redundancy: '2N', weights: { primary: { memory: 2 }, secondary: { memory: 1 } } },
    app: { component: 'app', redundancy: 'none' },
  },
  relationships: {
    needs: {
      ...{ kind: 'dependency', dependent: 'app', sponsor: 'big' },
      ...{ instanceCountMin: 1, toleranceMs: 0, mode: 'full' },
    },
    apart: {
      ...{ kind: 'apart', level: 'node', strength: 'required' },
      members: [{ assignment: 'small' }, { assignment: 'app' }],
    },
  },
}

const pool = (atMs: number, assignment: string, held: 'primary' | 'secondary' | 'spare') =>
  role(atMs, 'a', 'a/pool', held, { assignment })
const plain = (atMs: number, node: string, name: string, held: 'primary' | 'secondary' | 'quiescing' | 'spare') =>
  role(atMs, node, `${node}/${name}`, held, { assignment: name })

describe('serving limits', () => {
  const judged = (...stream: Observation[]) => said(servingLimits(cluster, { promotionMs: 100 }), stream)

  test('as many as it can, and no more', () => {
    const two = [pool(1, 'web1', 'primary'), pool(2, 'web2', 'primary')]
    expect(judged(...two)).toEqual([])
    expect(judged(...two, pool(3, 'web3', 'primary'), pool(4, 'web3', 'spare'))).toEqual([
      'a/pool acts for web1, web2, web3, and can for 2',
    ])
  })
  test('one that ends in the same instant makes room', () => {
    const two = [pool(1, 'web1', 'primary'), pool(2, 'web2', 'primary')]
    expect(judged(...two, pool(3, 'web3', 'primary'), pool(3, 'web1', 'spare'))).toEqual([])
    const ended = at(3, { type: 'component.ended', node: 'a', component: 'a/pool' })
    expect(judged(...two, ended, pool(4, 'web3', 'primary'))).toEqual([])
  })
  test('primary for some and secondary for others only on the way to be primary for all', () => {
    const before = [pool(1, 'web1', 'secondary'), pool(2, 'web2', 'secondary'), pool(10, 'web1', 'primary')]
    const text = 'a/pool acts for others while it stands by for web2'
    expect(judged(...before, pool(50, 'web2', 'primary'))).toEqual([])
    expect(judged(...before, pool(50, 'web2', 'spare'))).toEqual([text])
    expect(judged(...before, pool(500, 'web2', 'primary'))).toEqual([text])
  })
})

test('capacity: what still hands over has its weight, what stands by has less', () => {
  const judged = (...stream: Observation[]) => said(nodeCapacity(cluster), stream)
  const big = plain(1, 'a', 'big', 'primary')
  expect(judged(big, plain(2, 'a', 'small', 'secondary'))).toEqual([])
  expect(judged(big, plain(2, 'b', 'small', 'primary'))).toEqual([])
  const quiescing = plain(3, 'a', 'big', 'quiescing')
  expect(judged(big, quiescing, plain(4, 'a', 'small', 'primary'))).toEqual([
    'a bears 5 memory, and has 4: big primary, small primary',
  ])
  expect(judged(big, quiescing, plain(4, 'a', 'big', 'spare'), plain(4, 'a', 'small', 'primary'))).toEqual([])
})

test('apart: in whatever active or standby role, on one node', () => {
  const judged = (...stream: Observation[]) => said(hardApart(cluster), stream)
  const small = plain(1, 'a', 'small', 'secondary')
  expect(judged(small, plain(2, 'b', 'app', 'primary'))).toEqual([])
  expect(judged(small, plain(2, 'a', 'big', 'primary'))).toEqual([])
  expect(judged(small, plain(2, 'a', 'app', 'primary'))).toEqual([
    'a/small and a/app stand in one node, for small and app, against apart',
  ])
})

describe('sponsors first', () => {
  const judged = (...stream: Observation[]) => said(sponsorsFirst(cluster, { newsMs: 100 }), stream)
  const told = (atMs: number, decided = 1) =>
    at(atMs, { type: 'primary.commanded', component: 'b/app', assignment: 'app', decidedCount: () => decided })
  const big = plain(10, 'a', 'big', 'primary')

  test('a sponsor that was never served', () => {
    expect(judged(told(20))).toEqual(['b/app is told to be primary of app, and not 1 acted for big ever'])
    expect(judged(big, told(20))).toEqual([])
  })
  test('one that is gone for longer than news takes', () => {
    const ended = at(30, { type: 'node.ended', node: 'a' })
    expect(judged(big, ended, told(100))).toEqual([])
    expect(judged(big, ended, told(131))).toHaveLength(1)
  })
  test('where only the order of starting counts, one that is not to start', () => {
    const { needs } = cluster.relationships as Record<string, Dependency>
    const ordered = { ...cluster, relationships: { needs: { ...needs!, mode: 'start' as const } } }
    const judgedSo = (...stream: Observation[]) => said(sponsorsFirst(ordered, { newsMs: 100 }), stream)
    expect(judgedSo(told(20, 0))).toEqual([])
    expect(judgedSo(told(20, 1))).toHaveLength(1)
    expect(judged(told(20, 0))).toHaveLength(1)
  })
  test('one that acts already begins nothing when it is told so anew', () => {
    expect(judged(plain(10, 'b', 'app', 'primary'), told(20))).toEqual([])
    expect(judged(plain(10, 'c', 'app', 'primary'), told(20))).toHaveLength(1)
    expect(judged(plain(10, 'b', 'app', 'primary'), plain(11, 'b', 'app', 'spare'), told(20))).toHaveLength(1)
  })
})

test('lives of a component are counted up', () => {
  const began = (atMs: number, component: string, incarnation: number) =>
    at(atMs, { type: 'component.started', node: 'a', component, incarnation })
  const rising = [began(1, 'a/big', 1), began(2, 'a/big', 2), began(3, 'a/big', 100_001), began(4, 'a/app', 1)]
  expect(said(incarnationsNeverGoBack(), rising)).toEqual([])
  expect(said(incarnationsNeverGoBack(), [...rising, began(5, 'a/big', 3)])).toEqual([
    'life 3 of a/big begins after life 100001',
  ])
})

describe('a hand-over changes nothing', () => {
  const token = (atMs: number, index: number) =>
    at(atMs, { type: 'token.taken', holder: 'program a/big 1', token: { epoch: 2, index } })
  const judged = (...stream: Observation[]) =>
    said(handOverChangesNothing(), [
      token(1, 5),
      at(10, { type: 'calm.began' }),
      at(11, { type: 'mastership.acquired', node: 'b', epoch: 3 }),
      ...stream,
      at(20, { type: 'calm.ended' }),
      plain(21, 'a', 'big', 'primary'),
    ])

  test('the same token again is nothing new; another is', () => {
    expect(judged(token(12, 5))).toEqual([])
    expect(judged(token(12, 6))).toEqual([
      'program a/big 1 is told anew, though nothing happened but a change of master',
    ])
  })
  test('nor does a program begin, end, or change its role', () => {
    expect(judged(plain(12, 'a', 'big', 'spare'))).toHaveLength(1)
    expect(judged(at(12, { type: 'component.ended', node: 'a', component: 'a/big' }))).toHaveLength(1)
    const began = { type: 'component.started', node: 'a', component: 'a/big', incarnation: 2 } as const
    expect(judged(at(12, began))).toHaveLength(1)
  })
})
