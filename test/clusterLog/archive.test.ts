import { expect, test } from 'bun:test'
import { readdirSync, readFileSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { directorySink } from '../../src/clusterLog/archiveDirectory.ts'
import { type ArchiveBatch, type ArchiveSink, openArchive } from '../../src/clusterLog/archiveSink.ts'
import { pauseMs } from '../../src/clusterLog/archiving.ts'
import { randomOf } from '../../src/simulate/random.ts'
import { temporaryFolder } from '../support/folders.ts'
import { LogCluster } from './logCluster.ts'
import { roomy } from './support.ts'

const batch = (text: string): ArchiveBatch => ({ key: 'k1', text, recordCount: 1 })
const idsIn = (text: string) =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => (JSON.parse(line) as { id: string }).id)

test('a directory gets a file a day and node, and a line that was cut off is ended', async () => {
  const directory = join(temporaryFolder('archive'), 'made')
  let today = '2026-01-31'
  const sink = directorySink({ directory, cluster: 'demo', node: 'n1', today: () => today })
  await sink.write(batch('{"a":1}\n{"a":2}\n'))
  const path = join(directory, 'demo.n1.2026-01-31.jsonl')
  truncateSync(path, 10)
  await sink.write(batch('{"a":2}\n'))
  expect(readFileSync(path, 'utf8')).toBe('{"a":1}\n{"\n{"a":2}\n')
  today = '2026-02-01'
  await sink.write(batch('{"a":3}\n'))
  expect(readdirSync(directory).sort()).toEqual(['demo.n1.2026-01-31.jsonl', 'demo.n1.2026-02-01.jsonl'])
})

test('an endpoint gets JSON lines with a key and a token; anything but a yes is a failure', async () => {
  const seen: { headers: Record<string, string>; text: string }[] = []
  let status = 200
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    async fetch(request) {
      seen.push({ headers: Object.fromEntries(request.headers), text: await request.text() })
      return new Response('', { status, headers: { location: '/elsewhere' } })
    },
  })
  let token = 't1'
  const sink = openArchive({ to: server.url.href, cluster: 'demo', node: 'n1', token: () => token })
  await sink.write(batch('{"a":1}\n'))
  expect(seen[0]!.text).toBe('{"a":1}\n')
  expect(seen[0]!.headers).toMatchObject({
    'idempotency-key': 'k1',
    'content-type': 'application/jsonl',
    authorization: 'Bearer t1',
    'rolecall-cluster': 'demo',
    'rolecall-node': 'n1',
    'rolecall-record-count': '1',
  })
  token = 't2'
  for (status of [400, 429, 503]) await expect(sink.write(batch('{"a":1}\n'))).rejects.toThrow(`it answered ${status}`)
  expect(seen.at(-1)!.headers.authorization).toBe('Bearer t2')
  // It would be given the token, and nobody would know where the records went.
  status = 302
  const count = seen.length
  await expect(sink.write(batch('{"a":1}\n'))).rejects.toThrow()
  expect(seen.length).toBe(count + 1)
  await server.stop(true)
  await expect(sink.write(batch('{"a":1}\n'))).rejects.toThrow()
})

test('pauses grow to a minute', () => {
  expect([1, 2, 3, 6, 7, 100].map(pauseMs)).toEqual([1000, 2000, 4000, 32_000, 60_000, 60_000])
})

/** Says no, or takes a batch and fails to say so. */
function fickle(random: ReturnType<typeof randomOf>, taken: ArchiveBatch[], faults: { isOn: boolean }): ArchiveSink {
  return {
    name: 'fickle',
    async write(each) {
      const draw = faults.isOn ? random.next() : 1
      if (draw < 0.3) throw new Error('it answered 503')
      taken.push(each)
      if (draw < 0.5) throw new Error('the connection broke')
    },
  }
}

for (const seed of [1, 2, 3, 4]) {
  test(`whoever is master archives every record, whatever fails meanwhile (seed ${seed})`, async () => {
    const names = ['n1', 'n2', 'n3']
    const random = randomOf(seed, 'archive')
    const taken: ArchiveBatch[] = []
    const faults = { isOn: true }
    const archive = fickle(random, taken, faults)
    const limits = { ...roomy, isArchived: true }
    const cluster = new LogCluster({
      directory: temporaryFolder('log-archive'),
      names,
      seed,
      lossShare: 0.05,
      node: () => ({ archive, limits }),
    })
    for (let turn = 0; turn < 40; turn++) {
      const name = random.pick(names)
      const draw = random.next()
      if (draw < 0.08 && cluster.nodes.size > 1 && cluster.nodes.has(name)) cluster.kill(name)
      else if (draw < 0.2 && !cluster.nodes.has(name)) cluster.start(name)
      else for (let index = 0; index < 10; index++) cluster.record(name)
      if (!cluster.isUp(cluster.master) || draw > 0.95) cluster.master = [...cluster.nodes.keys()][0]!
      await cluster.pass(random.pick([10, 300, 2000]), 20)
    }
    faults.isOn = false
    for (const name of names) if (!cluster.nodes.has(name)) cluster.start(name)
    await cluster.pass(120_000, 100)
    const archived = taken.flatMap(({ text }) => idsIn(text))
    expect([...cluster.expected.keys()].filter((id) => !archived.includes(id))).toEqual([])
    const texts = Map.groupBy(taken, ({ key }) => key)
    for (const same of texts.values()) expect(new Set(same.map(({ text }) => text)).size).toBe(1)
    // What was not said yes to is tried again as it was, unless another became master.
    expect([...texts.values()].some((same) => same.length > 1)).toBe(true)
    // Twice only what an answer was lost for, or a master had not told yet.
    expect(archived.length).toBeLessThan(3 * cluster.expected.size)
    const { archivedCount, archiveFailure } = cluster.nodes.get(cluster.master)!.log.stats()
    expect([archivedCount > 0, archiveFailure]).toEqual([true, null])
    cluster.end()
  })
}

test('that a master cannot archive all nodes know, as long as it is there', async () => {
  const archive: ArchiveSink = { name: 'broken', write: () => Promise.reject(new Error('no room')) }
  const works: ArchiveSink = { name: 'works', write: () => Promise.resolve() }
  const cluster = new LogCluster({
    directory: temporaryFolder('log-archive'),
    names: ['n1', 'n2', 'n3'],
    node: (name) => ({ archive: name === 'n1' ? archive : works, limits: { ...roomy, isArchived: true } }),
  })
  cluster.record('n1')
  await cluster.pass(6000, 50)
  const problems = () => cluster.nodes.get('n2')!.log.problems()
  expect(problems()).toEqual([{ code: 'log.unarchived', node: 'n1', detail: 'broken: no room' }])
  cluster.kill('n1')
  cluster.master = 'n2'
  await cluster.pass(6000, 50)
  expect(problems()).toEqual([])
  cluster.end()
})
