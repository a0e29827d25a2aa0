import { expect, test } from 'bun:test'
import { createGuardClient, type GuardHandlers } from '../../src/guard/client.ts'
import { DriftingWorld } from '../support/driftingWorld.ts'

function connected() {
  const log: string[] = []
  const world = new DriftingWorld(1)
  const handlers = { onStarted() {}, onExited() {} } as Partial<GuardHandlers> as GuardHandlers
  const connection = createGuardClient(handlers, {
    clock: world.clock(),
    sharedTime: { toShared: (atMs) => atMs, fromShared: (atMs) => atMs },
    timing: { selfStopMs: 500, hungAfterMs: 1500 },
    send: () => {},
    killGroup: (groupId) => void log.push(`kill ${groupId}`),
    killGuard: () => void log.push('kill the guard'),
    isGuardAlive: () => true,
    exit: (exitCode) => void log.push(`exit ${exitCode}`),
  })
  const group = (name: string) => ({ component: `n1/${name}`, task: null, incarnation: 1 })
  connection.take({ type: 'component.started', ...group('ledger'), pid: 41 })
  connection.take({ type: 'component.started', ...group('desk'), pid: 42 })
  connection.take({ type: 'component.exited', ...group('desk'), exitCode: 0, signal: null, atMs: 0 })
  return { ...connection, log, world }
}

test('a node process that ends by itself kills what acts first: its guard may hang (SPEC E4)', () => {
  const { ending, log } = connected()
  ending()
  expect(log).toEqual(['kill 41'])
})

test('a guard that has gone takes everything with it', () => {
  const { lost, log } = connected()
  lost()
  expect(log).toEqual(['kill 41', 'exit 75'])
})

test('a guard that hangs is killed, and what acts with it', () => {
  const { log, world } = connected()
  world.run(2500)
  expect(log).toEqual(['kill the guard', 'kill 41', 'exit 75'])
})
