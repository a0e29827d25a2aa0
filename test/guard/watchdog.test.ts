/** There is no watchdog device on most machines that run tests: a plain file shows what it would have been told. */
import { afterEach, beforeEach, expect, test } from 'bun:test'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { feedIntervalMs, openWatchdog, WatchdogFeeder } from '../../src/guard/watchdog.ts'
import { DriftingWorld } from '../support/driftingWorld.ts'

let directory: string
let device: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'rolecall-watchdog-'))
  device = join(directory, 'watchdog')
  writeFileSync(device, '')
})
afterEach(() => rmSync(directory, { recursive: true }))

function open() {
  const opened = openWatchdog({ device, timeoutMs: 10_000 })
  if (opened.watchdog === null) throw new Error(opened.detail)
  return opened
}

test('it is fed every second while it may be, and disarmed by the magic letter', () => {
  const world = new DriftingWorld(1)
  let isWell = true
  const { watchdog } = open()
  const feeder = new WatchdogFeeder({ clock: world.clock(), watchdog, mayFeed: () => isWell, onFailed: () => {} })
  world.run(2 * feedIntervalMs)
  expect(readFileSync(device, 'latin1')).toBe('\0\0\0')
  isWell = false
  world.run(5 * feedIntervalMs)
  expect(readFileSync(device, 'latin1')).toBe('\0\0\0')
  isWell = true
  world.run(6 * feedIntervalMs)
  feeder.stop()
  expect(readFileSync(device, 'latin1')).toBe('\0\0\0\0V')
})

test('a device that takes no timeout keeps its own, and that is known', () => {
  const opened = open()
  expect(opened.timeoutMs).toBeNull()
  opened.watchdog?.close()
})

test('a device that is missing is said with its name; one that takes nothing is told of once', () => {
  const path = join(directory, 'none')
  expect(openWatchdog({ device: path, timeoutMs: 10_000 })).toEqual({
    watchdog: null,
    detail: `${path} cannot be opened: ENOENT`,
  })
  const world = new DriftingWorld(1)
  let failureCount = 0
  const watchdog = { feed: () => false, close: () => {} }
  new WatchdogFeeder({ clock: world.clock(), watchdog, mayFeed: () => true, onFailed: () => void (failureCount += 1) })
  world.run(10 * feedIntervalMs)
  expect(failureCount).toBe(1)
})
