import { Database } from 'bun:sqlite'
import { afterEach, expect, test } from 'bun:test'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { LogCommand } from '../../machines/logic/replicatedLog.ts'
import { kept } from '../../src/repository/entry.ts'
import { MemoryStore } from '../../src/repository/memoryStore.ts'
import { openStore, type Store, StoreError } from '../../src/repository/store.ts'

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
const valuesOf = (store: Store) =>
  store
    .read(1, 1000)
    .map(({ index, epoch, command }) => [index, epoch, command.type === 'set' && command.entries[0]!.value])

for (const [kind, open] of [
  ['on disk', () => openStore({ directory: newDirectory() })],
  ['in memory', () => new MemoryStore()],
] as const) {
  test(`${kind}: a new store is empty; entries are appended, read, and replaced from an index on`, () => {
    const store = open()
    expect([store.durable, store.lastIndex, store.commitIndex]).toEqual([{ epoch: 0, votedFor: null }, 0, 0])
    expect([store.epochAt(0), store.epochAt(1), store.read(1, 10)]).toEqual([0, null, []])
    store.append([entry(1, 1), entry(2, 1), entry(3, 1)], 0)
    store.append([entry(2, 2, { deep: [null, 'x'] })], 1)
    expect(valuesOf(store)).toEqual([
      [1, 1, 1],
      [2, 2, { deep: [null, 'x'] }],
    ])
    expect([store.lastIndex, store.epochAt(2), store.epochAt(3), store.commitIndex]).toEqual([2, 2, null, 1])
    expect(store.read(2, 1).map(({ index }) => index)).toEqual([2])
    expect(() => store.append([entry(4, 2)], 1)).toThrow('gap')
    store.close()
  })

  test(`${kind}: the copy of the state follows its changes`, () => {
    const store = open()
    store.append([entry(1, 1), entry(2, 1)], 0)
    const [a, b] = [1, 2].map((index) => ({ key: `k${index}`, value: { index }, epoch: 1, index }))
    store.saveState({ appliedIndex: 1, entries: [a!, b!] })
    store.saveState({ appliedIndex: 2, entries: [{ ...a!, value: null }] })
    expect(store.readState()).toEqual({ appliedIndex: 2, entries: [b!] })
    store.close()
  })
}

test('everything is there when it is opened again', () => {
  const directory = newDirectory()
  const first = openStore({ directory })
  first.saveVote({ epoch: 7, votedFor: 'n2' })
  first.append([entry(1, 6), entry(2, 7)], 1)
  first.close()
  const store = openStore({ directory })
  expect([store.durable, store.lastIndex, store.commitIndex]).toEqual([{ epoch: 7, votedFor: 'n2' }, 2, 1])
  expect(valuesOf(store)).toEqual([
    [1, 6, 1],
    [2, 7, 2],
  ])
  store.close()
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
    const store = openStore({ directory })
    expect(store.lastIndex).toBeGreaterThanOrEqual(last('entry'))
    expect(store.durable.epoch).toBeGreaterThanOrEqual(last('vote'))
    expect(store.durable.votedFor).toBe(`n${store.durable.epoch % 3}`)
    for (const [index, , value] of valuesOf(store)) expect(value).toBe(index as number)
    store.close()
  }
})

test('only one process has it open', () => {
  const directory = newDirectory()
  const store = openStore({ directory })
  expect(codeOf(() => openStore({ directory }))).toBe('store.locked')
  store.close()
  openStore({ directory }).close()
})

/** A store with 200 entries, closed, with everything in its main file. */
function written(): { directory: string; path: string } {
  const directory = newDirectory()
  const store = openStore({ directory })
  for (let index = 1; index <= 200; index += 1) store.append([entry(index, 1, 'x'.repeat(100))], index - 1)
  store.close()
  const path = join(directory, 'repository.sqlite')
  expect(existsSync(`${path}-wal`)).toBe(false)
  return { directory, path }
}

function codeOf(act: () => unknown): string {
  try {
    act()
  } catch (error) {
    expect(error).toBeInstanceOf(StoreError)
    const { message, path, code } = error as StoreError
    expect(message).toStartWith(`${path}: `)
    return code
  }
  return 'none'
}

test('a file that is torn, overwritten or of something else is refused with a reason', () => {
  const torn = written()
  truncateSync(torn.path, Math.floor(statSync(torn.path).size / 2))
  expect(codeOf(() => openStore(torn))).toBe('store.corrupt')

  const overwritten = written()
  const bytes = readFileSync(overwritten.path)
  bytes.fill(0xa5, 4096 * 3, 4096 * 3 + 500)
  writeFileSync(overwritten.path, bytes)
  expect(codeOf(() => openStore(overwritten))).toBe('store.corrupt')

  const text = newDirectory()
  writeFileSync(join(text, 'repository.sqlite'), 'not a database at all, but long enough to be looked at '.repeat(40))
  expect(codeOf(() => openStore({ directory: text }))).toBe('store.corrupt')

  const foreign = newDirectory()
  const other = new Database(join(foreign, 'repository.sqlite'))
  other.run('CREATE TABLE mine (x)')
  other.close()
  expect(codeOf(() => openStore({ directory: foreign }))).toBe('store.foreign')

  writeFileSync(join(text, 'file'), '')
  expect(codeOf(() => openStore({ directory: join(text, 'file', 'below') }))).toBe('store.unusable')
})

test('an entry whose bytes changed is noticed when it is read, a gap when it is opened', () => {
  const { directory, path } = written()
  const change = (sql: string) => {
    const database = new Database(path)
    database.run(sql)
    database.close()
  }
  change('UPDATE entry SET epoch = 2 WHERE "index" = 7')
  const store = openStore({ directory })
  expect(store.read(8, 10)).toHaveLength(10)
  expect(codeOf(() => store.read(1, 10))).toBe('store.corrupt')
  store.close()
  change('DELETE FROM entry WHERE "index" = 9')
  expect(codeOf(() => openStore({ directory }))).toBe('store.corrupt')
})

test('a flipped byte anywhere is either noticed or does no harm', () => {
  const { directory, path } = written()
  const allOf = (store: Store) => [store.durable, store.commitIndex, store.read(1, 1000), store.readState()]
  const first = openStore({ directory })
  first.saveVote({ epoch: 5, votedFor: 'n2' })
  first.saveState({ appliedIndex: 9, entries: [{ key: 'k', value: 'x'.repeat(2000), epoch: 1, index: 9 }] })
  const expected = allOf(first)
  first.close()
  const sound = readFileSync(path)
  let noticedCount = 0
  for (let at = 0; at < sound.length; at += 487) {
    const bytes = Buffer.from(sound)
    bytes[at] = bytes[at]! ^ 0x55
    writeFileSync(path, bytes)
    for (const beside of ['-wal', '-shm', '-journal']) rmSync(path + beside, { force: true })
    const code = codeOf(() => {
      const store = openStore({ directory })
      try {
        if (!Bun.deepEquals(allOf(store), expected)) throw new Error(`byte ${at} changed what is read`)
      } finally {
        store.close()
      }
    })
    if (code !== 'none') noticedCount += 1
  }
  expect(noticedCount).toBeGreaterThan(20)
})
