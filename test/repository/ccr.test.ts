import { expect, test } from 'bun:test'
import type { GetResult, TransactResult } from '../../src/repository/ccr.ts'
import { CcrCluster, type CcrClusterOptions } from './ccrCluster.ts'

const linearizable = { consistency: 'linearizable' } as const
const stale = { consistency: 'stale' } as const

function settled(options?: CcrClusterOptions): CcrCluster {
  const cluster = new CcrCluster(options)
  cluster.settle()
  cluster.posted.length = 0
  return cluster
}

const set = (cluster: CcrCluster, node: string, key: string, value: unknown) =>
  cluster.finish<TransactResult>((done) => cluster.ccr(node).set(key, value, done))
const get = (cluster: CcrCluster, node: string, key: string) =>
  cluster.finish<GetResult>((done) => cluster.ccr(node).get(key, linearizable, done))
const contentOf = (result: GetResult) => (result.ok ? (result.entry?.value ?? null) : result.code)

test('what is set on any node is read on any node at once, and the revisions tell', () => {
  const cluster = settled()
  for (const writer of cluster.names) {
    const written = set(cluster, writer, 'services/db', { host: writer, key: new Uint8Array([1, 2]) })
    if (!written.ok) throw new Error(written.text)
    for (const reader of cluster.names) {
      const read = get(cluster, reader, 'services/db')
      expect(read).toMatchObject({
        ok: true,
        entry: { index: written.revision, value: { host: writer, key: new Uint8Array([1, 2]) } },
      })
    }
  }
  expect(cluster.finish((done) => cluster.ccr('n3').delete('services/db', done))).toMatchObject({ ok: true })
  expect(contentOf(get(cluster, 'n2', 'services/db'))).toBeNull()
})

test('a linearizable read writes nothing; on the master it sends nothing either, elsewhere one question', () => {
  const cluster = settled()
  set(cluster, 'n1', 'k', 1)
  cluster.run(100)
  const before = cluster.of('n1').replica.commitIndex
  cluster.posted.length = 0
  let isBack = false
  cluster.ccr('n1').get('k', linearizable, () => (isBack = true))
  expect([isBack, cluster.posted]).toEqual([true, []])
  get(cluster, 'n3', 'k')
  expect(cluster.posted).toEqual(['n3 > n1 ccr.request', 'n1 > n3 ccr.answer'])
  expect(cluster.of('n1').replica.commitIndex).toBe(before)
})

test('a follower that lags reads what is committed, not what it has; a stale read gives what it has', () => {
  const cluster = settled()
  set(cluster, 'n1', 'k', 'old')
  cluster.run(100)
  const deliver = cluster.of('n3').replica.receive.bind(cluster.of('n3').replica)
  const held: Parameters<typeof deliver>[] = []
  cluster.of('n3').replica.receive = (...words) => void held.push(words)
  set(cluster, 'n1', 'k', 'new')
  const results: unknown[] = []
  cluster.ccr('n3').get('k', linearizable, (result) => results.push(contentOf(result)))
  cluster.ccr('n3').get('k', stale, (result) => results.push(contentOf(result)))
  cluster.run(50)
  expect(results).toEqual(['old'])
  cluster.of('n3').replica.receive = deliver
  for (const words of held) deliver(...words)
  cluster.run(50)
  expect(results).toEqual(['old', 'new'])
})

test('compare-and-set: of two that saw the same, one succeeds, and the other learns what there is', () => {
  const cluster = settled()
  const first = set(cluster, 'n2', 'k', 0)
  if (!first.ok) throw new Error(first.text)
  const results: TransactResult[] = []
  for (const node of ['n2', 'n3'])
    cluster.ccr(node).compareAndSet({ key: 'k', index: first.revision, value: node }, (result) => results.push(result))
  cluster.run(50)
  const won = results.find(({ ok }) => ok)
  const lost = results.find(({ ok }) => !ok)
  if (!won?.ok) throw new Error('nobody won')
  expect(lost).toEqual({
    ok: false,
    code: 'conflict',
    text: `k was last set at revision ${won.revision}; nothing was changed`,
    conflicts: [{ key: 'k', index: won.revision }],
  })
  const absent = cluster.finish<TransactResult>((done) =>
    cluster.ccr('n2').transact({ conditions: [{ key: 'gone', index: 4 }], changes: [{ key: 'a', value: 1 }] }, done),
  )
  expect(absent).toMatchObject({ code: 'conflict', conflicts: [{ key: 'gone', index: 0 }] })
  expect(contentOf(get(cluster, 'n1', 'a'))).toBeNull()
})

test('what users may not write, and what is no key, is refused before anything is sent', () => {
  const cluster = settled()
  const codes = [
    set(cluster, 'n2', 'intent/ledger', 1),
    set(cluster, 'n2', 'a//b', 1),
    set(cluster, 'n2', 'a', 'x'.repeat(30_000)),
    get(cluster, 'n2', ''),
    cluster.ccr('n2').watch('a//', { afterRevision: null }, () => {}),
  ].map((result) => !result.ok && result.code)
  expect(codes).toEqual(['reserved', 'invalid', 'too-large', 'invalid', 'invalid'])
  expect(cluster.posted).toEqual([])
})

