/** What others see of the log of a node: spans, arrivals, being told, gaps, who keeps what. */
import { expect, test } from 'bun:test'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { LogRecord } from '../../src/clusterLog/index.ts'
import { temporaryFolder } from '../support/folders.ts'
import { LogCluster } from './logCluster.ts'
import { roomy } from './support.ts'

const ids = (records: readonly LogRecord[]) => records.map(({ id }) => id)
const cluster = (of: Partial<ConstructorParameters<typeof LogCluster>[0]> = {}) =>
  new LogCluster({ directory: temporaryFolder('log'), names: ['n1', 'n2', 'n3'], ...of })

test('listeners are told of every arrival once, in the order in which `after` has them', async () => {
  const three = cluster()
  await three.pass(300)
  const { log } = three.nodes.get('n1')!
  const told: string[] = []
  let position = ''
  const unsubscribe = log.subscribe((records, at) => {
    told.push(...ids(records))
    position = at
  })
  for (const name of ['n2', 'n1', 'n3']) three.record(name)
  await three.pass(2000)
  expect(told.toSorted()).toEqual(['n1:1:1', 'n2:1:1', 'n3:1:1'])
  const all = await log.after(null)
  expect(ids(all.records)).toEqual(told)
  expect(all).toMatchObject({ position, isMore: false, isReset: false })
  unsubscribe()
  three.record('n2')
  await three.pass(2000)
  expect(told).toHaveLength(3)
  expect(ids((await log.after(position)).records)).toEqual(['n2:1:2'])
  expect(await log.after('elsewhere.3')).toMatchObject({ isReset: true })
  expect(log.stats()).toMatchObject({ isKeeper: true, takenCount: 1, recordCount: 4 })
  three.end()
})

test('the log is complete up to lately, unless a node that is up is not heard', async () => {
  const three = cluster()
  for (const name of ['n1', 'n2', 'n3']) three.record(name)
  await three.pass(3000)
  const { log } = three.nodes.get('n1')!
  // Somebody follows, so that the others say soon that nothing happened.
  log.subscribe(() => {}, { isOrdered: true })
  await three.pass(2000)
  expect(three.clock.wallUs() - log.completeUs!).toBeLessThan(1_500_000)
  three.lossShare = 1
  const before = log.completeUs!
  await three.pass(5000)
  expect(log.completeUs! - before).toBeLessThan(1_000_000)
  three.end()
})

test('of a node that is gone for good, what one keeper has, all have in the end', async () => {
  const four = cluster({ names: ['n1', 'n2', 'n3', 'n4'] })
  await four.pass(500)
  four.cut.add('n2')
  four.record('n4')
  await four.pass(2000)
  expect(ids(await four.nodes.get('n3')!.records())).toEqual(['n4:1:1'])
  expect(ids(await four.nodes.get('n2')!.records())).toEqual([])
  four.kill('n4')
  four.cut.delete('n2')
  await four.pass(20_000)
  expect(ids(await four.nodes.get('n2')!.records())).toEqual(['n4:1:1'])
  const origin = four.nodes
    .get('n2')!
    .log.positions()
    .find(({ node }) => node === 'n4')!
  expect(origin.copies.map(({ node }) => node).toSorted()).toEqual(['n1', 'n2', 'n3'])
  four.end()
})

test('with fewer copies, the others keep what they recorded themselves', async () => {
  const four = cluster({ names: ['n1', 'n2', 'n3', 'n4'], node: () => ({ copies: 2 }) })
  for (const name of ['n1', 'n2', 'n3', 'n4']) four.record(name)
  await four.pass(3000)
  const counts = await Promise.all([...four.nodes.values()].map(async (node) => (await node.records()).length))
  expect(counts).toEqual([4, 4, 1, 1])
  expect(four.nodes.get('n4')!.log.stats()).toMatchObject({ isKeeper: false, keepers: ['n1', 'n2'] })
  four.end()
})

test('what neither spool nor black box has any more is told as a gap', async () => {
  const three = cluster({
    node: (name) => (name === 'n2' ? { queueLengthMax: 4, segmentCountMax: 2, limits: roomy } : {}),
  })
  for (let count = 0; count < 3; count++) three.record('n2')
  await three.pass(2000)
  for (let count = 0; count < 600; count++) three.record('n2')
  await three.pass(5000, 50)
  const records = (await three.nodes.get('n1')!.records()).filter(({ node }) => node === 'n2')
  const gap = records.find(({ event }) => event.type === 'log.gap')!
  expect(gap.event).toMatchObject({ from: '1:3' })
  const places = records.map(({ sequence }) => sequence)
  expect(places.slice(0, 3)).toEqual([1, 2, 3])
  expect(places.slice(3)).toEqual(Array.from({ length: 603 - gap.sequence + 1 }, (_, index) => gap.sequence + index))
  three.end()
})

