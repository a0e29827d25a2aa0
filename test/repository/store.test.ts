import { Database } from 'bun:sqlite'
import { afterEach, expect, test } from 'bun:test'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { LogCommand } from '../../machines/logic/replicatedLog.ts'
import { kept } from '../../src/repository/entry.ts'
import { MemoryDisk } from '../../src/repository/memoryStore.ts'
import { openStore, type Store, type StoreChange, type StoreContent, StoreError } from '../../src/repository/store.ts'

const directories: string[] = []

function newDirectory(): string {
  const made = mkdtempSync(join(tmpdir(), 'rolecall-store-'))
  directories.push(made)
  return made
}

afterEach(() => {
  for (const made of directories.splice(0)) rmSync(made, { recursive: true })
})

const set = (value: unknown): LogCommand => ({ type: 'set', entries: [{ key: 'k', value }], conditions: [] })
const entry = (index: number, epoch: number, value: unknown = index) => kept({ index, epoch, command: set(value) })
const valuesOf = ({ entries }: StoreContent) =>
  entries.map(({ index, epoch, command }) => [index, epoch, command.type === 'set' && command.entries[0]!.value])
const written = (store: Store, change: StoreChange) => new Promise<void>((resolve) => store.write(change, resolve))

const soon = {
  setTimer(_: number, callback: () => void) {
    setImmediate(callback)
    return () => {}
  },
}

/** Two kinds of disk; each call opens the same one. */
const disks: readonly (readonly [string, () => () => Promise<Store>])[] = [
  [
    'on disk',
    () => {
      const directory = newDirectory()
      return () => openStore({ directory })
    },
  ],
  [
    'in memory',
    () => {
      const disk = new MemoryDisk({ clock: soon, id: 'd1' })
      return async () => disk.open()
    },
  ],
]

for (const [kind, newDisk] of disks) {
  test(`${kind}: a new store is empty; what is written is there when it is opened again`, async () => {
    const open = newDisk()
    const first = await open()
    const { disk } = first.initial
    expect(disk.length).toBeGreaterThan(1)
    expect(first.initial).toEqual({
      disk,
      cluster: null,
      durable: { epoch: 0, votedFor: null },
      commitIndex: 0,
      state: null,
      entries: [],
    })
    first.write({ cluster: 'c1' })
    first.write({ durable: { epoch: 7, votedFor: 'n2' } })
    first.write({ put: [entry(1, 1), entry(2, 1), entry(3, 1)], commitIndex: 1 })
    first.write({ put: [entry(2, 2, { deep: [null, 'x'] })], commitIndex: 0 })
    await first.close()
    const { initial } = await open()
    expect([initial.disk, initial.cluster, initial.durable, initial.commitIndex]).toEqual([
      disk,
      'c1',
      { epoch: 7, votedFor: 'n2' },
      1,
    ])
    expect(valuesOf(initial)).toEqual([
      [1, 1, 1],
      [2, 2, { deep: [null, 'x'] }],
    ])
  })

  test(`${kind}: the copy of the state follows its changes, and stands for what is dropped of the log`, async () => {
    const open = newDisk()
    const store = await open()
    store.write({ put: [1, 2, 3, 4].map((index) => entry(index, 1)) })
    const [a, b] = [1, 2].map((index) => ({ key: `k${index}`, value: { index }, epoch: 1, index }))
    const members = [{ name: 'n1', disk: 'd1', kind: 'voter' as const }]
    const at = (index: number) => ({ at: { index, epoch: 1 }, members, isWhole: false })
    store.write({ state: { ...at(2), entries: [a!, b!] } })
    store.write({ state: { ...at(3), entries: [{ ...a!, value: null }] }, dropBefore: 3 })
    await store.close()
    const again = await open()
    expect(again.initial.state).toEqual({ at: { index: 3, epoch: 1 }, members, entries: [b!] })
    expect(valuesOf(again.initial)).toEqual([
      [3, 1, 3],
      [4, 1, 4],
    ])
    expect(again.initial.commitIndex).toBe(3)
    again.write({ state: { ...at(9), entries: [a!], isWhole: true }, isLogReset: true, put: [entry(10, 4)] })
    await again.close()
    const { initial } = await open()
    expect(initial.state).toEqual({ at: { index: 9, epoch: 1 }, members, entries: [a!] })
    expect(valuesOf(initial)).toEqual([[10, 4, 10]])
  })

  test(`${kind}: who waits is told in order, never at once; a gap is a programming error`, async () => {
    const open = newDisk()
    const store = await open()
    const told: number[] = []
    for (let index = 1; index <= 50; index += 1) store.write({ put: [entry(index, 1)] }, () => told.push(index))
    expect(told).toEqual([])
    expect(() => store.write({ put: [entry(52, 1)] })).toThrow('gap')
    await written(store, { put: [entry(51, 1)] })
    expect(told).toEqual(Array.from({ length: 50 }, (_, at) => at + 1))
    await store.close()
    expect((await open()).initial.entries).toHaveLength(51)
  })

  test(`${kind}: too much at once is too much, until it is written`, async () => {
    const store = await newDisk()()
    for (let epoch = 1; epoch <= 5000; epoch += 1) store.write({ durable: { epoch, votedFor: null } })
    expect(store.isCongested).toBe(true)
    await written(store, { durable: { epoch: 5001, votedFor: null } })
    expect(store.isCongested).toBe(false)
    const bytes = entry(1, 1, 'x'.repeat(2 << 20))
    for (let count = 0; count < 10; count += 1) store.write({ put: [bytes] })
    expect(store.isCongested).toBe(true)
    await store.close()
  })
}

