import { expect, test } from 'bun:test'
import { createTicker } from '../../src/guard/heartbeatTicker.ts'
import { DriftingWorld } from '../support/driftingWorld.ts'

/** A ticker whose timers come late by what is in `lateness`, one after the other. */
function ticking(lateness: number[] = []) {
  const world = new DriftingWorld(1)
  const log: string[] = []
  const plain = world.clock()
  const ticker = createTicker({
    clock: { ...plain, setTimer: (delayMs, callback) => plain.setTimer(delayMs + (lateness.shift() ?? 0), callback) },
    intervalMs: 20,
    turn: (callback) => {
      log.push('turn')
      world.after(0, callback)
    },
    onTick: () => log.push(`tick ${world.nowMs}`),
    onJudge: (lateMs) => log.push(`judge ${lateMs}`),
  })
  return { world, log, ticker }
}

test('a punctual tick judges at once', () => {
  const { world, log, ticker } = ticking()
  ticker.start()
  world.run(45)
  expect(log).toEqual(['tick 0', 'judge 0', 'tick 20', 'judge 0', 'tick 40', 'judge 0'])
})

test('a late tick sends at once, but judges only after two turns of the event loop', () => {
  const { world, log, ticker } = ticking([15])
  ticker.start()
  world.run(39)
  expect(log).toEqual(['tick 0', 'judge 0', 'tick 35', 'turn', 'turn', 'judge 15'])
})

test('lateness does not add up, and missed ticks are not made up for', () => {
  const { world, log, ticker } = ticking([3, 3, 3, 50])
  ticker.start()
  world.run(165)
  expect(log.filter((line) => line.startsWith('tick'))).toEqual([
    'tick 0',
    'tick 23',
    'tick 43',
    'tick 63',
    'tick 130',
    'tick 140',
    'tick 160',
  ])
})

test('once stopped nothing comes any more, not even a judgement that was due', () => {
  const { world, log, ticker } = ticking([15])
  ticker.start()
  world.after(35, () => ticker.stop())
  world.run(100)
  expect(log.filter((line) => line.startsWith('judge'))).toEqual(['judge 0'])
})
