/** Every byte of a segment is damaged, in several ways: the reader says what is damaged and where, and keeps the rest. */
import { afterAll, describe, expect, test } from 'bun:test'
import { truncateSync, writeFileSync } from 'node:fs'
import { readTimeline } from '../../src/recorder/index.ts'
import { replayDirectories } from '../../src/recorder/replay.ts'
import { type DamageKind, readSegmentBytes, type StoredFrame } from '../../src/recorder/segmentReader.ts'
import { bytesOf, catalogue, makeDirectory, removeDirectories, segmentPaths, startLamp, startNode } from './support.ts'

afterAll(removeDirectories)

/** A lamp's life in one small segment: a start, its snapshot, and steps. */
function recordLamp(directory: string, pressCount = 6, segmentSizeBytes = 4096): string {
  const node = startNode(directory, { segmentSizeBytes, segmentCountMax: 50 })
  startLamp(node)
  for (let index = 0; index < pressCount; index += 1) node.engine.send('lamp/a', { type: 'lamp.press' })
  return segmentPaths(directory)[0]!
}

const path = recordLamp(makeDirectory())
const intact = bytesOf(path)
const frames = readSegmentBytes(path, intact).frames
const headerBytes = frames[0]!.offset
const usedBytes = intact.findLastIndex((byte) => byte !== 0) + 1

const headBytes = 12
const view = new DataView(intact.buffer)
const lengthOf = (frame: StoredFrame) => view.getUint32(frame.offset, true)

/** What a byte is part of, worked out from the format's description and not from the reader. */
function placeOf(position: number): { kind: DamageKind; frame: number; isLost: boolean } {
  if (position < headerBytes) return { kind: 'header', frame: -1, isLost: false }
  const index = frames.findLastIndex((frame) => frame.offset <= position)
  const frame = frames[index]!
  const within = position - frame.offset
  if (within < 4) return { kind: 'length', frame: index, isLost: false }
  if (within < headBytes) return { kind: 'crc', frame: index, isLost: false }
  if (within < headBytes + lengthOf(frame)) return { kind: 'payload', frame: index, isLost: true }
  const end = Math.ceil((frame.offset + headBytes + lengthOf(frame)) / 8) * 8
  return position < end ? { kind: 'payload', frame: index, isLost: false } : { kind: 'tail', frame: -1, isLost: false }
}

function damaged(change: (bytes: Uint8Array) => void): Uint8Array {
  const copy = intact.slice()
  change(copy)
  return copy
}

describe('every byte of a small segment', () => {
  test('the segment is as this test needs it: whole, several frames, room at the end', () => {
    const content = readSegmentBytes(path, intact)
    expect(content.damages).toEqual([])
    expect(frames.map((frame) => frame.record.kind)).toEqual(['start', 'snapshot', ...Array(6).fill('step')])
    expect(usedBytes).toBeLessThan(intact.length - 1000)
  })

  for (const [how, change] of [
    ['inverted', (byte: number) => byte ^ 0xff],
    ['one bit flipped', (byte: number) => byte ^ 0x10],
    ['one more', (byte: number) => (byte + 1) & 0xff],
  ] as const) {
    test(`${how}: the damage is told by kind and place, all other frames are kept`, () => {
      for (let position = 0; position < intact.length; position += 1) {
        const { kind, frame, isLost } = placeOf(position)
        const content = readSegmentBytes(
          path,
          damaged((bytes) => (bytes[position] = change(bytes[position]!))),
        )
        const seen = content.damages.map((damage) => damage.kind)
        if (seen.length !== 1 || seen[0] !== kind) throw new Error(`byte ${position}: ${kind}, told as [${seen}]`)
        const [damage] = content.damages
        const begin = kind === 'header' ? 0 : kind === 'tail' ? damage!.offset : frames[frame]!.offset
        expect(damage!.offset).toBe(begin)
        expect(damage!.file).toBe(path)
        expect(damage!.isTornTail).toBe(kind === 'tail')
        const expected = frames.filter((_, index) => !(isLost && index === frame))
        expect(content.frames).toEqual(expected)
      }
    })
  }

  test('zeroed: a frame that has a successor is never taken for the end', () => {
    for (let position = headerBytes; position < frames.at(-1)!.offset; position += 1) {
      if (intact[position] === 0) continue
      const content = readSegmentBytes(
        path,
        damaged((bytes) => (bytes[position] = 0)),
      )
      expect(content.frames.length).toBeGreaterThanOrEqual(frames.length - 1)
      expect(content.damages.map((damage) => damage.kind)).toEqual([placeOf(position).kind])
    }
  })
})