test('every store has another id', async () => {
  const ids = new Set<string>()
  for (let count = 0; count < 3; count += 1) {
    const store = await openStore({ directory: newDirectory() })
    ids.add(store.initial.disk)
    await store.close()
  }
  expect(ids.size).toBe(3)
})

test('a write that fails is told once, and nothing after it is said to be durable', async () => {
  const directory = newDirectory()
  const store = await openStore({ directory })
  const told: string[] = []
  await written(store, { put: [entry(1, 1)] })
  store.onFailure(({ code, message }) => told.push(code, message))
  // What SQLite refuses: a key that is there twice cannot come about otherwise.
  store.write({ durable: { epoch: Number.NaN, votedFor: null } }, () => told.push('durable'))
  store.write({ put: [entry(2, 1)] }, () => told.push('durable'))
  await store.close()
  expect(told).toHaveLength(2)
  expect(told[0]).toBe('store.failed')
  expect(told[1]).toStartWith(join(directory, 'repository.sqlite'))
  const again = await openStore({ directory })
  expect(valuesOf(again.initial)).toEqual([[1, 1, 1]])
  await again.close()
})

test('a process killed while it writes loses nothing that it said was written', async () => {
  const directory = newDirectory()
  for (let life = 1; life <= 3; life += 1) {
    const child = Bun.spawn([process.execPath, join(import.meta.dir, 'writeForever.ts'), directory], {
      stdout: 'pipe',
      stderr: 'inherit',
    })
    let said = ''
    const decoder = new TextDecoder()
    for await (const piece of child.stdout) {
      said += decoder.decode(piece, { stream: true })
      if (said.length > 3000 * life) child.kill('SIGKILL')
    }
    await child.exited
    expect(child.signalCode).toBe('SIGKILL')
    const last = (what: string) => Number([...said.matchAll(new RegExp(`${what} (\\d+)\n`, 'g'))].at(-1)![1])
    const store = await openStore({ directory })
    const { durable, entries } = store.initial
    expect(entries.at(-1)!.index).toBeGreaterThanOrEqual(last('entry'))
    expect(durable.epoch).toBeGreaterThanOrEqual(last('vote'))
    expect(durable.votedFor).toBe(`n${durable.epoch % 3}`)
    for (const [index, , value] of valuesOf(store.initial)) expect(value).toBe(index as number)
    await store.close()
  }
})

test('only one has it open', async () => {
  const directory = newDirectory()
  const store = await openStore({ directory })
  expect(await codeOf({ directory })).toBe('store.locked')
  await store.close()
  expect(await codeOf({ directory })).toBe('none')
})

/** A store with 200 entries, closed, with everything in its main file. */
async function filled(): Promise<{ directory: string; path: string }> {
  const directory = newDirectory()
  const store = await openStore({ directory })
  for (let index = 1; index <= 200; index += 1)
    store.write({ put: [entry(index, 1, 'x'.repeat(100))], commitIndex: index - 1 })
  await store.close()
  const path = join(directory, 'repository.sqlite')
  expect(existsSync(`${path}-wal`)).toBe(false)
  return { directory, path }
}

/** Why it cannot be opened. */
async function codeOf(at: { directory: string }, look = (_: StoreContent) => {}): Promise<string> {
  try {
    const store = await openStore(at)
    await store.close()
    look(store.initial)
  } catch (error) {
    if (!(error instanceof StoreError)) throw error
    expect(error.message).toStartWith(`${error.path}: `)
    return error.code
  }
  return 'none'
}

