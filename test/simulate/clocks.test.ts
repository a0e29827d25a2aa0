import { expect, test } from 'bun:test'
import { MachineClock, ProcessClock } from '../../src/simulate/world/clocks.ts'
import { World } from '../../src/simulate/world/world.ts'

function processOf(world: World, rate = 1): ProcessClock {
  const machine = new MachineClock(world, { rate, offsetMs: 500 })
  return new ProcessClock({
    world,
    machine,
    onThrown: (error) => {
      throw error
    },
  })
}

test('things happen in the order of their time, then of their arrival', () => {
  const world = new World()
  const seen: string[] = []
  for (const [name, atMs] of [
    ['c', 20],
    ['a', 10],
    ['b', 10],
    ['d', 20],
  ] as const)
    world.at(atMs, () => seen.push(`${name} ${world.nowMs}`))
  world.runUntil(30)
  expect(seen).toEqual(['a 10', 'b 10', 'c 20', 'd 20'])
  expect(world.nowMs).toBe(30)
})

test('what an event sets off in promises is over before the next', () => {
  const world = new World()
  const seen: string[] = []
  world.at(1, () => void Promise.resolve().then(() => seen.push('promise')))
  world.at(1, () => void seen.push('next'))
  world.runUntil(1)
  expect(seen).toEqual(['promise', 'next'])
})

test('a fast clock ends its timers sooner, and never before its own time', () => {
  const world = new World()
  const fast = processOf(world, 1.01)
  let atMs = 0
  fast.setTimer(101, () => {
    atMs = world.nowMs
    expect(fast.nowMs()).toBeGreaterThanOrEqual(101)
  })
  world.runUntil(200)
  expect(atMs).toBeCloseTo(100, 3)
})

test('a process that stands still does in order what was due, when it goes on', () => {
  const world = new World()
  const process = processOf(world)
  const seen: string[] = []
  process.setTimer(10, () => {
    seen.push('timer')
    process.receive(() => seen.push('of the timer'))
  })
  process.pause()
  world.at(20, () => process.receive(() => seen.push('message')))
  const cancel = process.setTimer(30, () => seen.push('cancelled'))
  world.at(40, () => {
    expect(seen).toEqual([])
    cancel()
    process.resume()
    process.receive(() => seen.push('late'))
  })
  world.runUntil(100)
  expect(seen).toEqual(['timer', 'message', 'late', 'of the timer'])
  expect(process.isPaused).toBe(false)
})

test('a process that was killed does nothing any more', () => {
  const world = new World()
  const process = processOf(world)
  let count = 0
  process.setTimer(10, () => count++)
  process.pause()
  world.at(20, () => {
    process.kill()
    process.resume()
    process.receive(() => count++)
    process.setTimer(1, () => count++)
  })
  world.runUntil(100)
  expect(count).toBe(0)
})
