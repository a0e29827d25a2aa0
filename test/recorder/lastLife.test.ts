import { afterAll, describe, expect, test } from 'bun:test'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { lifeEndedType } from '../../src/recorder/lastLife.ts'
import type { RecorderOptions } from '../../src/recorder/recorder.ts'
import { bytesOf, makeDirectory, removeDirectories, segmentPaths, startLamp, startNode } from './support.ts'

afterAll(removeDirectories)

function live(directory: string, incarnation: number, options: Partial<RecorderOptions> = {}) {
  const node = startNode(directory, { incarnation, segmentSizeBytes: 8192, segmentCountMax: 100, ...options })
  const { lastLife } = node.box
  startLamp(node)
  for (let index = 0; index < 100; index += 1) node.engine.send('lamp/a', { type: 'lamp.press' })
  return { node, lastLife }
}

const lastLifeOf = (directory: string, incarnation: number, options: Partial<RecorderOptions> = {}) =>
  startNode(directory, { incarnation, ...options }).box.lastLife

describe('how the last life ended', () => {
  test('there was none', () => {
    expect(live(makeDirectory(), 1).lastLife).toBeNull()
  })

  test('killed: no word of it, in the same run of the machine; the number of its records', () => {
    const directory = makeDirectory()
    live(directory, 1)
    const second = live(directory, 2)
    expect(second.lastLife).toEqual({
      incarnation: 1,
      end: 'killed',
      exitCode: null,
      recordCount: 101,
      lastUs: 1_700_000_000_000_000,
      tail: 'whole',
      segmentCount: segmentPaths(directory).filter((path) => path.includes('.0000000001.')).length,
    })
  })

  test('ended: it said so, and how', () => {
    const directory = makeDirectory()
    const { node } = live(directory, 1)
    node.engine.note({ kind: 'note', actor: 'life', event: { type: lifeEndedType, exitCode: 71 }, cause: null })
    expect(lastLifeOf(directory, 2)).toMatchObject({ end: 'ended', exitCode: 71, recordCount: 102 })
  })

  test('with the machine: another run of it than the one that was recorded', () => {
    const directory = makeDirectory()
    live(directory, 1, { bootId: 'first' })
    expect(lastLifeOf(directory, 2, { bootId: 'second' })).toMatchObject({ end: 'machineRestarted' })
    expect(lastLifeOf(directory, 3, { bootId: 'second' })).toMatchObject({ end: 'killed', incarnation: 2 })
    expect(lastLifeOf(directory, 4, { bootId: null })).toMatchObject({ end: 'killed' })
  })

  test('with a record that cannot be read again: damaged, and the next life begins', () => {
    const directory = makeDirectory()
    const { node } = live(directory, 1)
    const data = JSON.parse('{"__proto__": 1}') as unknown
    node.engine.note({ kind: 'application', actor: 'lamp/a', event: { type: 'odd', data }, cause: null })
    expect(lastLifeOf(directory, 2)).toMatchObject({ end: 'killed', recordCount: 101, tail: 'damaged' })
  })

  test('in a segment that the disk does not give: damaged, and the next life begins', () => {
    const directory = makeDirectory()
    live(directory, 1)
    const path = segmentPaths(directory).at(-1)!
    rmSync(path)
    mkdirSync(path)
    expect(lastLifeOf(directory, 2)).toMatchObject({ tail: 'damaged' })
  })

  test('a life that ended before its first record', () => {
    const directory = makeDirectory()
    startNode(directory, { incarnation: 1 })
    expect(lastLifeOf(directory, 2)).toMatchObject({ end: 'killed', recordCount: 0, lastUs: null, tail: 'whole' })
  })

  test('a segment without a record is not the end of what went before', () => {
    const directory = makeDirectory()
    live(directory, 1)
    const paths = segmentPaths(directory)
    const newest = paths.at(-1)!
    const bytes = bytesOf(newest)
    const headerBytes = new DataView(bytes.buffer).getUint16(6, true)
    const before = startNode(makeDirectory(), { incarnation: 1 })
    expect(before.box.lastLife).toBeNull()
    writeFileSync(newest, bytes.fill(0, headerBytes))
    const { recordCount, end } = lastLifeOf(directory, 2)!
    expect(end).toBe('killed')
    expect(recordCount).toBeGreaterThan(0)
    expect(recordCount).toBeLessThan(101)
  })

  test('its tail: torn as a kill leaves it, or damaged otherwise', () => {
    for (const [tail, damage] of [
      ['torn', (bytes: Uint8Array) => (bytes[bytes.length - 5] = 1)],
      ['damaged', (bytes: Uint8Array) => (bytes[400]! ^= 0x20)],
    ] as const) {
      const directory = makeDirectory()
      live(directory, 1)
      const path = segmentPaths(directory).at(-1)!
      const bytes = bytesOf(path)
      damage(bytes)
      writeFileSync(path, bytes)
      expect(lastLifeOf(directory, 2)!.tail).toBe(tail)
    }
  })
})