test('so are lives of which the black box has nothing any more', async () => {
  const disk = { isFull: false }
  const three = cluster({
    node: (name) => (name === 'n2' ? { segmentCountMax: 2, spoolFails: () => disk.isFull } : {}),
  })
  for (let count = 0; count < 3; count++) three.record('n2')
  await three.pass(2000)
  disk.isFull = true
  for (let life = 1; life <= 4; life++) {
    three.record('n2')
    three.kill('n2')
    three.start('n2')
  }
  three.record('n2')
  disk.isFull = false
  await three.pass(40_000, 50)
  const records = (await three.nodes.get('n1')!.records()).filter(({ node }) => node === 'n2')
  expect(records.map(({ id, event }) => (event.type === 'log.gap' ? [id, event.from, event.to] : id))).toEqual([
    'n2:1:1',
    'n2:1:2',
    'n2:1:3',
    ['n2:3:1', '1:3', '3:1'],
    'n2:4:1',
    'n2:5:1',
  ])
  three.end()
})

test('a spool that cannot be written for a while loses nothing', async () => {
  const disk = { isFull: false }
  const three = cluster({ node: (name) => ({ spoolFails: () => disk.isFull && name === 'n1' }) })
  await three.pass(500)
  disk.isFull = true
  for (let count = 0; count < 50; count++) three.record(count % 2 === 0 ? 'n1' : 'n2')
  await three.pass(8000)
  const problems = () => three.nodes.get('n1')!.log.problems()
  expect(problems()).toEqual([{ code: 'log.unwritten', node: 'n1', detail: 'no room' }])
  disk.isFull = false
  await three.pass(30_000)
  expect(problems()).toEqual([])
  for (const node of three.nodes.values()) expect((await node.records()).length).toBe(50)
  three.end()
})

test('a spool that cannot be opened is tried again, and what was recorded meanwhile is in it', async () => {
  const disk = { isBroken: true }
  const three = cluster({ node: (name) => ({ spoolFails: () => disk.isBroken && name === 'n1' }) })
  three.record('n1')
  three.record('n2')
  await three.pass(6000)
  const { log } = three.nodes.get('n1')!
  expect(log.problems()).toEqual([{ code: 'log.unwritten', node: 'n1', detail: 'no entry' }])
  expect(await log.query({})).toMatchObject({ records: [], isTruncated: false })
  disk.isBroken = false
  await three.pass(20_000)
  expect(log.problems()).toEqual([])
  for (const node of three.nodes.values()) expect((await node.records()).length).toBe(2)
  three.end()
})

test('who subscribes or asks before the store is open is told of what arrives afterwards, and gets what was there', async () => {
  const three = cluster()
  three.record('n1')
  await three.pass(1000)
  three.kill('n1')
  const { log } = three.start('n1')
  const told: string[] = []
  log.subscribe((records) => told.push(...ids(records)))
  const before = log.query({})
  three.record('n1')
  await three.pass(1000)
  expect(told).toEqual(['n1:2:1'])
  expect(ids((await before).records)).toEqual(['n1:1:1'])
  three.end()
})

test('when the thread of the spool ends another is started, and nothing is lost', async () => {
  const three = cluster()
  await three.pass(1000)
  three.nodes.get('n1')!.stopSpool()
  for (let count = 0; count < 10; count++) three.record(count % 2 === 0 ? 'n1' : 'n2')
  await three.pass(40_000, 50)
  for (const node of three.nodes.values()) expect((await node.records()).length).toBe(10)
  expect(three.nodes.get('n1')!.log.problems()).toEqual([])
  three.end()
})

test('where the thread begins another store it is filled again, by the black box and the other nodes', async () => {
  const directory = temporaryFolder('log')
  const three = cluster({ directory })
  for (let count = 0; count < 10; count++) three.record(count % 2 === 0 ? 'n1' : 'n2')
  await three.pass(3000)
  three.nodes.get('n1')!.stopSpool()
  rmSync(join(directory, 'n1', 'log'), { recursive: true })
  three.record('n1')
  three.record('n2')
  await three.pass(40_000, 50)
  for (const node of three.nodes.values()) expect((await node.records()).length).toBe(12)
  three.end()
})
