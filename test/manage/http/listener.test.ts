import { afterEach, expect, test } from 'bun:test'
import { HttpListener } from '../../../src/manage/http/listener.ts'
import type { HttpServer } from '../../../src/manage/http/server.ts'
import { afterThisTest, undoAll } from '../support.ts'
import { startServer } from './support.ts'

afterEach(undoAll)

test('an address that is taken is no reason to end, and is had when it is free', async () => {
  const first = startServer()
  let isTaken = true
  const listener = new HttpListener((): HttpServer => startServer(isTaken ? { port: first.port } : { port: 0 }), {
    retryMs: 10,
  })
  afterThisTest(() => listener.stop())
  expect(listener.server).toBeNull()
  expect(listener.failure?.message).toMatch(/port|address|in use/i)
  await Bun.sleep(50)
  expect(listener.server).toBeNull()
  isTaken = false
  for (let tries = 0; listener.server === null && tries < 500; tries++) await Bun.sleep(10)
  expect(listener.failure).toBeNull()
  expect((await fetch(`${listener.server!.url}livez`)).status).toBe(200)
})