describe('larger damage', () => {
  test('a block overwritten in the middle costs what it covers', () => {
    const [second, fourth] = [frames[2]!, frames[4]!]
    const content = readSegmentBytes(
      path,
      damaged((bytes) => bytes.fill(0xa5, second.offset + 3, fourth.offset - 3)),
    )
    expect(content.frames).toEqual([frames[0]!, frames[1]!, ...frames.slice(4)])
    expect(content.damages.map(({ kind, offset }) => ({ kind, offset }))).toEqual([
      { kind: 'length', offset: second.offset },
    ])
    expect(content.damages[0]!.lostByteCount).toBe(fourth.offset - second.offset)
  })

  test('both checksums of a frame wrong: the frame is lost, reading goes on behind it', () => {
    const third = frames[3]!
    const content = readSegmentBytes(
      path,
      damaged((bytes) => bytes.fill(0x11, third.offset + 4, third.offset + 12)),
    )
    expect(content.frames).toEqual(frames.filter((frame) => frame !== third))
    expect(content.damages).toMatchObject([{ kind: 'crc', offset: third.offset }])
    expect(content.damages[0]!.lostByteCount).toBeGreaterThan(0)
  })

  test('a file cut off anywhere: the whole frames before the cut, and a tail that no kill leaves', () => {
    for (let length = 0; length < intact.length; length += 1) {
      const content = readSegmentBytes(path, intact.slice(0, length))
      const whole = frames.filter((frame) => frame.offset + headBytes + lengthOf(frame) <= length)
      expect(content.frames).toEqual(length < headerBytes ? [] : whole)
      expect(content.damages).toHaveLength(1)
      const [damage] = content.damages
      expect(damage!.kind).toBe(length < headerBytes ? 'header' : 'tail')
    }
  })

  test('rubble is no segment: any bytes are read without an exception, and no record comes of them', () => {
    for (let seed = 1; seed <= 200; seed += 1) {
      let state = seed
      const rubble = Uint8Array.from({ length: 2048 }, () => (state = (state * 48_271) % 2_147_483_647) & 0xff)
      const content = readSegmentBytes('rubble', rubble)
      expect(content.frames).toEqual([])
      expect(content.damages[0]!.kind).toBe('header')
    }
  })

  test('another format version is refused as such', () => {
    const foreign = damaged((bytes) => {
      const header = new DataView(bytes.buffer, 0, headerBytes)
      header.setUint16(4, 3, true)
      header.setUint32(8, 0, true)
      header.setUint32(8, Bun.hash.crc32(bytes.subarray(0, headerBytes)), true)
    })
    const content = readSegmentBytes(path, foreign)
    expect(content.frames).toEqual([])
    expect(content.damages[0]!.detail).toContain('format version 3')
  })
})

describe('torn tail', () => {
  /** A frame being written when the process is killed: the payload first, the length last. */
  const torn = (writtenBytes: number) =>
    damaged((bytes) => {
      const last = frames.at(-1)!
      bytes.fill(0, last.offset + headBytes + writtenBytes)
      bytes.fill(0, last.offset, last.offset + headBytes)
    })

  test('a frame cut off at every byte of its payload is a torn tail, and nothing before it suffers', () => {
    for (let written = 1; written <= lengthOf(frames.at(-1)!); written += 1) {
      const content = readSegmentBytes(path, torn(written))
      expect(content.frames).toEqual(frames.slice(0, -1))
      expect(content.damages).toMatchObject([{ kind: 'tail', offset: frames.at(-1)!.offset, isTornTail: true }])
    }
  })

  test('killed before the very last store: the frame is proven by its checksums', () => {
    const last = frames.at(-1)!
    const content = readSegmentBytes(
      path,
      damaged((bytes) => bytes.fill(0, last.offset, last.offset + 4)),
    )
    expect(content.frames).toEqual(frames)
    expect(content.damages).toMatchObject([{ kind: 'tail', lostByteCount: 0, isTornTail: true }])
  })

  test('replay takes it for what it is at the end of a life, and for a damage before it', () => {
    const directory = makeDirectory()
    recordLamp(directory, 200)
    const paths = segmentPaths(directory)
    const tear = (file: string) => {
      const bytes = bytesOf(file)
      bytes[bytes.length - 1] = 1
      writeFileSync(file, bytes)
    }
    tear(paths.at(-1)!)
    const atEnd = replayDirectories([directory], catalogue)
    expect(atEnd.damages).toMatchObject([{ kind: 'tail', isTornTail: true, file: paths.at(-1)! }])
    expect(atEnd.isExact).toBe(true)
    tear(paths[0]!)
    const before = replayDirectories([directory], catalogue)
    expect(before.damages).toMatchObject([{ kind: 'tail', isTornTail: false }, { isTornTail: true }])
    expect(before).toMatchObject({ mismatchCount: 0, isExact: false })
  })
})

