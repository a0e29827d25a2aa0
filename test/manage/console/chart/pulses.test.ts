import { expect, test } from 'bun:test'
import { drawnMachine } from '../../../../src/charts/index.ts'
import { newRecords, pulsesOf } from '../../../../src/manage/console/chart/pulses.ts'
import { record } from './support.ts'

const component = drawnMachine('component')!
const first = record('role.assign', 'offline.stopped', 'spare.assuming')
const second = record('role.done', 'spare.assuming', 'spare.ready')
const third = record('load.changed', 'spare.ready', 'spare.ready')

test('new is what has come at the end since; of another moment nothing is', () => {
  expect(newRecords([first], [first, second, third])).toEqual([second, third])
  expect(newRecords([first, second], [second])).toEqual([])
  expect(newRecords([second, third], [first])).toEqual([])
  expect(newRecords([], [first])).toEqual([])
})

test('every edge that was passed lights up in turn; a state that stays flashes', () => {
  const pulses = pulsesOf(component, [first, second, third])
  expect(pulses.map(({ edge, state }) => edge ?? state)).toEqual([
    'offline>spare',
    'spare.preparing>spare.assuming',
    'spare.assuming>spare.ready',
    'spare.ready',
  ])
  expect(pulses.map(({ delayMs }) => delayMs)).toEqual([0, 140, 280, 420])
})

test('of a burst the last are shown', () => {
  const burst = Array.from({ length: 50 }, () => record('load.changed', 'spare.ready', 'spare.ready'))
  expect(pulsesOf(component, burst)).toHaveLength(6)
})
