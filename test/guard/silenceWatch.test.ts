import { expect, test } from 'bun:test'
import { SilenceWatch } from '../../src/guard/silenceWatch.ts'
import { DriftingWorld } from '../support/driftingWorld.ts'

/** A watch with a process that can be frozen: its timers then come late, all at once. */
function watched(afterMs: number) {
  const world = new DriftingWorld(1)
  const plain = world.clock()
  const queue: (() => void)[] = []
  const frozen = { is: false }
  const silences: number[] = []
  const watch = new SilenceWatch({
    clock: {
      ...plain,
      setTimer: (delayMs, callback) =>
        plain.setTimer(delayMs, () => (frozen.is ? void queue.push(callback) : callback())),
    },
    afterMs: () => afterMs,
    onSilent: (silentForMs) => silences.push(Math.round(silentForMs)),
  })
  const run = (forMs: number): void => world.run(world.nowMs + forMs)
  const thaw = (): void => {
    frozen.is = false
    for (const act of queue.splice(0)) act()
  }
  return { watch, silences, run, freeze: () => void (frozen.is = true), thaw }
}

test('who is heard often enough is not silent; who is not is told of from the second look on', () => {
  const { watch, silences, run } = watched(300)
  for (let count = 0; count < 10; count += 1) {
    run(100)
    watch.heard()
  }
  expect(silences).toEqual([])
  run(399)
  expect(silences).toEqual([350])
  watch.stop()
  run(1000)
  expect(silences.length).toBe(1)
})

test('where every look is late, silence is noticed all the same', () => {
  const { silences, run, freeze, thaw } = watched(300)
  for (let count = 0; count < 10; count += 1) {
    freeze()
    run(150)
    thaw()
  }
  expect(silences.length).toBeGreaterThan(0)
})

test('own lateness is forgiven first: after a stall the other has as much time as it had before', () => {
  const { watch, silences, run, freeze, thaw } = watched(300)
  run(100)
  watch.heard()
  run(100)
  freeze()
  run(5000)
  thaw()
  run(120)
  expect(silences).toEqual([])
  run(200)
  expect(silences.length).toBeGreaterThan(0)
})
