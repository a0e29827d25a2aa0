import { expect, test } from 'bun:test'
import { LoadGate } from '../../../src/agents/process/loadGate.ts'
import { ManualClock } from '../../support/manualClock.ts'

test('of what a program says of its load all the time, little passes: what changed, and the last word', () => {
  const clock = new ManualClock()
  const told: [number, number][] = []
  const gate = new LoadGate(clock, (percent) => told.push([clock.nowMs(), percent]))
  gate.heard(40)
  gate.heard(40)
  gate.heard(42)
  clock.advance(50)
  gate.heard(60)
  gate.heard(61)
  clock.advance(50)
  for (const percent of [62, 63, 64, 63]) gate.heard(percent)
  clock.advance(2000)
  expect(told).toEqual([
    [0, 40],
    [100, 61],
    [1100, 63],
  ])
  gate.heard(64)
  gate.heard(80)
  gate.close()
  clock.advance(2000)
  expect(told.slice(3)).toEqual([[2100, 64]])
})