describe('replay across damage', () => {
  const damageFrame = (file: string, index: number, change: (bytes: Uint8Array, offset: number) => void) => {
    const bytes = bytesOf(file)
    change(bytes, readSegmentBytes(file, bytes).frames[index]!.offset)
    writeFileSync(file, bytes)
  }

  test('a lost step is a gap and no mismatch; the actor is verified again from its next snapshot', () => {
    const directory = makeDirectory()
    recordLamp(directory, 200)
    const paths = segmentPaths(directory)
    damageFrame(paths[1]!, 3, (bytes, offset) => (bytes[offset + 20]! ^= 1))
    const result = replayDirectories([directory], catalogue)
    expect(result.mismatchCount).toBe(0)
    expect(result.damages).toMatchObject([{ kind: 'payload', file: paths[1]! }])
    expect(result.gaps).toHaveLength(1)
    expect(result.gaps[0]).toMatchObject({ node: 'n1', reason: 'missing', actors: ['lamp/a'] })
    const { fromSequence, toSequence } = result.gaps[0]!
    expect(toSequence).toBe(fromSequence)
    const stepCount = readSegmentBytes(paths[1]!, bytesOf(paths[1]!)).frames.length
    expect(result.unverifiedCount).toBeGreaterThan(0)
    expect(result.unverifiedCount).toBeLessThan(stepCount)
    expect(result.eventCount).toBe(200)
    expect(result.verifiedCount + result.unverifiedCount).toBe(200)
  })

  test('an actor that missed nothing stays verified across a gap of another', () => {
    const directory = makeDirectory()
    const node = startNode(directory, { segmentSizeBytes: 65_536 })
    startLamp(node, 'lamp/a')
    startLamp(node, 'lamp/b')
    for (let index = 0; index < 20; index += 1) {
      node.engine.send(index % 2 === 0 ? 'lamp/a' : 'lamp/b', { type: 'lamp.press' })
    }
    const [file] = segmentPaths(directory)
    const { frames: all } = readSegmentBytes(file!, bytesOf(file!))
    const index = all.findIndex((frame) => frame.record.sequence === 9 && frame.record.kind === 'step')
    damageFrame(file!, index, (bytes, offset) => (bytes[offset + 20]! ^= 1))
    const result = replayDirectories([directory], catalogue)
    expect(result.mismatchCount).toBe(0)
    expect(result.gaps).toEqual([
      { node: 'n1', incarnation: 1, fromSequence: 9, toSequence: 9, reason: 'missing', actors: ['lamp/a'] },
    ])
    // After step 9, which was lamp/a's, it has six of its own: none can be verified; all of lamp/b's can.
    expect(result).toMatchObject({ eventCount: 21, unverifiedCount: 6, verifiedCount: 15, isExact: false })
  })

  test('a damaged header costs nothing: the name of the file says whose it is', () => {
    const directory = makeDirectory()
    recordLamp(directory, 100)
    for (const file of segmentPaths(directory)) {
      const bytes = bytesOf(file)
      bytes[7]! ^= 0xff
      writeFileSync(file, bytes)
    }
    const result = replayDirectories([directory], catalogue)
    expect(result).toMatchObject({
      nodeCount: 1,
      eventCount: 101,
      verifiedCount: 101,
      mismatchCount: 0,
      isExact: false,
    })
    expect(new Set(result.damages.map((damage) => damage.kind))).toEqual(new Set(['header']))
    expect(readTimeline([directory]).entries).toHaveLength(101)
  })

  test('a segment missing in the middle is a gap', async () => {
    const directory = makeDirectory()
    recordLamp(directory, 200)
    await Bun.file(segmentPaths(directory)[1]!).delete()
    const result = replayDirectories([directory], catalogue)
    expect(result).toMatchObject({ mismatchCount: 0, damages: [], isExact: false })
    expect(result.gaps).toHaveLength(1)
  })

  test('an empty file and one cut off within its header are damages', () => {
    const directory = makeDirectory()
    recordLamp(directory, 200)
    const [first, second] = segmentPaths(directory)
    truncateSync(first!, 0)
    truncateSync(second!, 10)
    const result = replayDirectories([directory], catalogue)
    expect(result.damages.map((damage) => damage.kind)).toEqual(['header', 'header'])
    expect(result.mismatchCount).toBe(0)
  })
})