test('a file that is torn, overwritten or of something else is refused with a reason', async () => {
  const torn = await filled()
  truncateSync(torn.path, Math.floor(statSync(torn.path).size / 2))
  expect(await codeOf(torn)).toBe('store.corrupt')

  const overwritten = await filled()
  const bytes = readFileSync(overwritten.path)
  bytes.fill(0xa5, 4096 * 3, 4096 * 3 + 500)
  writeFileSync(overwritten.path, bytes)
  expect(await codeOf(overwritten)).toBe('store.corrupt')

  const text = newDirectory()
  writeFileSync(join(text, 'repository.sqlite'), 'not a database at all, but long enough to be looked at '.repeat(40))
  expect(await codeOf({ directory: text })).toBe('store.corrupt')

  const foreign = newDirectory()
  const other = new Database(join(foreign, 'repository.sqlite'))
  other.run('CREATE TABLE mine (x)')
  other.close()
  expect(await codeOf({ directory: foreign })).toBe('store.foreign')

  writeFileSync(join(text, 'file'), '')
  expect(await codeOf({ directory: join(text, 'file', 'below') })).toBe('store.unusable')
})

test('an entry whose bytes changed, or that is missing, is noticed when the store is opened', async () => {
  const change = async (sql: string) => {
    const { directory, path } = await filled()
    const database = new Database(path)
    database.run(sql)
    database.close()
    return codeOf({ directory })
  }
  expect(await change('UPDATE entry SET epoch = 1 WHERE "index" = 7')).toBe('none')
  expect(await change('UPDATE entry SET epoch = 2 WHERE "index" = 7')).toBe('store.corrupt')
  expect(await change('DELETE FROM entry WHERE "index" = 9')).toBe('store.corrupt')
  expect(await change('DELETE FROM entry WHERE "index" = 1')).toBe('store.corrupt')
  expect(await change('DELETE FROM meta')).toBe('store.corrupt')
})

test('a flipped byte anywhere is either noticed or does no harm', async () => {
  const { directory, path } = await filled()
  const first = await openStore({ directory })
  first.write({ durable: { epoch: 5, votedFor: 'n2' } })
  const entries = [{ key: 'k', value: 'x'.repeat(2000), epoch: 1, index: 9 }]
  first.write({ state: { at: { index: 9, epoch: 1 }, members: [], isWhole: false, entries } })
  await first.close()
  const sound = await openStore({ directory })
  const expected = sound.initial
  await sound.close()
  const soundBytes = readFileSync(path)
  let noticedCount = 0
  for (let at = 0; at < soundBytes.length; at += 487) {
    const bytes = Buffer.from(soundBytes)
    bytes[at] = bytes[at]! ^ 0x55
    writeFileSync(path, bytes)
    for (const beside of ['-wal', '-shm', '-journal']) rmSync(path + beside, { force: true })
    const code = await codeOf({ directory }, (content) => {
      if (!Bun.deepEquals(content, expected)) throw new Error(`byte ${at} changed what is read`)
    })
    if (code !== 'none') noticedCount += 1
  }
  expect(noticedCount).toBeGreaterThan(20)
})

test('a disk in memory loses what was not written, and never half of a batch', async () => {
  const timers: (() => void)[] = []
  const clock = {
    setTimer(_: number, callback: () => void) {
      timers.push(callback)
      return () => {}
    },
  }
  const disk = new MemoryDisk({ clock, id: 'd1' })
  const told: string[] = []
  const fill = () => {
    timers.length = 0
    const store = disk.open()
    store.write({ durable: { epoch: 1, votedFor: 'n1' } }, () => told.push('vote'))
    timers.shift()!()
    store.write({ put: [entry(1, 1)] }, () => told.push('entry'))
    store.write({ put: [entry(2, 1)] }, () => told.push('entry'))
    store.write({ put: [entry(3, 1)] }, () => told.push('entry'))
  }
  fill()
  disk.crash()
  expect([disk.contents.durable.epoch, valuesOf(disk.contents), told]).toEqual([1, [], ['vote']])
  fill()
  const backup = disk.copy()
  disk.crash({ isInFlightKept: true })
  for (const late of timers.splice(0)) late()
  expect([valuesOf(disk.contents), told]).toEqual([[[1, 1, 1]], ['vote', 'vote']])
  disk.restore(backup)
  expect(valuesOf(disk.contents)).toEqual([])
  disk.wipe('d2')
  expect([disk.id, disk.contents.durable.epoch]).toEqual(['d2', 0])
  disk.isFull = true
  const store = disk.open()
  store.onFailure(({ code }) => told.push(code))
  store.write({ durable: { epoch: 2, votedFor: null } }, () => told.push('never'))
  timers.shift()!()
  expect(told.slice(2)).toEqual(['store.full'])
})
