/** What was flushed is on the disk: nothing that a loss of power can do to the rest takes it away. */
import { afterAll, describe, expect, test } from 'bun:test'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Clock } from '../../src/engine/clock.ts'
import { findBoxes, readLife } from '../../src/recorder/boxes.ts'
import type { FlushPosition } from '../../src/recorder/flusher.ts'
import type { RecorderOptions } from '../../src/recorder/recorder.ts'
import { replayDirectories } from '../../src/recorder/replay.ts'
import {
  catalogue,
  makeDirectory,
  removeDirectories,
  segmentPaths,
  startLamp,
  startNode,
  type TestNode,
} from './support.ts'

afterAll(removeDirectories)

const clock = (): Clock => {
  let us = 1_700_000_000_000_000
  return { nowMs: () => us / 1000, wallUs: () => (us += 10), setTimer: () => () => {} }
}

function recording(options: Partial<RecorderOptions>): { directory: string; node: TestNode } {
  const directory = makeDirectory()
  const node = startNode(directory, { segmentSizeBytes: 65_536, segmentCountMax: 1000, clock: clock(), ...options })
  return { directory, node }
}

async function flushed(node: TestNode, atLeast: number): Promise<FlushPosition> {
  for (let attempt = 0; attempt < 2000; attempt += 1) {
    const { flushed: position } = node.box.stats()
    if (position && position.sequence >= atLeast) return position
    await Bun.sleep(2)
  }
  throw new Error(`nothing was flushed up to ${atLeast}`)
}

describe('flush', () => {
  test('never: nothing is, until the end', async () => {
    const { node } = recording({ flush: 'never' })
    startLamp(node)
    for (let index = 0; index < 2000; index += 1) node.engine.send('lamp/a', { type: 'lamp.press' })
    await Bun.sleep(50)
    expect(node.box.stats()).toMatchObject({ flushed: null, flushCount: 0 })
    node.box.close()
    expect(node.box.stats().flushed).toMatchObject({ sequence: 2001 })
  })

  test('incident: after each, and what follows it', async () => {
    const { node } = recording({ flush: 'incident', flushIntervalMs: 20 })
    startLamp(node)
    expect(await flushed(node, 1)).toMatchObject({ sequence: 1, segment: 1 })
    node.engine.send('lamp/a', { type: 'lamp.ask' })
    expect(await flushed(node, 2)).toMatchObject({ sequence: 2 })
    node.box.close()
  })

  test('interval: whatever was recorded, soon', async () => {
    const { node } = recording({ flush: 'interval', flushIntervalMs: 10 })
    startLamp(node)
    for (let index = 0; index < 3000; index += 1) node.engine.send('lamp/a', { type: 'lamp.ask' })
    const { sequence, segment } = await flushed(node, 3001)
    expect(sequence).toBe(3001)
    expect(segment).toBeGreaterThan(1)
    node.box.close()
  })

  test('what fails is told once, and nothing counts as flushed from then on', async () => {
    const problems: string[] = []
    const onProblem: RecorderOptions['onProblem'] = ({ code }) => problems.push(code)
    const { directory, node } = recording({ flush: 'interval', flushIntervalMs: 5, onProblem })
    // The segment is there, but nobody can say that its name is.
    renameSync(directory, `${directory}-elsewhere`)
    startLamp(node)
    for (let attempt = 0; attempt < 1000 && problems.length === 0; attempt += 1) await Bun.sleep(2)
    renameSync(`${directory}-elsewhere`, directory)
    node.engine.send('lamp/a', { type: 'lamp.ask' })
    for (let attempt = 0; attempt < 1000 && node.box.stats().flushCount === 0; attempt += 1) await Bun.sleep(2)
    expect(problems).toEqual(['flush.failed'])
    expect(node.box.stats()).toMatchObject({ flushed: null, flushFailedCount: 1, flushCount: 1 })
    node.box.close()
  })

  test('segments that the ring removed before they were flushed are none of its concern', async () => {
    const problems: string[] = []
    const onProblem: RecorderOptions['onProblem'] = ({ code }) => problems.push(code)
    const small = { segmentSizeBytes: 4096, segmentCountMax: 2 }
    const { node } = recording({ ...small, flush: 'interval', flushIntervalMs: 1, onProblem })
    startLamp(node)
    for (let round = 0; round < 20; round += 1) {
      for (let index = 0; index < 300; index += 1) node.engine.send('lamp/a', { type: 'lamp.ask' })
      await Bun.sleep(3)
    }
    expect(await flushed(node, 6001)).toMatchObject({ sequence: 6001 })
    expect(problems).toEqual([])
    node.box.close()
  })
})

const pageBytes = 4096

/** The box as the disk may have it: of what was written after the flush, each page is there or not. */
function loseThePower(directory: string, position: FlushPosition, random: () => number): string {
  const target = join(makeDirectory(), 'n1')
  mkdirSync(target)
  for (const path of segmentPaths(directory)) {
    const segment = Number(basename(path).split('.')[2])
    const bytes = new Uint8Array(readFileSync(path))
    const keptBytes = segment < position.segment ? bytes.length : segment === position.segment ? position.offset : 0
    // The name and the header of a segment that came later may be there, or nothing of it.
    if (segment > position.segment && random() < 0.5) continue
    for (let page = Math.floor(keptBytes / pageBytes) * pageBytes; page < bytes.length; page += pageBytes) {
      if (random() < 0.5) bytes.fill(0, Math.max(page, keptBytes), page + pageBytes)
    }
    writeFileSync(join(target, basename(path)), bytes)
  }
  return target
}

test('loss of power at 100 moments, any page of what came after the flush lost: all that was flushed is there and replays', async () => {
  const { directory, node } = recording({ flush: 'interval', flushIntervalMs: 1, segmentSizeBytes: 16_384 })
  startLamp(node)
  for (let seed = 1; seed <= 100; seed += 1) {
    let state = seed * 7919
    const random = (): number => {
      state = (state * 48_271) % 2_147_483_647
      return state / 2_147_483_647
    }
    const event = () =>
      random() < 0.5 ? { type: 'lamp.note', text: 'y'.repeat(random() * 300) } : { type: 'lamp.press' }
    node.engine.send('lamp/a', event())
    const position = await flushed(node, 1)
    for (let count = random() * 80; count > 0; count -= 1) node.engine.send('lamp/a', event())
    const left = loseThePower(directory, position, random)
    const life = findBoxes([left])[0]!.lives[0]!
    const sequences = new Set<number>()
    for (const { record } of readLife(life, { onDamage: () => {} })) sequences.add(record.sequence)
    const missing = Array.from({ length: position.sequence }, (_, index) => index + 1).filter(
      (one) => !sequences.has(one),
    )
    if (missing.length > 0) throw new Error(`seed ${seed}: of ${position.sequence} flushed records ${missing} are lost`)
    const result = replayDirectories([left], catalogue)
    expect(result.mismatchCount).toBe(0)
    expect(result.verifiedCount).toBeGreaterThanOrEqual(position.sequence)
  }
  node.box.close()
})
