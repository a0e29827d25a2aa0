/** What programs write into the black box: taken, bounded, and refused with its number. */
import { afterEach, describe, expect, test } from 'bun:test'
import { RecordGate } from '../../../src/agents/sdk/recordGate.ts'
import type { Clock } from '../../../src/engine/clock.ts'
import { connect, type Rolecall } from '../../../src/sdk/index.ts'
import { recordBytesMax, recordDepthMax, recordRate } from '../../../src/sdk/protocol.ts'
import { RawProgram, TestServer, until } from './support.ts'

let server: TestServer | null = null
let program: Rolecall | null = null
afterEach(() => {
  program?.close()
  server?.close()
  program = server = null
})

describe('records of programs', () => {
  test('reach the node in order, with whose life they are of', async () => {
    server = new TestServer()
    program = await connect({ socket: server.path, component: 'n1/app', incarnation: 1 }, { onRole() {} })
    expect(program.record({ name: 'cache.warm', data: { entries: 3 } })).toBe(true)
    expect(program.record({ name: 'nothing' })).toBe(true)
    await server.heard('record', 2)
    expect(server.of('record')).toEqual([
      { name: 'record', of: 'cache.warm', component: 'n1/app', incarnation: 1, data: { entries: 3 }, missingCount: 0 },
      { name: 'record', of: 'nothing', component: 'n1/app', incarnation: 1, data: null, missingCount: 0 },
    ])
  })

  test('what is too much is refused with its number, and the program goes on', async () => {
    server = new TestServer()
    const refused: unknown[] = []
    const handlers = { onRole() {}, onRecordRefused: (one: unknown) => void refused.push(one) }
    program = await connect({ socket: server.path, component: 'n1/app', incarnation: 1 }, handlers)
    program.record({ name: 'large', data: 'x'.repeat(recordBytesMax) })
    await until(() => refused.length === 1, 'the refusal')
    expect(refused).toEqual([{ name: 'large', code: 'too-large', count: 1 }])
    expect(program.isConnected).toBe(true)
  })

  test('a node of an earlier version is told none', async () => {
    server = new TestServer()
    const early = await RawProgram.registered(server.path)
    expect(early.received).toMatchObject([{ type: 'registered', protocol: 1 }])
    early.socket.destroy()
    program = await connect({ socket: server.path, component: 'n1/other', incarnation: 1 }, { onRole() {} })
    program.close()
    expect(program.record({ name: 'late' })).toBe(false)
  })

  test('a wrong name is an error of the protocol', async () => {
    server = new TestServer()
    const raw = await RawProgram.registered(server.path)
    raw.say({ type: 'record', name: 'two words', data: 1 })
    expect(await raw.hears('protocol.error')).toMatchObject({ code: 'invalid' })
    expect(server.of('record')).toEqual([])
  })

  test('so is data that no reader of a recording takes', async () => {
    server = new TestServer()
    const raw = await RawProgram.registered(server.path)
    raw.socket.write('{"type":"record","name":"odd","data":[{"__proto__":1}]}\n')
    expect(await raw.hears('protocol.error')).toMatchObject({ code: 'invalid' })
    expect(server.of('record')).toEqual([])
  })
})

describe('the gate', () => {
  let nowMs = 0
  const clock = { nowMs: () => nowMs } as Clock
  const record = { name: 'r', data: { n: 1 } }

  test('takes a burst, then so many a second; tells what it refused once a second, and what the black box misses', () => {
    nowMs = 0
    const gate = new RecordGate(clock)
    for (let count = 0; count < recordRate.burstCountMax; count += 1) expect(gate.judge(record).isTaken).toBe(true)
    expect(gate.judge(record)).toEqual({
      isTaken: false,
      missingCount: 0,
      refusal: { name: 'r', code: 'too-many', count: 1 },
    })
    for (let count = 0; count < 5; count += 1) expect(gate.judge(record).refusal).toBeNull()
    nowMs = 1000
    expect(gate.judge({ ...record, name: 'taken' })).toEqual({
      isTaken: true,
      missingCount: 6,
      refusal: { name: 'r', code: 'too-many', count: 5 },
    })
    for (let count = 1; count < recordRate.perSecond; count += 1) expect(gate.judge(record).isTaken).toBe(true)
    expect(gate.judge(record).isTaken).toBe(false)
  })

  test('refuses what is nested too deeply: it could not be kept', () => {
    const gate = new RecordGate(clock)
    let data: unknown = 1
    for (let depth = 0; depth < recordDepthMax; depth += 1) data = [data]
    expect(gate.judge({ name: 'deep', data }).isTaken).toBe(true)
    expect(gate.judge({ name: 'deep', data: [data] }).refusal).toMatchObject({ code: 'too-large' })
  })
})
