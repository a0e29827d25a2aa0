import { afterEach, expect, test } from 'bun:test'
import { BusyError } from '../../../src/manage/http/paced.ts'
import { costOf, WorkBudget } from '../../../src/manage/http/workBudget.ts'
import { undoAll } from '../support.ts'
import { startServer } from './support.ts'

afterEach(undoAll)

test('what is spent comes back by time, up to what there was', () => {
  let nowMs = 0
  const budget = new WorkBudget(() => nowMs)
  for (let count = 0; count < 500; count++) expect(budget.take(1)).toBe(true)
  expect(budget.take(1)).toBe(false)
  nowMs += 50
  expect([budget.take(5), budget.take(1)]).toEqual([true, false])
  nowMs += 3_600_000
  expect([budget.take(500), budget.take(1)]).toEqual([true, false])
  expect(budget.take(0)).toBe(true)
})

test('records cost by how many are asked for, the stream by its greeting, probes nothing', () => {
  expect(costOf('/v1/records', undefined)).toBe(3)
  expect(costOf('/v1/records', '5000')).toBe(11)
  expect(costOf('/v1/records', '999999999')).toBe(11)
  expect(costOf('/v1/records', 'nonsense')).toBe(1)
  for (const path of ['/v1/states', '/v1/explain/n1:1:2', '/metrics']) expect(costOf(path, undefined)).toBe(1)
  expect(costOf('/v1/stream', undefined)).toBe(3)
  for (const path of ['/livez', '/primary/ledger', '/v1/operations', '/']) expect(costOf(path, undefined)).toBe(0)
})

test('who asks in a circle is told to come again, while probes and operations go on', async () => {
  const server = startServer()
  const answers = await Promise.all(Array.from({ length: 300 }, () => server.get('/v1/records?limit=5000')))
  expect(answers.some(({ status }) => status === 200)).toBe(true)
  const refused = answers.find(({ status }) => status !== 200)!
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '1'])
  expect(await refused.json()).toMatchObject({ ok: false, code: 'too-many' })
  for (const path of ['/livez', '/primary/ledger', '/v1/session']) expect((await server.get(path)).status).toBe(200)
})

test('so is who asks when as much is asked already as is worked on', async () => {
  const view = () => {
    throw new BusyError('too many questions wait')
  }
  const answer = await startServer({ live: { view } }).get('/v1/view')
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '1'])
})
