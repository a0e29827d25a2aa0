import { afterEach, expect, test } from 'bun:test'
import { connect } from 'node:net'
import type { Backend } from '../../../src/manage/http/backend.ts'
import type { HistoryRecord } from '../../../src/manage/http/history.ts'
import { LiveHistory } from '../../../src/manage/http/liveHistory.ts'
import { StreamHub } from '../../../src/manage/http/stream.ts'
import { afterThisTest, soundView, undoAll } from '../support.ts'
import { EventReader, record, startServer, token } from './support.ts'

afterEach(undoAll)

test('hello, then the view, then what comes, with places to resume from', async () => {
  const server = startServer()
  server.history.add([record(1)])
  const reader = await EventReader.open(server)
  expect(await reader.any()).toMatchObject({ event: 'hello', data: { cluster: 'demo', node: 'n2', nowUs: 1_000_000 } })
  expect(await reader.any()).toMatchObject({ event: 'view', data: { cluster: 'demo' } })
  server.history.add([record(2), record(3)])
  const { data } = await reader.next('records')
  expect(data.map(({ id }: { id: string }) => id)).toEqual(['n1:1:2', 'n1:1:3'])
  expect(data[0]).toMatchObject({ machine: 'component', state: 'primary.ready', timeUs: 2000 })
})

test('changes of the view that come together are told once, and one that changes nothing not at all', async () => {
  const server = startServer()
  const reader = await EventReader.open(server)
  await reader.next('view')
  for (let epoch = 5; epoch <= 50; epoch++) server.setView({ ...soundView, epoch })
  expect((await reader.next('view')).data.epoch).toBe(50)
  server.setView({ ...soundView, epoch: 50 })
  server.history.add([record(1)])
  expect((await reader.any())!.event).toBe('records')
})

test('who comes again is told what was missed, and nothing twice', async () => {
  const server = startServer()
  const first = await EventReader.open(server)
  await first.next('view')
  server.history.add([record(1)])
  await first.next('records')
  first.close()
  server.history.add([record(2)])
  server.history.add([record(3)])
  const second = await EventReader.open(server, first.lastId)
  expect((await second.any())!.event).toBe('hello')
  const { data } = await second.next('records')
  expect(data.map(({ id }: { id: string }) => id)).toEqual(['n1:1:2', 'n1:1:3'])
  server.history.add([record(4)])
  expect((await second.next('records')).data).toHaveLength(1)
})

test('who is lost again before all that was missed was told asks for all of it again', async () => {
  const server = startServer()
  const first = await EventReader.open(server)
  await first.next('view')
  first.close()
  server.history.add(Array.from({ length: 1200 }, (_, place) => record(place + 1)))
  const second = await EventReader.open(server, first.lastId)
  await second.next('hello')
  await second.next('records')
  second.close()
  expect(second.lastId).toBeNull()
  const third = await EventReader.open(server, first.lastId)
  const told: string[] = []
  while (told.length < 1200)
    for (const { id } of (await third.next('records')).data as readonly { id: string }[]) told.push(id)
  expect(told).toEqual(Array.from({ length: 1200 }, (_, place) => `n1:1:${place + 1}`))
  expect(third.lastId).toBe(server.history.position)
})

test('what was missed may be more than what may wait: it is told as it is taken', async () => {
  const server = startServer({ stream: { clientBytesMax: 400_000 } })
  const first = await EventReader.open(server)
  await first.next('view')
  first.close()
  for (let tries = 0; server.hub.clientCount > 0 && tries < 500; tries++) await Bun.sleep(10)
  const detail = 'x'.repeat(20_000)
  server.history.add(Array.from({ length: 200 }, (_, place) => record(place + 1, { event: { type: 'noise', detail } })))
  const second = await EventReader.open(server, first.lastId)
  expect((await second.any())!.event).toBe('hello')
  let told = 0
  for (let event = await second.any(); event?.event === 'records'; event = await second.any()) told += event.data.length
  expect(told).toBe(200)
  expect(server.hub.cutCount).toBe(0)
})

test('more comes than is held while it is looked up what one missed: it is cut off, once', async () => {
  let onRecords: (records: readonly HistoryRecord[]) => void = () => {}
  const history = {
    position: '1@here',
    after: () => new Promise<never>(() => {}),
    subscribe: (listener: { readonly onRecords: typeof onRecords }) => {
      onRecords = listener.onRecords
      return () => {}
    },
  }
  const backend = { cluster: 'demo', node: 'n1', live: null, nowUs: () => 1, redact: <T>(value: T) => value, history }
  const hub = new StreamHub(backend as unknown as Backend)
  const held = hub.open('0@here')!
  let sequence = 0
  for (let turn = 0; turn < 60; turn++) {
    onRecords(Array.from({ length: 5000 }, () => record(++sequence)))
    // Whoever enters is told from now on: what waits is told to the others first.
    await hub.open(null)!.cancel()
  }
  expect([hub.cutCount, hub.clientCount]).toEqual([1, 0])
  const text = await new Response(held).text()
  expect(text.match(/^event: .*$/gm)).toEqual(['event: hello', 'event: reset'])
})

