import { afterAll, describe, expect, test } from 'bun:test'
import { readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import fc from 'fast-check'
import type { SnapshotRecord, StartRecord, StepRecord } from '../../src/engine/record.ts'
import type { StoredRecord } from '../../src/recorder/codec.ts'
import { openRecorder, type RecorderProblem } from '../../src/recorder/recorder.ts'
import { replayDirectories } from '../../src/recorder/replay.ts'
import { readSegment } from '../../src/recorder/segmentReader.ts'
import { catalogue, makeDirectory, removeDirectories, segmentPaths, startLamp, startNode } from './support.ts'

afterAll(removeDirectories)

const options = {
  cluster: 'test',
  node: 'n1',
  incarnation: 1,
  segmentSizeBytes: 4096,
  segmentCountMax: 3,
  snapshots: () => [],
}

function stepOf(sequence: number, fields: Partial<StepRecord> = {}): StepRecord {
  return {
    kind: 'step',
    sequence,
    time: { us: 1_700_000_000_000_000 + sequence, count: 0 },
    actor: 'lamp/a',
    state: 'dark',
    hash: 4_000_000_000,
    event: { type: 'lamp.press' },
    cause: null,
    effects: [],
    timers: [],
    ...fields,
  }
}

function recordsIn(directory: string): StoredRecord[] {
  return segmentPaths(directory).flatMap((path) => {
    const content = readSegment(path)
    expect(content.damages).toEqual([])
    return content.frames.map((frame) => frame.record)
  })
}

describe('round trip', () => {
  test('what was appended is read back, in order, without damage', () => {
    const directory = makeDirectory()
    const box = openRecorder({ ...options, directory })
    const { event: _event, cause: _cause, ...common } = stepOf(1)
    const start: StartRecord = {
      ...common,
      kind: 'start',
      machine: 'lamp',
      version: 3,
      input: { name: 'ä 灯', burnMs: 2.5 },
    }
    const records = [
      start,
      stepOf(2, { cause: { node: 'n2', incarnation: 7, sequence: 2 ** 40 }, hash: 0 }),
      stepOf(3, {
        event: { type: 'e', list: [1, -1, 0.5, null, true, { deep: [] }] },
        effects: [{ type: 'role.invoke', token: { epoch: 3, index: 9 } }],
        timers: [
          { op: 'arm', id: 'xstate.after.burn.lamp.lit', delayMs: 12.5, event: { type: 'xstate.after.burn.lamp.lit' } },
          { op: 'arm', id: 'other', delayMs: 1, event: { type: 'tick', n: 1 } },
          { op: 'cancel', id: 'gone' },
        ],
      }),
    ]
    for (const record of records) box.append(record)
    expect(recordsIn(directory)).toEqual(records)
    expect(box.stats()).toMatchObject({ recordCount: 3, segmentCount: 1, lostCount: 0, omittedCount: 0 })
    box.close()
    expect(() => box.append(stepOf(4))).toThrow('closed')
  })

  test('any plain data comes back with its JSON unchanged, undefined properties left out', () => {
    const directory = makeDirectory()
    const box = openRecorder({ ...options, directory, segmentSizeBytes: 1 << 20 })
    const events: unknown[] = []
    fc.assert(
      fc.property(fc.jsonValue(), fc.string(), (payload, key) => {
        fc.pre(!JSON.stringify(payload).includes('__proto__') && key !== '__proto__')
        const event = { type: 'e', payload, left: undefined, [key]: 1.25 }
        events.push(JSON.parse(JSON.stringify(event)))
        box.append(stepOf(events.length, { event: event as never }))
      }),
      { numRuns: 200 },
    )
    const read = recordsIn(directory).map((record) => (record as StepRecord).event)
    expect(JSON.stringify(read)).toBe(JSON.stringify(events))
  })

  test('a record that is not plain data is refused', () => {
    const box = openRecorder({ ...options, directory: makeDirectory() })
    expect(() => box.append(stepOf(1, { event: { type: 'e', f: () => 1 } }))).toThrow()
    box.append(stepOf(1))
    expect(box.stats().recordCount).toBe(1)
  })
})

describe('ring', () => {
  test('holds at most so many segments, the newest, named in order', () => {
    const directory = makeDirectory()
    const box = openRecorder({ ...options, directory })
    for (let sequence = 1; sequence <= 500; sequence += 1) box.append(stepOf(sequence))
    const names = segmentPaths(directory).map((path) => basename(path))
    expect(names).toHaveLength(3)
    expect(box.stats().segmentCount).toBe(3)
    const numbers = names.map((name) => Number(name.split('.')[2]))
    expect(numbers).toEqual([numbers[0]!, numbers[0]! + 1, numbers[0]! + 2])
    expect(numbers[0]).toBeGreaterThan(1)
    const sequences = recordsIn(directory).map((record) => record.sequence)
    expect(sequences.at(-1)).toBe(500)
    expect(sequences).toEqual(sequences.map((_, index) => sequences[0]! + index))
  })

  test('of what it left nothing stays mapped, which would keep the room on the disk of what is removed', () => {
    const directory = makeDirectory()
    const box = openRecorder({ ...options, directory })
    const mappedCount = () =>
      readFileSync('/proc/self/maps', 'utf8')
        .split('\n')
        .filter((line) => line.includes(directory)).length
    for (let sequence = 1; sequence <= 500; sequence += 1) box.append(stepOf(sequence))
    expect(mappedCount()).toBe(1)
    box.close()
    expect(mappedCount()).toBe(0)
  })

  test('earlier lives stay until the ring turns, other nodes and other files are left alone', () => {
    const directory = makeDirectory()
    writeFileSync(join(directory, 'README'), 'mine')
    openRecorder({ ...options, directory, node: 'n2' })
    for (let incarnation = 1; incarnation <= 5; incarnation += 1) {
      openRecorder({ ...options, directory, incarnation }).append(stepOf(1))
    }
    expect(segmentPaths(directory).map((path) => basename(path))).toEqual([
      'README',
      'n1.0000000003.00000001.rcbb',
      'n1.0000000004.00000001.rcbb',
      'n1.0000000005.00000001.rcbb',
      'n2.0000000001.00000001.rcbb',
    ])
  })

  test('a life that has been is refused, and impossible options are', () => {
    const directory = makeDirectory()
    openRecorder({ ...options, directory, incarnation: 4 })
    expect(() => openRecorder({ ...options, directory, incarnation: 4 })).toThrow('already holds incarnation 4')
    expect(() => openRecorder({ ...options, directory, incarnation: 3 })).toThrow('already holds incarnation 4')
    expect(() => openRecorder({ ...options, directory, incarnation: 5, segmentSizeBytes: 100 })).toThrow(RangeError)
    expect(() => openRecorder({ ...options, directory, incarnation: 5, segmentCountMax: 1 })).toThrow(RangeError)
    expect(() => openRecorder({ ...options, directory, incarnation: 1.5 })).toThrow(RangeError)
  })

  test('what a kill left of an unfinished segment is removed', () => {
    const directory = makeDirectory()
    writeFileSync(join(directory, 'n1.0000000001.00000002.rcbb.new'), 'half')
    openRecorder({ ...options, directory, incarnation: 2 })
    expect(segmentPaths(directory).map((path) => basename(path))).toEqual(['n1.0000000002.00000001.rcbb'])
  })
})

describe('what does not fit', () => {
  test('a record above a quarter of the segment becomes a marker, and the actor replays from the snapshot after it', () => {
    const directory = makeDirectory()
    const problems: RecorderProblem[] = []
    const node = startNode(directory, { segmentSizeBytes: 4096, onProblem: (problem) => problems.push(problem) })
    startLamp(node)
    node.engine.send('lamp/a', { type: 'lamp.press', ballast: 'x'.repeat(2000) })
    node.engine.send('lamp/a', { type: 'lamp.press' })
    expect(problems.map((problem) => problem.code)).toEqual(['record.tooLarge'])
    expect(node.box.stats()).toMatchObject({ recordCount: 3, omittedCount: 1 })
    const kinds = recordsIn(directory).map((record) => record.kind)
    expect(kinds).toEqual(['start', 'snapshot', 'omitted', 'snapshot', 'step'])
    const result = replayDirectories([directory], catalogue)
    expect(result).toMatchObject({
      eventCount: 3,
      verifiedCount: 2,
      unverifiedCount: 1,
      mismatchCount: 0,
      isExact: false,
    })
    expect(result.gaps).toEqual([
      { node: 'n1', incarnation: 1, fromSequence: 2, toSequence: 2, reason: 'omitted', actors: ['lamp/a'] },
    ])
  })

  test('snapshots take at most half of a segment; records always find room', () => {
    const directory = makeDirectory()
    const problems: RecorderProblem[] = []
    const node = startNode(directory, {
      segmentSizeBytes: 4096,
      segmentCountMax: 100,
      onProblem: (problem) => problems.push(problem),
    })
    for (let index = 0; index < 60; index += 1) startLamp(node, `lamp/${index}`)
    for (let index = 0; index < 60; index += 1) node.engine.send(`lamp/${index}`, { type: 'lamp.press' })
    expect(new Set(problems.map((problem) => problem.code))).toEqual(new Set(['snapshot.tooLarge']))
    expect(node.box.stats().lostCount).toBe(0)
    const result = replayDirectories([directory], catalogue)
    expect(result).toMatchObject({ eventCount: 120, verifiedCount: 120, isExact: true })
  })

  test('without a place for the next segment records are lost and counted, the node goes on, and so does the box later', () => {
    const directory = makeDirectory()
    const problems: RecorderProblem[] = []
    let isBroken = false
    const box = openRecorder({
      ...options,
      directory,
      onProblem: (problem) => problems.push(problem),
      wallUs: () => {
        if (isBroken) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
        return 1
      },
    })
    isBroken = true
    for (let sequence = 1; sequence <= 200; sequence += 1) box.append(stepOf(sequence))
    expect(problems[0]).toEqual({ code: 'segment.failed', detail: 'no space left on device' })
    const { lostCount, recordCount } = box.stats()
    expect(lostCount).toBeGreaterThan(0)
    expect(recordCount + lostCount).toBe(200)
    isBroken = false
    for (let sequence = 201; sequence <= 700; sequence += 1) box.append(stepOf(sequence))
    expect(recordsIn(directory).at(-1)!.sequence).toBe(700)
    expect(box.stats().lostCount).toBeLessThan(500)
  })
})

test('a snapshot at a segment head has the timers of the very step that filled the segment before', () => {
  const directory = makeDirectory()
  const node = startNode(directory, { segmentSizeBytes: 4096, segmentCountMax: 1000 })
  startLamp(node)
  for (let index = 0; index < 300; index += 1) node.engine.send('lamp/a', { type: 'lamp.press' })
  const snapshots = recordsIn(directory).filter((record): record is SnapshotRecord => record.kind === 'snapshot')
  const lit = snapshots.filter((snapshot) => snapshot.state === 'lit')
  expect(lit.length).toBeGreaterThan(2)
  for (const snapshot of snapshots) {
    expect(snapshot.timers.map((timer) => timer.id)).toEqual(
      snapshot.state === 'lit' ? ['xstate.after.burn.lamp.lit'] : [],
    )
  }
})
