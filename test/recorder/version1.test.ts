/** Black boxes of format version 1, from before there were notes: read and replayed for ever. */
import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { readTimeline } from '../../src/recorder/index.ts'
import { replayDirectories } from '../../src/recorder/replay.ts'
import { catalogue } from './support.ts'

const directory = join(import.meta.dir, '../recordings/blackBoxVersion1')

test('a recording of format version 1 replays exactly', () => {
  const result = replayDirectories([directory], catalogue)
  expect(result).toMatchObject({ mismatchCount: 0, gaps: [], damages: [], unverifiedCount: 0, isExact: true })
  expect(result.eventCount).toBeGreaterThan(50)
  expect(result.segmentCount).toBeGreaterThan(1)
})

test('and has its timeline', () => {
  const { entries } = readTimeline([directory])
  expect(entries[0]).toMatchObject({ id: 'n1:1:1', kind: 'start', actor: 'lamp/a', state: 'dark' })
  expect(entries.at(-1)).toMatchObject({ kind: 'end', actor: 'lamp/b' })
  expect(entries.some(({ cause }) => cause === 'n2:1:7')).toBe(true)
})
