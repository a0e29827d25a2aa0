/** Where detail is lowered, quiet steps are counted, everything else is there, and replay is as exact as ever. */
import { afterAll, describe, expect, test } from 'bun:test'
import type { Clock } from '../../src/engine/clock.ts'
import type { Message } from '../../src/engine/step.ts'
import { readTimeline } from '../../src/recorder/index.ts'
import { incidentUs, waitingCountMax } from '../../src/recorder/quiet.ts'
import type { RecorderOptions } from '../../src/recorder/recorder.ts'
import { replayDirectories } from '../../src/recorder/replay.ts'
import { catalogue, makeDirectory, removeDirectories, startLamp, startNode, type TestNode } from './support.ts'

afterAll(removeDirectories)

/** Wall time that each record takes a step on, timers that never end. */
class Strides implements Clock {
  us = 1_700_000_000_000_000
  strideUs = 1000
  nowMs = () => this.us / 1000
  wallUs = () => (this.us += this.strideUs)
  setTimer = () => () => {}
}

/** So small that a second in which anything was written is over it. */
const tiny = { cpuPercent: 1000, bytesPerSecond: 1 }

function record(options: Partial<RecorderOptions> = {}) {
  const directory = makeDirectory()
  const clock = new Strides()
  const notes: Message[] = []
  const segment = { segmentSizeBytes: 1 << 20, segmentCountMax: 1000 }
  const node = startNode(directory, { ...segment, clock, onNote: (note) => notes.push(note), ...options })
  startLamp(node, 'lamp/a')
  startLamp(node, 'lamp/b')
  return { directory, clock, notes, node }
}

const quiet = (node: TestNode, count: number, lamp = 'lamp/a'): void => {
  for (let index = 0; index < count; index += 1) node.engine.send(lamp, { type: 'lamp.unknown' })
}

/** Long enough after the incidents of the beginning for them to be over. */
function lowerOnce({ clock, node }: ReturnType<typeof record>): void {
  clock.us += incidentUs
  quiet(node, 1)
  expect(node.box.stats().detail).toBe('incidents')
}

function lowerTwice(made: ReturnType<typeof record>): void {
  lowerOnce(made)
  made.node.engine.send('lamp/a', { type: 'lamp.ask' })
  made.clock.us += 1_000_000
  quiet(made.node, 1)
  expect(made.node.box.stats().detail).toBe('changes')
}

const of = (directory: string) => {
  const { entries } = readTimeline([directory])
  const counted = entries.filter(({ event }) => event.type === 'steps.leftOut')
  return {
    entries,
    quietCount: entries.filter(({ event }) => event.type === 'lamp.unknown').length,
    countedCount: counted.reduce((sum, { event }) => sum + (event.count as number), 0),
  }
}

