import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { appendFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { token } from '../../agents/sdk/support.ts'
import { Cluster, type Node, root } from '../support.ts'

// Real processes, on whatever machine: a bound, not a measure.
setDefaultTimeout(60_000)

let cluster: Cluster
let a: Node
let b: Node
let tracePath: string

beforeEach(async () => {
  cluster = new Cluster()
  tracePath = join(cluster.directory.path, 'trace.jsonl')
  const command = [process.execPath, join(root, 'examples/ledger/main.ts')]
  const add = (name: string) =>
    cluster.add(name, command, {
      LEDGER_PORT: '0',
      LEDGER_DIRECTORY: join(cluster.directory.path, name),
      LEDGER_TRACE: tracePath,
    })
  a = add('n1')
  b = add('n2')
  await Promise.all([a.start(), b.start()])
})
afterEach(() => cluster.close())

async function write(node: Node, texts: readonly string[]): Promise<unknown[]> {
  return Promise.all(texts.map(async (text) => (await node.post('/entries', { text, id: text })).body.number))
}

async function texts(node: Node): Promise<string[]> {
  const { entries } = (await node.get('/entries?limit=10000')).body as { entries: { text: string }[] }
  return entries.map(({ text }) => text)
}

function range(count: number, prefix = 'entry'): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix} ${index}`)
}

/** a primary, b secondary, under the token of index `index`. */
async function pair(index = 7): Promise<void> {
  await a.take({ role: 'primary', token: token(index), peers: [] })
  const secondary = b.take({ role: 'secondary', token: token(index), peers: [a.as('primary', token(index))] })
  a.introduce({ role: 'primary', token: token(index), peers: [b.as('secondary', token(index))] })
  await secondary
}

/** Asks again, as a client does, until it is taken. */
async function persist(node: Node, text: string): Promise<unknown> {
  for (;;) {
    const { status, body } = await node.post('/entries', { text, id: text })
    if (status === 200) return body.number
    await Bun.sleep(5)
  }
}

function trace(): {
  event: string
  component: string
  token: { index: number }
  number?: number
  atUs: number
}[] {
  return readFileSync(tracePath, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
}

describe('a ledger', () => {
  test('takes entries only where it is primary, and says where that is', async () => {
    expect(await a.post('/entries', { text: 'early' })).toMatchObject({
      status: 503,
      body: { role: 'offline', primary: null },
    })
    await a.take({ role: 'primary', token: token(7), peers: [] })
    await b.take({ role: 'spare', token: token(7), peers: [a.as('primary', token(7))] })
    expect(await b.post('/entries', { text: 'wrong place' })).toEqual({
      status: 503,
      body: { error: 'not-primary', role: 'spare', primary: a.url },
    })
    expect(await a.post('/entries', { text: 'first' })).toEqual({ status: 200, body: { number: 1, epoch: 1 } })
    expect(await a.get('/entries/1')).toEqual({ status: 200, body: { number: 1, epoch: 1, id: null, text: 'first' } })
    expect((await a.get('/entries/2')).status).toBe(404)
    expect((await a.post('/entries', { text: 7 })).status).toBe(400)
    expect((await a.get('/role')).body).toMatchObject({ role: 'primary', count: 1, token: token(7), secondaries: [] })
  })

  test('acknowledges what the secondary has', async () => {
    await a.take({ role: 'primary', token: token(7), peers: [] })
    await write(a, range(300, 'before'))
    await pair()
    expect(await texts(b)).toEqual(await texts(a))
    const numbers = await write(a, range(500))
    expect([...numbers].sort((x, y) => Number(x) - Number(y))).toEqual(
      Array.from({ length: 500 }, (_, index) => 301 + index),
    )
    await a.kill()
    await b.take({ role: 'primary', token: token(8), peers: [] })
    expect(new Set(await texts(b))).toEqual(new Set([...range(300, 'before'), ...range(500)]))
  })

  test('has an entry once, however often its client asks', async () => {
    await pair()
    const [number] = await write(a, ['one'])
    expect((await a.post('/entries', { text: 'one', id: 'one' })).body.number).toBe(number)
    expect((await a.post('/entries', { text: 'other', id: 'one' })).status).toBe(409)
    await a.kill()
    await b.take({ role: 'primary', token: token(8), peers: [] })
    expect((await b.post('/entries', { text: 'one', id: 'one' })).body).toEqual({ number, epoch: 1 })
    expect((await b.post('/entries', { text: 'two', id: 'two' })).body).toEqual({ number: 2, epoch: 1 })
  })

  test('brings a large state over in pieces, while it is written to', async () => {
    await a.take({ role: 'primary', token: token(7), peers: [] })
    const large = 'ü\n'.repeat(8000)
    for (let count = 0; count < 40; count += 1) await a.post('/entries', { text: large })
    const secondary = b.take({ role: 'secondary', token: token(7), peers: [a.as('primary', token(7))] })
    a.introduce({ role: 'primary', token: token(7), peers: [b.as('secondary', token(7))] })
    await write(a, range(50))
    await secondary
    await write(a, range(50, 'after'))
    expect(await texts(b)).toEqual(await texts(a))
    expect(await texts(b)).toHaveLength(140)
  })

  test('waits for a secondary that is gone until rolecall says so', async () => {
    await pair()
    await b.kill()
    const outstanding = write(a, range(5))
    const isDone = await Promise.race([outstanding.then(() => true), Bun.sleep(300).then(() => false)])
    expect(isDone).toBe(false)
    expect((await a.get('/role')).body.count).toBe(0)
    a.introduce({ role: 'primary', token: token(7), peers: [] })
    expect((await outstanding).sort()).toEqual([1, 2, 3, 4, 5])
  })

  test('waits for a new secondary with what the former one did not acknowledge', async () => {
    await pair()
    await b.kill()
    const outstanding = write(a, range(5))
    await b.start()
    const secondary = b.take({ role: 'secondary', token: token(9), peers: [a.as('primary', token(7))] })
    a.introduce({ role: 'primary', token: token(7), peers: [b.as('secondary', token(9))] })
    await secondary
    await outstanding
    expect(await texts(b)).toEqual(await texts(a))
  })

  test('catches up by itself after checkpoints were lost', async () => {
    await pair()
    await write(a, range(3))
    b.isCutOff = true
    const lost = write(a, range(3, 'lost'))
    await Bun.sleep(50)
    b.isCutOff = false
    await lost
    await write(a, range(3, 'after'))
    expect(await texts(b)).toEqual(await texts(a))
  })

  test('hands over: finishes what is under way, takes nothing new, and the next primary has it all', async () => {
    await pair()
    const writers = Promise.all(range(200).map((text) => a.post('/entries', { text, id: text })))
    await a.take({ role: 'quiescing', token: token(8), peers: [b.as('secondary', token(7))] })
    expect(await a.post('/entries', { text: 'late' })).toMatchObject({ status: 503, body: { role: 'quiescing' } })
    await b.take({ role: 'primary', token: token(8), peers: [] })
    await a.take({ role: 'spare', token: token(8), peers: [b.as('primary', token(8))] })
    const answers = await writers
    const acknowledged = answers.filter(({ status }) => status === 200)
    expect(answers.every(({ status }) => status === 200 || status === 503)).toBe(true)
    expect(await texts(b)).toHaveLength(acknowledged.length)

    const secondary = a.take({ role: 'secondary', token: token(9), peers: [b.as('primary', token(8))] })
    b.introduce({ role: 'primary', token: token(8), peers: [a.as('secondary', token(9))] })
    await secondary
    await Promise.all(range(200).map((text) => persist(b, text)))
    expect((await texts(a)).sort()).toEqual(range(200).sort())
  })

  test('has not handed over, nor is it in step, before that is so', async () => {
    await a.take({ role: 'primary', token: token(7), peers: [] })
    await write(a, ['one'])
    b.tell({ role: 'secondary', token: token(7), peers: [a.as('primary', token(7))] })
    await Bun.sleep(200)
    expect(b.server.of('roleDone')).toEqual([])
    a.introduce({ role: 'primary', token: token(7), peers: [b.as('secondary', token(7))] })
    await b.server.heard('roleDone')

    b.isCutOff = true
    const outstanding = write(a, ['two'])
    await Bun.sleep(50)
    a.tell({ role: 'quiescing', token: token(8), peers: [b.as('secondary', token(7))] })
    await Bun.sleep(200)
    expect(a.server.of('roleDone')).toHaveLength(1)
    b.isCutOff = false
    expect(await outstanding).toEqual([2])
    await a.server.heard('roleDone', 2)
    expect(await texts(b)).toEqual(['one', 'two'])
  })

  test('that was deposed acknowledges nothing more', async () => {
    await pair()
    await write(a, ['one'])
    // Rolecall took it for dead; it was asleep.
    await b.take({ role: 'primary', token: token(8), peers: [] })
    expect(await a.post('/entries', { text: 'two', id: 'two' })).toMatchObject({
      status: 503,
      body: { error: 'outcome-unknown', role: 'deposed' },
    })
    expect(await a.post('/entries', { text: 'three' })).toMatchObject({ status: 503, body: { error: 'not-primary' } })
    expect((await b.post('/entries', { text: 'two', id: 'two' })).body).toEqual({ number: 2, epoch: 1 })

    const secondary = a.take({ role: 'secondary', token: token(9), peers: [b.as('primary', token(8))] })
    b.introduce({ role: 'primary', token: token(8), peers: [a.as('secondary', token(9))] })
    await secondary
    expect(await texts(a)).toEqual(['one', 'two'])
  })

  test('restarted in place has what it acknowledged, and not what was half written', async () => {
    await a.take({ role: 'primary', token: token(7), peers: [] })
    await write(a, range(20))
    const before = await texts(a)
    await a.kill()
    appendFileSync(join(cluster.directory.path, 'n1', 'ledger.jsonl'), '{"number":21,"epoch":1,"id":nul')
    await a.start()
    await a.take({ role: 'primary', token: token(8), peers: [] })
    expect(await texts(a)).toEqual(before)
    await write(a, ['next'])
    await a.kill()
    await a.start()
    await a.take({ role: 'primary', token: token(9), peers: [] })
    expect(await texts(a)).toEqual([...before, 'next'])
  })

  test('promoted in the middle of a synchronisation uses what it had', async () => {
    await pair()
    await write(a, range(3))
    await b.kill()
    await b.start()
    b.tell({ role: 'secondary', token: token(9), peers: [a.as('primary', token(7))] })
    await b.take({ role: 'primary', token: token(10), peers: [] })
    expect(await texts(b)).toEqual(await texts(a))
    expect(b.server.of('roleFailed')).toEqual([])
  })

  test('ends when its node is gone, and when it is asked to', async () => {
    await pair()
    b.server.server.close()
    expect(await b.child!.exited).toBe(1)
    a.server.server.stop({ component: a.component, incarnation: 1, timeLimitMs: 1000 })
    expect(await a.child!.exited).toBe(0)
    await a.start()
    a.child!.kill('SIGTERM')
    expect(await a.child!.exited).toBe(0)
  })

  test('writes down when it was the one that acts', async () => {
    await pair()
    await write(a, ['one'])
    await a.take({ role: 'quiescing', token: token(8), peers: [b.as('secondary', token(7))] })
    await b.take({ role: 'primary', token: token(8), peers: [] })
    await write(b, ['two'])
    const lines = trace()
    expect(lines.map(({ event, component, token, number }) => [event, component, token.index, number ?? null])).toEqual(
      [
        ['active', 'n1/app', 7, null],
        ['acknowledged', 'n1/app', 7, 1],
        ['inactive', 'n1/app', 7, null],
        ['active', 'n2/app', 8, null],
        ['acknowledged', 'n2/app', 8, 2],
      ],
    )
    const times = lines.map(({ atUs }) => atUs)
    expect(times.every((time, index) => index === 0 || time >= times[index - 1]!)).toBe(true)
  })
})
