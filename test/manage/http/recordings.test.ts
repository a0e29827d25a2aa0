import { afterEach, expect, test } from 'bun:test'
import { readdirSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { recordingBackend } from '../../../src/manage/http/recordingBackend.ts'
import { type HttpServer, serveHttp } from '../../../src/manage/http/server.ts'
import { snapshotOf } from '../../../src/manage/http/snapshotReplay.ts'
import { findBoxes } from '../../../src/recorder/boxes.ts'
import { encodeHeader } from '../../../src/recorder/format.ts'
import { readTimeline } from '../../../src/recorder/timeline.ts'
import {
  bytesOf,
  catalogue,
  makeDirectory,
  raisedCatalogue,
  removeDirectories,
  segmentPaths,
  startLamp,
  startNode,
  TestClock,
} from '../../recorder/support.ts'
import { afterThisTest, undoAll } from '../support.ts'
import { EventReader } from './support.ts'

afterEach(async () => {
  await undoAll()
  removeDirectories()
})

/** A lamp that is switched on and off, by n1. */
function recorded(options: { readonly node?: string; readonly stepCount?: number } = {}): string {
  const directory = makeDirectory()
  const clock = new TestClock()
  const node = startNode(directory, { clock, segmentSizeBytes: 8192, segmentCountMax: 64, ...options })
  startLamp(node)
  for (let step = 0; step < (options.stepCount ?? 10); step++) {
    clock.pass(1)
    node.engine.send('lamp/a', { type: 'switch.pressed' })
  }
  node.box.close()
  return directory
}

type RecordingServer = HttpServer & { ask: (path: string, init?: RequestInit) => Promise<Response> }

async function serve(directories: readonly string[]): Promise<RecordingServer> {
  const backend = await recordingBackend({ paths: directories, version: '1.2.3', nowUs: () => 0 })
  const gate = { tokenDigests: [], readOnlyReason: 'these are recordings' }
  const server = serveHttp({ host: '127.0.0.1', port: 0, backend, gate })
  afterThisTest(() => backend.close())
  afterThisTest(() => server.stop())
  return { ...server, ask: (path, init) => fetch(new URL(path, server.url), init) }
}

// biome-ignore lint/suspicious/noExplicitAny: what a test expects is what it looks at
const json = async (answer: Promise<Response>): Promise<any> => (await answer).json()

test('says what was recorded, and of what cluster, and that nothing can be changed', async () => {
  const directory = recorded()
  const { ask } = await serve([directory])
  expect(await json(ask('/v1/session'))).toMatchObject({
    cluster: 'test',
    node: null,
    mode: 'recording',
    readOnlyReason: 'these are recordings',
  })
  const { entries } = readTimeline([directory])
  const all = await json(ask('/v1/records'))
  expect(all.records.map(({ id }: { id: string }) => id)).toEqual(entries.map(({ id }) => id))
  expect(all).toMatchObject({ isTruncated: false, oldestUs: entries[0]!.time.us, newestUs: entries.at(-1)!.time.us })
  const last = await json(ask('/v1/records?limit=3&actor=lamp'))
  expect(last.records).toHaveLength(3)
  expect(last.isTruncated).toBe(true)
  const none = await json(ask('/v1/records?node=n9'))
  expect(none.records).toEqual([])
  expect((await ask('/v1/view')).status).toBe(404)
  expect((await ask('/v1/operations', { method: 'POST', body: '{}' })).status).toBe(401)
})

test('states and activity at any moment are those of the timeline', async () => {
  const directory = recorded()
  const { ask } = await serve([directory])
  const { entries } = readTimeline([directory])
  for (const { time, id, state } of entries) {
    const { actors } = await json(ask(`/v1/states?atUs=${time.us}`))
    const same = entries.filter((each) => each.time.us === time.us).at(-1)!
    expect(actors).toMatchObject([{ node: 'n1', actor: 'lamp/a', machine: null, recordId: same.id }])
    if (same.id === id) expect(actors[0].state).toBe(state)
  }
  expect((await json(ask(`/v1/states?atUs=${entries[0]!.time.us - 1}`))).actors).toEqual([])
  const [from, to] = [entries[0]!.time.us, entries.at(-1)!.time.us]
  const { buckets } = await json(ask(`/v1/activity?fromUs=${from}&toUs=${to}&buckets=4`))
  expect(buckets).toHaveLength(4)
  const total = buckets.reduce((sum: number, { stepCount }: { stepCount: number }) => sum + stepCount, 0)
  expect(total).toBe(entries.length)
})

test('incidents, an explanation, and what is not known', async () => {
  const directory = recorded()
  const { ask } = await serve([directory])
  const { entries } = readTimeline([directory])
  const asked = entries.find(({ event }) => event.type === 'switch.pressed')!
  expect(await json(ask('/v1/incidents'))).toEqual({ incidents: [] })
  const explanation = await json(ask(`/v1/explain/${encodeURIComponent(asked.id)}`))
  expect(explanation.lines.find(({ isAsked }: { isAsked: boolean }) => isAsked)).toMatchObject({ recordId: asked.id })
  expect(explanation.records.map(({ id }: { id: string }) => id)).toContain(asked.id)
  expect((await ask('/v1/explain/n1:1:9999')).status).toBe(404)
  expect((await ask('/v1/snapshots/n1:1:9999')).status).toBe(404)
})

test('a snapshot is that of the engine after the step, whatever segment it is in', () => {
  const directory = recorded({ stepCount: 600 })
  const [box] = findBoxes([directory])
  const life = box!.lives[0]!
  expect(life.segments.length).toBeGreaterThan(2)
  const { entries } = readTimeline([directory])
  for (const { id, actor, sequence, state } of entries) {
    const shown = snapshotOf(life, catalogue, { id, actor, sequence })!
    expect(shown).toMatchObject({ id, machine: 'lamp', isVerified: true })
    expect(shown.value).toBe(state)
  }
})

test('a machine of another version is shown as the snapshot before has it, and as not verified', async () => {
  const directory = recorded({ stepCount: 600 })
  const [box] = findBoxes([directory])
  const { entries } = readTimeline([directory])
  const last = entries.at(-1)!
  const shown = snapshotOf(box!.lives[0]!, raisedCatalogue, last)!
  expect(shown.isVerified).toBe(false)
  expect(shown.context).toMatchObject({ name: 'lamp/a' })
  const { ask } = await serve([directory])
  expect(await json(ask(`/v1/snapshots/${last.id}`))).toMatchObject({ machine: 'lamp', isVerified: false })
})

test('a segment that is dropped is shown from then on, and those who watch are told', async () => {
  const [shown, other] = [recorded(), recorded({ node: 'n2' })]
  const server = await serve([shown])
  const reader = await EventReader.open(server)
  await reader.next('hello')
  const [path] = segmentPaths(other)
  const body = bytesOf(path!)
  const dropped = await server.ask(`/v1/recordings?name=${basename(path!)}`, { method: 'POST', body: body as never })
  expect([dropped.status, await dropped.json()]).toEqual([200, { ok: true, text: 'shown' }])
  await reader.next('reset')
  const { records } = await json(server.ask('/v1/records'))
  expect(new Set(records.map(({ node }: { node: string }) => node))).toEqual(new Set(['n1', 'n2']))
  const nonsense = await server.ask('/v1/recordings', {
    method: 'POST',
    body: 'nonsense that is long enough to be a header',
  })
  expect(nonsense.status).toBe(400)
  expect(await nonsense.json()).toMatchObject({ code: 'invalid' })
})

test('a bundle is opened, and dropped, like what it was made of', async () => {
  const bundle = join(import.meta.dir, '../../recordings/failover.tar.gz')
  const [shown, empty] = [await serve([bundle]), await serve([])]
  const dropped = await empty.ask('/v1/recordings?name=failover.tar.gz', { method: 'POST', body: Bun.file(bundle) })
  expect([dropped.status, await dropped.json()]).toEqual([200, { ok: true, text: 'shown' }])
  for (const { ask } of [shown, empty]) {
    const { incidents } = await json(ask('/v1/incidents'))
    expect(incidents.length).toBeGreaterThan(0)
    const { lines } = await json(ask(`/v1/explain/${incidents[0].id}`))
    expect(lines.length).toBeGreaterThan(1)
    // Whatever has become of the machine since: its black box begins with a snapshot of it.
    const { records } = await json(ask('/v1/records?actor=crim&limit=5000'))
    const { id } = records[0]
    expect(await json(ask(`/v1/snapshots/${id}`))).toMatchObject({ id, machine: 'crim' })
  }
})

test('nothing at first, then what is dropped', async () => {
  const server = await serve([])
  expect(await json(server.ask('/v1/records'))).toEqual({
    records: [],
    isTruncated: false,
    oldestUs: null,
    newestUs: null,
  })
  const [path] = segmentPaths(recorded())
  await server.ask('/v1/recordings', { method: 'POST', body: bytesOf(path!) as never })
  expect((await json(server.ask('/v1/records'))).records.length).toBeGreaterThan(0)
  expect((await json(server.ask('/v1/session'))).cluster).toBe('test')
})

test('no secret that was recorded is shown: whoever reaches the port need not be who may read the files', async () => {
  const secret = 'correct-horse-battery'
  const directory = makeDirectory()
  const clock = new TestClock()
  const node = startNode(directory, { clock })
  startLamp(node)
  clock.pass(1)
  const configuration = { environment: { DB_PASSWORD: secret } }
  node.engine.send('lamp/a', { type: 'lamp.note', text: `password ${secret}`, configuration } as never)
  node.box.close()
  expect(Buffer.from(bytesOf(segmentPaths(directory)[0]!)).includes(secret)).toBe(true)
  const { ask } = await serve([directory])
  const all = await json(ask('/v1/records'))
  const { id } = all.records.at(-1)
  const answers = [all, await json(ask(`/v1/explain/${id}`)), await json(ask(`/v1/snapshots/${id}`))]
  expect(JSON.stringify(answers)).not.toContain(secret)
  expect(JSON.stringify(all)).toContain('password redacted-1')
})

test('what is dropped is kept under no name that it gives itself, and one that cannot be read takes none with it', async () => {
  const server = await serve([])
  const drop = (bytes: Uint8Array) =>
    server.ask('/v1/recordings', { method: 'POST', body: bytes as never }).then(({ status }) => status)
  const [path] = segmentPaths(recorded())
  const whole = new Uint8Array(bytesOf(path!))
  const place = join(makeDirectory(), 'elsewhere')
  const header = { cluster: 'x', node: 'n1', incarnation: `/../../../../../../..${place}`, segment: 1 }
  const lured = encodeHeader({ ...header, createdUs: 0, sizeBytes: 4096 } as never)
  await drop(lured)
  expect(readdirSync(dirname(place))).toEqual([])
  expect([await drop(whole), await drop(whole), await drop(whole.slice(0, 20)), await drop(whole)]).toEqual([
    200, 200, 400, 200,
  ])
  expect((await json(server.ask('/v1/records?node=n1'))).records.length).toBeGreaterThan(0)
})