test('the master is lost after a transaction was sent: indeterminate at once; reads find the next master', () => {
  const cluster = settled()
  const results: Record<string, unknown> = {}
  cluster.ccr('n2').set('k', 1, (result) => (results.set = result))
  cluster.ccr('n3').get('k', linearizable, (result) => (results.get = result))
  cluster.crash('n1')
  cluster.tellGone('n1')
  expect(results).toMatchObject({ set: { ok: false, code: 'indeterminate' } })
  cluster.run(1500)
  expect(results.get).toMatchObject({ ok: true })
  expect(set(cluster, 'n3', 'k', 2)).toMatchObject({ ok: true })
})

test('an answer that is lost: timed out, the outcome unknown; it was done', () => {
  const cluster = settled()
  cluster.isLost = (_from, _to, type) => type === 'ccr.answer'
  expect(set(cluster, 'n2', 'k', 1)).toMatchObject({
    ok: false,
    code: 'timed-out',
    text: expect.stringContaining('may have been'),
  })
  cluster.isLost = () => false
  expect(contentOf(get(cluster, 'n3', 'k'))).toBe(1)
})

test('without a majority: no-quorum, soon, with nothing done; a stale read still answers', () => {
  const cluster = settled()
  set(cluster, 'n1', 'k', 1)
  cluster.run(100)
  for (const name of ['n2', 'n3']) cluster.crash(name)
  cluster.run(1000)
  const beganMs = cluster.world.nowMs
  expect(set(cluster, 'n1', 'k', 2)).toMatchObject({ code: 'no-quorum' })
  expect(get(cluster, 'n1', 'k')).toMatchObject({ code: 'no-quorum' })
  expect(cluster.world.nowMs - beganMs).toBeLessThan(5000)
  expect(contentOf(cluster.finish((done) => cluster.ccr('n1').get('k', stale, done)))).toBe(1)
})

test('a master that is cut off answers no read once another could have been written', () => {
  const cluster = settled()
  set(cluster, 'n1', 'k', 'old')
  cluster.isCut = (from, to) => from === 'n1' || to === 'n1'
  const results: unknown[] = []
  for (let step = 0; step < 300 && !cluster.of('n2').isMaster; step += 1) cluster.run(5)
  set(cluster, 'n3', 'k', 'new')
  cluster.ccr('n1').get('k', linearizable, (result) => results.push(contentOf(result)))
  cluster.run(6000)
  expect(results).toEqual(['no-quorum'])
  cluster.isCut = () => false
  cluster.run(500)
  expect(contentOf(get(cluster, 'n1', 'k'))).toBe('new')
})

test('more than 1024 requests at once are refused, and all the others are answered', () => {
  const cluster = settled()
  const codes: Record<string, number> = {}
  for (let count = 0; count < 1100; count += 1)
    cluster.ccr('n2').get('k', linearizable, (result) => {
      const code = result.ok ? 'ok' : result.code
      codes[code] = (codes[code] ?? 0) + 1
    })
  cluster.run(100)
  expect(codes).toEqual({ overloaded: 76, ok: 1024 })
})

test('the shared configuration is validated by the master, one change after the other, and every problem is told', () => {
  const seen: number[] = []
  const cluster = settled({
    validate: (changes, tree) => {
      seen.push(tree.list('configuration').length)
      return changes.flatMap(({ key, value }) => (value === 'wrong' ? [{ key, text: 'is wrong' }] : []))
    },
  })
  const changes = ['a', 'b', 'c'].map((name) => ({ key: `configuration/${name}`, value: name === 'b' ? 1 : 'wrong' }))
  const refused = cluster.finish<TransactResult>((done) =>
    cluster.ccr('n2').transact({ conditions: [], changes }, done),
  )
  expect(refused).toMatchObject({
    code: 'refused',
    problems: [
      { key: 'configuration/a', text: 'is wrong' },
      { key: 'configuration/c', text: 'is wrong' },
    ],
  })
  seen.length = 0
  const results: boolean[] = []
  for (const name of ['a', 'b', 'c', 'd'])
    cluster.ccr(name < 'c' ? 'n2' : 'n3').set(`configuration/${name}`, 1, ({ ok }) => results.push(ok))
  cluster.run(1000)
  expect(results).toEqual([true, true, true, true])
  expect(seen).toEqual([0, 1, 2, 3])
  expect(set(cluster, 'n3', 'other', 'wrong').ok).toBe(true)
})

test('watches: one that moves to another node goes on after the last revision it saw', () => {
  const cluster = settled()
  const seen: [number, unknown][] = []
  let last = 0
  const follow = (node: string) =>
    cluster.ccr(node).watch('a', { afterRevision: last }, (changed, revision) => {
      seen.push([revision, changed.map(({ value }) => value)])
      last = revision
    })
  const first = follow('n1')
  set(cluster, 'n1', 'a/x', 1)
  if (first.ok) first.end()
  const missed = [set(cluster, 'n2', 'a/x', 2), set(cluster, 'n3', 'a/y', 3), set(cluster, 'n3', 'b', 4)]
  follow('n3')
  const after = set(cluster, 'n1', 'a', 5)
  cluster.run(50)
  expect(seen.map(([, values]) => values)).toEqual([[1], [2], [3], [5]])
  expect(seen.slice(1).map(([revision]) => revision)).toEqual(
    [missed[0], missed[1], after].map((result) => (result?.ok ? result.revision : 0)),
  )
  expect(cluster.ccr('n2').history('a')).toMatchObject({
    ok: true,
    changes: [{ value: 1 }, { value: 2 }, { value: 3 }, { value: 5 }],
  })
})
