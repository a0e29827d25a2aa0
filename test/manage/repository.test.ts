import { afterEach, expect, test } from 'bun:test'
import { join } from 'node:path'
import { type Changes, repositoryOf } from '../../src/manage/repositoryClient.ts'
import { soloCcr } from '../repository/soloCcr.ts'
import { temporaryFolder } from '../support/folders.ts'
import { afterThisTest, serveView, soundView, undoAll } from './support.ts'

afterEach(undoAll)

async function serve(solo = soloCcr()) {
  const path = join(temporaryFolder('manage'), 'control.sock')
  await serveView({ path, view: soundView, repository: solo.ccr })
  const ask = async (pathname: string, init?: RequestInit) => {
    const response = await fetch(`http://rolecall${pathname}`, { ...init, unix: path })
    return [response.status, await response.json()] as const
  }
  return { solo, path, ask, client: repositoryOf({ path, timeoutMs: 5000 }) }
}

const set = (key: string, value: unknown, conditions: { key: string; revision: number }[] = []) => ({
  conditions,
  changes: [{ key, value }],
})

test('a transaction, and what was set, over HTTP', async () => {
  const { ask } = await serve()
  const post = (body: unknown) => ask('/v1/repository/transaction', { method: 'POST', body: JSON.stringify(body) })
  expect(await post(set('a/b', { n: [1], bytes: { $base64: 'AAE=' } }))).toEqual([200, { ok: true, revision: 2 }])
  const entry = { key: 'a/b', value: { n: [1], bytes: { $base64: 'AAE=' } }, revision: 2 }
  expect(await ask('/v1/repository/entry?key=a/b')).toEqual([200, { ...entry, readAt: 2 }])
  expect(await ask('/v1/repository/entry?key=a%2Fb&stale')).toEqual([200, { ...entry, readAt: 2 }])
  expect(await ask('/v1/repository/history?prefix=a')).toEqual([200, { revision: 2, oldest: 1, changes: [entry] }])
  expect(await post(set('a/b', 1, [{ key: 'a/b', revision: 1 }]))).toEqual([
    409,
    {
      ok: false,
      code: 'conflict',
      text: 'a/b was last set at revision 2; nothing was changed',
      conflicts: [{ key: 'a/b', revision: 2 }],
    },
  ])
  expect(await post(set('a/b', null))).toEqual([200, { ok: true, revision: 4 }])
  expect(await ask('/v1/repository/entry?key=a/b')).toMatchObject([404, { code: 'no-such', text: "no key 'a/b'" }])
})

test('what is refused, and how', async () => {
  const { ask, solo } = await serve(
    soloCcr({ validate: (changes) => changes.map(({ key }) => ({ key, text: 'is wrong' })) }),
  )
  const post = async (body: unknown) => {
    const [status, answer] = await ask('/v1/repository/transaction', { method: 'POST', body: JSON.stringify(body) })
    return [status, (answer as { code: string }).code]
  }
  expect(await post(null)).toEqual([400, 'invalid'])
  expect(await post({ changes: [] })).toEqual([400, 'invalid'])
  expect(await post({ ...set('a', 1), more: 1 })).toEqual([400, 'invalid'])
  expect(await post(set('a', { $base64: 7 }))).toEqual([400, 'invalid'])
  expect(await post(set('a//b', 1))).toEqual([400, 'invalid'])
  expect(await post(set('intent/x', 1))).toEqual([403, 'reserved'])
  expect(await post(set('a', 'x'.repeat(40_000)))).toEqual([413, 'too-large'])
  expect(await post(set('configuration/a', 1))).toEqual([422, 'refused'])
  expect(await ask('/v1/repository/entry?key=')).toMatchObject([400, { code: 'invalid' }])
  expect(await ask('/v1/repository/watch?after=-1')).toMatchObject([400, { code: 'invalid' }])
  expect(await ask('/v1/repository/watch?after=0')).toMatchObject([410, { code: 'compacted', oldest: 1 }])
  solo.leader = null
  expect(await post(set('a', 1))).toEqual([503, 'no-quorum'])
})

test('a list is complete, in order, and as it was when it was asked for', async () => {
  const entries = Array.from({ length: 1000 }, (_, place) => ({
    key: `k/${String(place).padStart(4, '0')}`,
    value: place,
    epoch: 1,
    index: 1,
  }))
  const { client } = await serve(soloCcr({ entries }))
  const [listed, written] = await Promise.all([client.list('k', { isStale: false }), client.transact(set('k/9999', 1))])
  expect(written.ok).toBe(true)
  if (!listed.ok) throw new Error(listed.text)
  expect(listed.entries.slice(0, 1000).map(({ value }) => value)).toEqual(entries.map(({ value }) => value))
  expect(listed.entries.length).toBe(listed.revision === 1 ? 1000 : 1001)
  expect(await client.list('nothing', { isStale: true })).toMatchObject({ ok: true, entries: [] })
})

async function collect(generator: AsyncGenerator<{ ok: boolean }>, count: number): Promise<unknown[]> {
  const lines: unknown[] = []
  for await (const line of generator) {
    lines.push(line)
    if (lines.length === count) break
  }
  return lines
}

test('a watch: what is past, then what comes; a transaction is one line', async () => {
  const { client } = await serve()
  for (const value of [1, 2]) await client.transact(set('a', value))
  const stop = new AbortController()
  afterThisTest(() => stop.abort())
  const watching = collect(client.watch({ prefix: '', after: 1, signal: stop.signal }), 4)
  await client.transact({
    changes: [
      { key: 'b', value: 3 },
      { key: 'a', value: null },
    ],
  })
  const lines = (await watching) as Changes[]
  expect(
    lines.map(({ revision, changes }) => [revision, changes?.map(({ key, value }) => [key, value]) ?? null]),
  ).toEqual([
    [1, null],
    [2, [['a', 1]]],
    [3, [['a', 2]]],
    [
      4,
      [
        ['b', 3],
        ['a', null],
      ],
    ],
  ])
})

test('a watcher that does not keep up is told so, and holds nothing up', async () => {
  const { client, path } = await serve(soloCcr({ bounds: { countMax: 10, bytesMax: 1e6 } }))
  const response = await fetch('http://rolecall/v1/repository/watch', { unix: path })
  const big = 'x'.repeat(20_000)
  for (let count = 0; count < 400; count += 1) expect((await client.transact(set('a', big + count))).ok).toBe(true)
  const text = await response.text()
  const lines = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(lines[0]).toEqual({ revision: 1 })
  expect(lines.at(-1)).toMatchObject({ ok: false, code: 'compacted' })
  const revisions = lines.slice(1, -1).map(({ revision }) => revision)
  expect(revisions).toEqual(revisions.map((_, place) => place + 2))
}, 20_000)