describe('detail', () => {
  test('without a budget every step is there, however many', () => {
    const { directory, node, clock } = record()
    clock.strideUs = 100_000
    quiet(node, 1000)
    expect(of(directory)).toMatchObject({ quietCount: 1000, countedCount: 0 })
  })

  test('lowered it counts quiet steps by actor and event, in one record before what comes next', () => {
    const made = record({ budget: tiny })
    lowerOnce(made)
    const { directory, node } = made
    quiet(node, 20)
    quiet(node, 10, 'lamp/b')
    node.engine.send('lamp/b', { type: 'lamp.ask' })
    expect(node.box.stats()).toMatchObject({ leftOutCount: 31, loweredCount: 1 })
    const { entries, quietCount } = of(directory)
    expect(quietCount).toBe(0)
    expect(entries.at(-2)).toMatchObject({
      kind: 'note',
      actor: 'recorder',
      event: {
        type: 'steps.leftOut',
        count: 31,
        of: { 'lamp/a lamp.unknown': 21, 'lamp/b lamp.unknown': 10 },
      },
    })
    expect(entries.at(-1)).toMatchObject({ event: { type: 'lamp.ask' }, effects: [{ type: 'lamp.changed' }] })
    expect(replayDirectories([directory], catalogue)).toMatchObject({ isExact: true, leftOutCount: 31, gaps: [] })
  })

  test('what waits when an incident begins is written after all, and all that follows it for ten seconds', () => {
    const made = record({ budget: tiny })
    lowerOnce(made)
    const { directory, node, clock } = made
    quiet(node, 20)
    node.engine.send('lamp/b', { type: 'lamp.press' })
    quiet(node, 30)
    expect(of(directory)).toMatchObject({ quietCount: 21 + 30, countedCount: 0 })
    clock.us += incidentUs
    quiet(node, 5)
    node.engine.send('lamp/b', { type: 'lamp.ask' })
    expect(of(directory)).toMatchObject({ quietCount: 21 + 30, countedCount: 5 })
  })

  test('a note of something wrong is an incident; one of the usual, and a record of an application, is none', () => {
    const made = record({ budget: tiny })
    lowerOnce(made)
    const { directory, node } = made
    const note = (kind: 'application' | 'note', event: Message): void =>
      node.engine.note({ kind, actor: 'lamp/a', event, cause: null })
    quiet(node, 3)
    note('note', { type: 'life.began', severity: 'info' })
    quiet(node, 4)
    note('application', { type: 'said', severity: 'error' })
    expect(of(directory)).toMatchObject({ quietCount: 0, countedCount: 8 })
    quiet(node, 5)
    note('note', { type: 'node.hung', severity: 'warning' })
    expect(of(directory)).toMatchObject({ quietCount: 5, countedCount: 8 })
  })

  test('at the lowest, quiet steps are counted around incidents too, and nothing else is left out', () => {
    const made = record({ budget: tiny })
    lowerTwice(made)
    const { directory, node } = made
    for (let index = 0; index < 10; index += 1) {
      quiet(node, 10)
      node.engine.send('lamp/b', { type: 'lamp.press' })
      node.engine.send('lamp/a', { type: 'lamp.note', text: `${index}` })
    }
    const { entries, quietCount, countedCount } = of(directory)
    expect({ quietCount, countedCount }).toEqual({ quietCount: 0, countedCount: 102 })
    expect(entries.filter(({ event }) => event.type === 'lamp.press')).toHaveLength(10)
    expect(entries.filter(({ event }) => event.type === 'lamp.note')).toHaveLength(10)
    made.clock.us += 1_000_000
    quiet(node, 1)
    expect(node.box.stats()).toMatchObject({ detail: 'changes', loweredCount: 2, overBudgetCount: 1 })
    expect(made.notes).toMatchObject([
      { type: 'detail.lowered', from: 'full', to: 'incidents' },
      { type: 'detail.lowered', from: 'incidents', to: 'changes' },
    ])
  })

  test('is raised when the budget allows, and full then', () => {
    const made = record({ budget: { cpuPercent: 100, bytesPerSecond: 2000 } })
    const { directory, node, clock, notes } = made
    clock.us += incidentUs
    quiet(node, 2500)
    expect(node.box.stats().detail).toBe('incidents')
    const lowered = of(directory).quietCount
    clock.strideUs = 500_000
    quiet(node, 20)
    expect(node.box.stats().detail).toBe('full')
    expect(notes.at(-1)).toMatchObject({ type: 'detail.raised', from: 'incidents', to: 'full' })
    expect(of(directory).quietCount).toBeGreaterThan(lowered)
    expect(replayDirectories([directory], catalogue)).toMatchObject({ isExact: true, mismatchCount: 0 })
  })

  test('no more than so many wait, and closing leaves none', () => {
    const made = record({ budget: tiny })
    lowerTwice(made)
    const { directory, node } = made
    quiet(node, 10 * waitingCountMax)
    const { countedCount } = of(directory)
    expect(10 * waitingCountMax + 2 - countedCount).toBeLessThanOrEqual(waitingCountMax)
    node.box.close()
    expect(of(directory).countedCount).toBe(10 * waitingCountMax + 2)
  })

  for (const segmentSizeBytes of [4096, 65_536]) {
    test(`exact over many segments of ${segmentSizeBytes} bytes, at every level, timers and all`, () => {
      const made = record({ budget: { cpuPercent: 100, bytesPerSecond: 20_000 }, segmentSizeBytes })
      const { directory, node, clock } = made
      let state = 7
      for (let index = 0; index < 6000; index += 1) {
        state = (state * 48_271) % 2_147_483_647
        if (index % 2000 === 0) clock.strideUs = [1000, 20_000, 3000][index / 2000]!
        const lamp = state % 2 === 0 ? 'lamp/a' : 'lamp/b'
        if (state % 10 < 8) quiet(node, 1, lamp)
        else if (state % 10 === 8) node.engine.send(lamp, { type: 'lamp.note', text: `${state}` })
        else if (state % 100 === 9) node.engine.send(lamp, { type: 'lamp.press' })
        else node.engine.send(lamp, { type: 'lamp.ask' })
      }
      node.box.close()
      const result = replayDirectories([directory], catalogue)
      expect(result).toMatchObject({ isExact: true, mismatchCount: 0, gaps: [], damages: [], unverifiedCount: 0 })
      expect(result.leftOutCount).toBeGreaterThan(0)
      expect(result.eventCount + result.leftOutCount).toBe(6002)
    })
  }
})
