import { afterAll, describe, expect, test } from 'bun:test'
import { cpSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { Engine } from '../../src/engine/engine.ts'
import type { SnapshotRecord } from '../../src/engine/record.ts'
import { BlackBoxNotFoundError } from '../../src/recorder/boxes.ts'
import { replayDirectories } from '../../src/recorder/replay.ts'
import { readSegment } from '../../src/recorder/segmentReader.ts'
import {
  catalogue,
  changedCatalogue,
  makeDirectory,
  raisedCatalogue,
  removeDirectories,
  segmentPaths,
  startLamp,
  startNode,
  TestClock,
} from './support.ts'

afterAll(removeDirectories)

describe('replay is exact', () => {
  test('an actor that ended, and another of its name that began after it', () => {
    const root = makeDirectory()
    const node = startNode(join(root, 'n1', 'black-box'), { node: 'n1', incarnation: 1 })
    startLamp(node)
    node.engine.send('lamp/a', { type: 'lamp.press' })
    node.engine.end('lamp/a')
    expect(() => node.engine.send('lamp/a', { type: 'lamp.press' })).toThrow("no actor 'lamp/a'")
    startLamp(node)
    node.engine.send('lamp/a', { type: 'lamp.press' })
    const { eventCount, verifiedCount, isExact } = replayDirectories([root], catalogue)
    expect({ eventCount, verifiedCount, isExact }).toEqual({ eventCount: 5, verifiedCount: 5, isExact: true })
  })

  test('over several nodes, lives and directories, found below a given one', () => {
    const root = makeDirectory()
    for (const name of ['n1', 'n2', 'n3']) {
      for (let incarnation = 1; incarnation <= 2; incarnation += 1) {
        const node = startNode(join(root, name, 'black-box'), { node: name, incarnation })
        startLamp(node)
        for (let index = 0; index < 10; index += 1) node.engine.send('lamp/a', { type: 'lamp.press' })
      }
    }
    cpSync(join(root, 'n1'), join(root, 'copy'), { recursive: true })
    const result = replayDirectories([root, join(root, 'n2')], catalogue)
    expect(result).toEqual({
      nodeCount: 3,
      segmentCount: 6,
      eventCount: 66,
      verifiedCount: 66,
      unverifiedCount: 0,
      mismatchCount: 0,
      noteCount: 0,
      leftOutCount: 0,
      mismatches: [],
      damages: [],
      gaps: [],
      unverifiable: [],
      isExact: true,
    })
  })

  test('whatever happens: events of any size, timers, several actors, segments that turn', () => {
    const happening = fc.oneof(
      { weight: 5, arbitrary: fc.record({ press: fc.constantFrom('lamp/a', 'lamp/b', 'lamp/c') }) },
      { weight: 2, arbitrary: fc.record({ passMs: fc.nat(80) }) },
      {
        weight: 2,
        arbitrary: fc.record({
          note: fc.string({ maxLength: 600, size: 'max' }),
          of: fc.constantFrom('lamp/a', 'lamp/c'),
        }),
      },
      { weight: 1, arbitrary: fc.record({ ask: fc.constantFrom('lamp/a', 'lamp/b') }) },
    )
    fc.assert(
      fc.property(
        fc.array(happening, { minLength: 50, maxLength: 150 }),
        fc.integer({ min: 2, max: 60 }),
        (story, ring) => {
          const directory = makeDirectory()
          const clock = new TestClock()
          const node = startNode(directory, { clock, segmentSizeBytes: 8192, segmentCountMax: ring })
          startLamp(node, 'lamp/a', 100)
          startLamp(node, 'lamp/b', 30)
          startLamp(node, 'lamp/c', 0)
          for (const one of story) {
            if ('press' in one) node.engine.send(one.press, { type: 'lamp.press' })
            else if ('passMs' in one) clock.pass(one.passMs)
            else if ('note' in one) node.engine.send(one.of, { type: 'lamp.note', text: one.note })
            else node.engine.send(one.ask, { type: 'lamp.ask' })
          }
          const result = replayDirectories([directory], catalogue)
          expect(result).toMatchObject({ mismatchCount: 0, gaps: [], damages: [], isExact: true })
          // Only the record that opened the oldest segment because it fitted in no other may have nothing before it.
          expect(result.unverifiedCount).toBeLessThanOrEqual(1)
          expect(node.box.stats()).toMatchObject({ omittedCount: 0, lostCount: 0 })
          rmSync(directory, { recursive: true })
        },
      ),
      // A failure is shrunk for so long and no longer: every try writes segments.
      { numRuns: 40, interruptAfterTimeLimit: 20_000 },
    )
  })

  test('from the oldest segment that is left, when the ring has turned', () => {
    const directory = makeDirectory()
    const node = startNode(directory, { segmentSizeBytes: 4096, segmentCountMax: 2 })
    startLamp(node)
    for (let index = 0; index < 500; index += 1) node.engine.send('lamp/a', { type: 'lamp.press' })
    const result = replayDirectories([directory], catalogue)
    expect(result.segmentCount).toBe(2)
    expect(result.eventCount).toBeLessThan(100)
    expect(result.verifiedCount).toBe(result.eventCount)
    expect(result.isExact).toBe(true)
  })

  test('where a record is too large for what is left: it opens the next segment, the snapshots follow it', () => {
    const directory = makeDirectory()
    const node = startNode(directory, { segmentSizeBytes: 4096, segmentCountMax: 100 })
    startLamp(node)
    const press = () => node.engine.send('lamp/a', { type: 'lamp.press' })
    for (let index = 0; index < 25; index += 1) press()
    expect(segmentPaths(directory)).toHaveLength(1)
    node.engine.send('lamp/a', { type: 'lamp.note', text: 'x'.repeat(900) })
    press()
    const [first, second] = segmentPaths(directory)
    const kinds = readSegment(second!).frames.map((frame) => frame.record.kind)
    expect(kinds).toEqual(['step', 'snapshot', 'step'])
    expect(replayDirectories([directory], catalogue)).toMatchObject({ verifiedCount: 28, isExact: true })
    rmSync(first!)
    const rest = replayDirectories([directory], catalogue)
    expect(rest).toMatchObject({ eventCount: 2, verifiedCount: 1, unverifiedCount: 1, isExact: true })
  })

  test('while the node is writing', () => {
    const directory = makeDirectory()
    const node = startNode(directory)
    startLamp(node)
    for (let index = 1; index < 20; index += 1) {
      node.engine.send('lamp/a', { type: 'lamp.press' })
      expect(replayDirectories([directory], catalogue)).toMatchObject({ verifiedCount: index + 1, isExact: true })
    }
  })
})

describe('replay notices', () => {
  test('a machine that changed: which step, what was recorded, what comes out now', () => {
    const directory = makeDirectory()
    const node = startNode(directory)
    startLamp(node)
    node.engine.send('lamp/a', { type: 'lamp.note', text: 'the same in both' })
    node.engine.send('lamp/a', { type: 'lamp.press' })
    node.engine.send('lamp/a', { type: 'lamp.press' })
    const result = replayDirectories([directory], changedCatalogue)
    expect(result).toMatchObject({
      eventCount: 4,
      verifiedCount: 2,
      mismatchCount: 1,
      unverifiedCount: 1,
      isExact: false,
    })
    const [mismatch] = result.mismatches
    expect(mismatch).toMatchObject({ id: 'n1:1:3', actor: 'lamp/a', machine: 'lamp', event: 'lamp.press' })
    expect(mismatch!.differences.map((difference) => difference.what)).toEqual(['effects', 'hash'])
    expect(mismatch!.differences[0]).toEqual({
      what: 'effects',
      recorded: '[{"type":"lamp.changed","name":"lamp/a","count":1}]',
      replayed: '[{"type":"lamp.changed","name":"lamp/a","count":2}]',
    })
  })

  test('every segment anew: one difference does not hide, nor multiply by, those that follow from it', () => {
    const directory = makeDirectory()
    const node = startNode(directory, { segmentSizeBytes: 4096, segmentCountMax: 100 })
    startLamp(node)
    for (let index = 0; index < 200; index += 1) node.engine.send('lamp/a', { type: 'lamp.press' })
    const result = replayDirectories([directory], changedCatalogue, { mismatchCountMax: 2 })
    expect(result.mismatchCount).toBeGreaterThan(2)
    expect(result.mismatchCount).toBeLessThanOrEqual(2 * result.segmentCount)
    expect(result.mismatches).toHaveLength(2)
  })

  test('a machine or a version that the catalogue has not: not verified, and said so', () => {
    const directory = makeDirectory()
    const node = startNode(directory)
    startLamp(node)
    node.engine.send('lamp/a', { type: 'lamp.press' })
    const raised = replayDirectories([directory], raisedCatalogue)
    expect(raised).toMatchObject({ mismatchCount: 0, verifiedCount: 0, unverifiedCount: 2, isExact: false })
    expect(raised.unverifiable).toEqual([
      { node: 'n1', machine: 'lamp', version: 1, catalogueVersion: 2, stepCount: 2 },
    ])
    expect(replayDirectories([directory], {}).unverifiable).toMatchObject([{ catalogueVersion: null, stepCount: 2 }])
  })

  test('that there is nothing to read', () => {
    const directory = makeDirectory()
    expect(() => replayDirectories([directory], catalogue)).toThrow(BlackBoxNotFoundError)
    expect(() => replayDirectories([join(directory, 'none')], catalogue)).toThrow(BlackBoxNotFoundError)
  })
})

test('an actor put back from a recorded snapshot goes on with its delayed transitions', () => {
  const directory = makeDirectory()
  const before = startNode(directory, { segmentSizeBytes: 4096, segmentCountMax: 100 })
  startLamp(before, 'lamp/a', 250)
  while (before.engine.snapshot('lamp/a').value !== 'lit' || segmentPaths(directory).length < 3) {
    before.engine.send('lamp/a', { type: 'lamp.press' })
  }
  const snapshots = segmentPaths(directory)
    .flatMap((path) => readSegment(path).frames)
    .map((frame) => frame.record)
    .filter((record): record is SnapshotRecord => record.kind === 'snapshot' && record.state === 'lit')
  const snapshot = snapshots.at(-1)!
  const clock = new TestClock()
  const told: unknown[] = []
  const engine = new Engine({
    node: 'n1',
    incarnation: 2,
    clock,
    catalogue,
    recorder: { append() {} },
    perform: (effect) => told.push(effect.type),
  })
  engine.restore('lamp/a', snapshot)
  clock.pass(249)
  expect(engine.snapshot('lamp/a').value).toBe('lit')
  clock.pass(1)
  expect(engine.snapshot('lamp/a').value).toBe('dark')
  expect(told).toEqual(['lamp.changed'])
})
