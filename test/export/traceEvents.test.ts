/** What a real recording does not have: many steps in one microsecond, as of a simulation, whose clock stands still while a node works. */
import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { traceOf } from '../../src/export/traceEvents.ts'
import { openRecordings } from '../../src/recorder/openRecordings.ts'
import { mergeTimeline, timelineOf } from '../../src/recorder/timeline.ts'

test('no arrow goes back in time, though a track spreads what was at one time', async () => {
  const recordings = await openRecordings([join(import.meta.dir, '../recordings/failover.tar.gz')])
  const { entries } = timelineOf(recordings.boxes)
  recordings.close()
  const still = entries.map((entry, count) => ({ ...entry, time: { us: 1_000_000, count } }))
  const { traceEvents } = traceOf(mergeTimeline(still), [])
  const ends = new Map(traceEvents.filter(({ ph }) => ph === 'f').map(({ id, ts }) => [id, ts!]))
  const starts = traceEvents.filter(({ ph }) => ph === 's')
  expect(starts.length).toBeGreaterThan(20)
  expect(starts.filter(({ id, ts }) => ts! > ends.get(id)!)).toEqual([])
})
