import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { join } from 'node:path'
import { token } from '../agents/sdk/support.ts'
import { Cluster, type Node, root } from './support.ts'

// Real processes, on whatever machine: a bound, not a measure.
setDefaultTimeout(60_000)

const python = Bun.which('python3')

let cluster: Cluster
let a: Node
let b: Node

beforeEach(async () => {
  if (!python) return
  cluster = new Cluster()
  const command = [python, join(root, 'examples/python/counter.py')]
  a = cluster.add('n1', command, { PYTHONDONTWRITEBYTECODE: '1' })
  b = cluster.add('n2', command, { PYTHONDONTWRITEBYTECODE: '1' })
  await Promise.all([a.start(), b.start()])
})
afterEach(() => cluster?.close())

async function pair(): Promise<void> {
  await a.take({ role: 'primary', token: token(7), peers: [] })
  const secondary = b.take({ role: 'secondary', token: token(7), peers: [a.as('primary', token(7))] })
  a.introduce({ role: 'primary', token: token(7), peers: [b.as('secondary', token(7))] })
  await secondary
}

describe.skipIf(!python)('the counter in Python (skipped without python3)', () => {
  test('counts where it is primary, and its standby takes over where it was', async () => {
    await a.take({ role: 'primary', token: token(7), peers: [] })
    expect(await a.post('/add', { by: 5 })).toEqual({ status: 200, body: { value: 5 } })
    await pair()
    expect((await b.get('/value')).body).toEqual({ value: 5, role: 'secondary' })
    expect(await b.post('/add', { by: 1 })).toEqual({
      status: 503,
      body: { error: 'not-primary', role: 'secondary', primary: a.url },
    })
    await Promise.all(Array.from({ length: 20 }, () => a.post('/add', { by: 1 })))
    expect((await b.get('/value')).body.value).toBe(25)
    await a.kill()
    await b.take({ role: 'primary', token: token(8), peers: [] })
    expect((await b.post('/add', { by: 1 })).body).toEqual({ value: 26 })
    expect((await b.post('/add', { by: 'x' })).status).toBe(400)
  })

  test('waits for a secondary that is gone until rolecall says so', async () => {
    await pair()
    await b.kill()
    const answer = a.post('/add', { by: 1 })
    expect(await Promise.race([answer.then(() => true), Bun.sleep(300).then(() => false)])).toBe(false)
    a.introduce({ role: 'primary', token: token(7), peers: [] })
    expect((await answer).body).toEqual({ value: 1 })
  })

  test('hands over, and acts no more once another is primary', async () => {
    await pair()
    await a.post('/add', { by: 3 })
    await a.take({ role: 'quiescing', token: token(8), peers: [b.as('secondary', token(7))] })
    expect(await a.post('/add', { by: 1 })).toMatchObject({ status: 503, body: { role: 'quiescing' } })
    await b.take({ role: 'primary', token: token(8), peers: [] })
    expect((await b.post('/add', { by: 1 })).body).toEqual({ value: 4 })
  })

  test('that was deposed counts no more', async () => {
    await pair()
    await b.take({ role: 'primary', token: token(8), peers: [] })
    expect(await a.post('/add', { by: 1 })).toMatchObject({ status: 503, body: { error: 'stale-token' } })
    expect((await a.get('/value')).body.value).toBe(0)
  })

  test('gives up a role when another is commanded, and ends when its node is gone or asks for it', async () => {
    b.tell({ role: 'secondary', token: token(7), peers: [a.as('primary', token(7))] })
    await b.take({ role: 'primary', token: token(8), peers: [] })
    expect(b.server.of('roleFailed')).toEqual([])
    b.server.server.close()
    expect(await b.child!.exited).toBe(1)
    a.server.server.stop({ component: a.component, incarnation: 1, timeLimitMs: 1000 })
    expect(await a.child!.exited).toBe(0)
  })
})
