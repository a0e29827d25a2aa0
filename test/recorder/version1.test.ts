/**
 * Black boxes of format version 1, from before there were notes: read for ever. Their machines are of a version from before hashes were
 * taken as they are now, so they are shown, and not verified.
 */
import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { readTimeline } from '../../src/recorder/index.ts'
import { replayDirectories } from '../../src/recorder/replay.ts'
import { raisedCatalogue } from './support.ts'

const directory = join(import.meta.dir, '../recordings/blackBoxVersion1')

test('a recording of format version 1 is read whole, and known to be of an earlier version of its machine', () => {
  const result = replayDirectories([directory], raisedCatalogue)
  expect(result).toMatchObject({ mismatchCount: 0, gaps: [], damages: [], eventCount: 56, segmentCount: 2 })
  expect(result.unverifiable).toMatchObject([{ machine: 'lamp', version: 1, catalogueVersion: 2 }])
})

test('and has its timeline', () => {
  const { entries } = readTimeline([directory])
  expect(entries[0]).toMatchObject({ id: 'n1:1:1', kind: 'start', actor: 'lamp/a', state: 'dark' })
  expect(entries.at(-1)).toMatchObject({ kind: 'end', actor: 'lamp/b' })
  expect(entries.some(({ cause }) => cause === 'n2:1:7')).toBe(true)
})
