/** Whoever reads a black box knows what notes are and what quiet steps left out are: neither changes an actor, nor is missing. */
import { afterAll, expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { backfill } from '../../src/clusterLog/backfill.ts'
import { trustedLogRecord } from '../../src/clusterLog/codec.ts'
import { Spool } from '../../src/clusterLog/spool.ts'
import { findRecords } from '../../src/clusterLog/spoolQuery.ts'
import type { Clock } from '../../src/engine/clock.ts'
import { snapshotOf } from '../../src/manage/http/snapshotReplay.ts'
import { findBoxes, unlessGone } from '../../src/recorder/boxes.ts'
import { temporaryFolder } from '../support/folders.ts'
import { catalogue, makeDirectory, removeDirectories, startLamp, startNode } from './support.ts'

afterAll(removeDirectories)

/** A lamp that is lit, noted, and then asked at the lowest detail. */
function recorded() {
  const directory = makeDirectory()
  let us = 1_700_000_000_000_000
  const clock: Clock = { nowMs: () => us / 1000, wallUs: () => (us += 1000), setTimer: () => () => {} }
  const node = startNode(directory, { clock, budget: { cpuPercent: 1000, bytesPerSecond: 1 } })
  startLamp(node)
  for (let second = 0; second < 3; second += 1) {
    node.engine.send('lamp/a', { type: 'lamp.ask' })
    us += 1_000_000
  }
  node.engine.send('lamp/a', { type: 'lamp.press' })
  for (let count = 0; count < 50; count += 1) node.engine.send('lamp/a', { type: 'lamp.unknown' })
  node.engine.note({ kind: 'application', actor: 'lamp/a', event: { type: 'said' }, cause: null })
  for (let count = 0; count < 50; count += 1) node.engine.send('lamp/a', { type: 'lamp.unknown' })
  node.engine.send('lamp/a', { type: 'lamp.ask' })
  const { lastSequence, leftOutCount } = node.box.stats()
  expect(leftOutCount).toBe(100)
  return { directory, lastSequence }
}

test('the cluster log takes what is there, and no gap', () => {
  const { directory, lastSequence } = recorded()
  const spool = new Spool(temporaryFolder('spool'))
  backfill(spool, { directory, node: 'n1', upTo: { incarnation: 1, sequence: lastSequence } }, () => {})
  const records = findRecords(spool, { limit: 5000 }).records.map((bytes) => trustedLogRecord(bytes))
  expect(records.map(({ kind, event }) => `${kind} ${event.type}`)).toEqual([
    'start start',
    ...Array<string>(3).fill('step lamp.ask'),
    'step lamp.press',
    'application said',
    'step lamp.ask',
  ])
  spool.close()
})

test('a snapshot after notes and quiet steps is that of the last step, verified', () => {
  const { directory, lastSequence } = recorded()
  const life = findBoxes([directory])[0]!.lives[0]!
  const wanted = { id: `n1:1:${lastSequence}`, actor: 'lamp/a', sequence: lastSequence }
  expect(snapshotOf(life, catalogue, wanted)).toMatchObject({ machine: 'lamp', value: 'lit', isVerified: true })
})

test('a segment that the ring drops while it is looked at is no more; a directory that is not there is an error', () => {
  const directory = makeDirectory()
  const read = (path: string) => readFileSync(path)
  expect(unlessGone(join(directory, 'gone'), read)).toBeNull()
  expect(() => unlessGone(join(directory, 'none', 'gone'), read)).toThrow('ENOENT')
})