test('a place of another node, or one that is no place, is answered with a reset', async () => {
  const server = startServer()
  const other = new LiveHistory({ directory: '/nowhere', log: null })
  other.add([record(1)])
  for (const place of [other.position, 'nonsense', '-1@x', '999999@']) {
    const reader = await EventReader.open(server, place)
    expect((await reader.any())!.event).toBe('hello')
    expect((await reader.any())!.event).toBe('reset')
    expect((await reader.any())!.event).toBe('view')
    reader.close()
  }
})

test('what was missed is too much to be told again: reset', async () => {
  const server = startServer()
  const reader = await EventReader.open(server)
  await reader.next('view')
  const { lastId } = reader
  for (let batch = 0; batch < 60; batch++)
    server.history.add(Array.from({ length: 100 }, (_, place) => record(batch * 100 + place + 1)))
  const second = await EventReader.open(server, lastId)
  expect((await second.any())!.event).toBe('hello')
  expect((await second.any())!.event).toBe('reset')
})

test('more records at once than are told: everybody is reset, and goes on', async () => {
  const server = startServer({ stream: { waitingCountMax: 50 } })
  const readers = await Promise.all([EventReader.open(server), EventReader.open(server)])
  for (const reader of readers) await reader.next('view')
  server.history.add(Array.from({ length: 51 }, (_, place) => record(place + 1)))
  for (const reader of readers) expect((await reader.any())!.event).toBe('reset')
  server.history.add([record(100)])
  for (const reader of readers) expect((await reader.next('records')).data).toHaveLength(1)
})

test('as many watch as may, and one that goes makes room', async () => {
  const server = startServer({ stream: { clientCountMax: 2 } })
  const [first] = await Promise.all([EventReader.open(server), EventReader.open(server)])
  await first.next('view')
  expect((await server.get('/v1/stream')).status).toBe(429)
  first.close()
  for (let tries = 0; server.hub.clientCount > 1 && tries < 500; tries++) await Bun.sleep(10)
  expect(server.hub.clientCount).toBe(1)
  await (await EventReader.open(server)).next('hello')
})

test('who signs out is told no more, where signing in was needed', async () => {
  const server = startServer({ isClosed: true, stream: { keepAliveMs: 20 } })
  const session = await server.post('/v1/session', { token })
  const headers = { cookie: session.headers.get('set-cookie')!.split(';')[0]! }
  const response = await server.get('/v1/stream', { headers })
  const reader = new EventReader(response.body!, new AbortController())
  await reader.next('alive')
  await server.get('/v1/session', { method: 'DELETE', headers })
  expect((await reader.next('reset')).data).toEqual({ reason: 'signed out' })
  expect(await reader.any()).toBeNull()
  expect(server.hub.clientCount).toBe(0)
})

test('HEAD takes nobody a place', async () => {
  const server = startServer()
  for (let count = 0; count < 3; count++) expect((await server.get('/v1/stream', { method: 'HEAD' })).status).toBe(200)
  expect(server.hub.clientCount).toBe(0)
})

test('one that takes nothing is cut off with a reset at its bound, and the others do not notice', async () => {
  const server = startServer({ stream: { clientBytesMax: 100_000, turnMs: 1 } })
  const slow = connect(server.port, '127.0.0.1')
  afterThisTest(() => slow.destroy())
  slow.write('GET /v1/stream HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n')
  slow.pause()
  const reader = await EventReader.open(server)
  await reader.next('view')
  let [sent, heard] = [0, 0]
  // What the kernel takes for it counts for nothing: there may be megabytes.
  while (server.hub.cutCount === 0 && sent < 20_000) {
    const detail = 'x'.repeat(20_000)
    server.history.add([record(++sent, { event: { type: 'noise', detail } })])
    heard += (await reader.next('records')).data.length
  }
  expect(server.hub.cutCount).toBe(1)
  expect(heard).toBe(sent)
  expect(server.hub.clientCount).toBe(1)
  let text = ''
  slow.on('data', (chunk) => {
    text += chunk.toString().slice(-1000)
  })
  const ended = new Promise((resolve) => slow.once('data', resolve))
  slow.resume()
  await ended
  for (let tries = 0; !text.includes('event: reset') && tries < 500; tries++) await Bun.sleep(10)
  expect(text).toContain('event: reset')
})

test('a record that is very large goes without what it says', async () => {
  const server = startServer()
  const reader = await EventReader.open(server)
  await reader.next('view')
  server.history.add([record(1, { effects: [{ type: 'log.propose', entries: 'x'.repeat(100_000) }] })])
  const [told] = (await reader.next('records')).data
  expect(told.effects).toEqual([{ type: 'log.propose', isTruncated: true }])
  expect(told.event).toEqual({ type: 'role.assign', isTruncated: true })
})

test('while nobody watches nothing is asked of the node', async () => {
  let asked = 0
  const server = startServer({
    live: {
      view: () => {
        asked += 1
        return soundView
      },
    },
  })
  server.setView(soundView)
  server.history.add([record(1)])
  await Bun.sleep(300)
  expect(asked).toBe(0)
})
