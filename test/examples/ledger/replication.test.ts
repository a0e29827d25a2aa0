import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { Book, type Entry } from '../../../examples/ledger/book.ts'
import { type Chunk, chunkLimits, parseChunk } from '../../../examples/ledger/chunk.ts'
import { Follower } from '../../../examples/ledger/follower.ts'
import { noJournal } from '../../../examples/ledger/journal.ts'
import { Standby } from '../../../examples/ledger/standby.ts'
import { CheckpointError, type Json, type RolecallError } from '../../../src/sdk/index.ts'
import { peer, until } from '../../agents/sdk/support.ts'

function entries(first: number, count: number, text = 'x'): Entry[] {
  return Array.from({ length: count }, (_, index) => ({ number: first + index, epoch: 1, id: null, text }))
}

function bookOf(count: number): Book {
  const book = new Book(noJournal)
  book.append(entries(1, count))
  return book
}

function numbers(book: Book): number[] {
  return book
    .after(0, { bytesMax: Number.POSITIVE_INFINITY, countMax: Number.POSITIVE_INFINITY })
    .map(({ number }) => number)
}

describe('a standby', () => {
  const full: Chunk = { kind: 'full', sync: 's', first: 1, entries: entries(1, 2), isLast: true, digest: '' }
  const next: Chunk = { kind: 'next', sync: 's', first: 3, entries: entries(3, 1), isLast: false, digest: '' }

  test('takes what follows on what it has, and nothing else', () => {
    const book = bookOf(9)
    const standby = new Standby(book)
    expect(() => standby.take(next)).toThrow('follow')
    standby.take({ ...full, isLast: false })
    expect([standby.isInStep, book.length]).toEqual([false, 9])
    expect(() => standby.take({ ...full, sync: 'other', first: 3, entries: entries(3, 1) })).toThrow('follow')
    expect(() => standby.take({ ...full, first: 4, entries: entries(4, 1) })).toThrow('follow')
    standby.take({ ...full, first: 3, entries: entries(3, 1) })
    expect([standby.isInStep, book.length]).toEqual([true, 3])
    expect(() => standby.take(next)).toThrow('follow')
    expect(() => standby.take({ ...next, first: 5, entries: entries(5, 1) })).toThrow('follow')
    expect(() => standby.take({ ...next, sync: 'other', first: 4, entries: entries(4, 1) })).toThrow('follow')
    standby.take({ ...next, first: 4, entries: entries(4, 1) })
    expect(numbers(book)).toEqual([1, 2, 3, 4])
    standby.reset()
    expect(() => standby.take({ ...next, first: 5, entries: entries(5, 1) })).toThrow('follow')
  })

  test('reads chunks, and nothing else', () => {
    expect(parseChunk(full as unknown as Json)).toEqual(full)
    const wrong: unknown[] = [
      null,
      [],
      'x',
      { ...full, kind: 'part' },
      { ...full, sync: 1 },
      { ...full, first: 2 },
      { ...full, isLast: 1 },
      { ...full, entries: {} },
      { ...full, entries: [null] },
      { ...full, entries: [{ ...entries(1, 1)[0], text: 1 }] },
    ]
    for (const data of wrong) expect(parseChunk(data as Json)).toBeNull()
  })
})

describe('a follower', () => {
  test('brings its standby into step whatever is lost on the way, and counts nothing that it does not have', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('taken', 'lost', 'answer lost'), { maxLength: 12 }),
        fc.array(fc.integer({ min: 1, max: 5000 }), { maxLength: 8 }),
        async (fates, batches) => {
          const [book, copy] = [bookOf(3), bookOf(7)]
          const standby = new Standby(copy)
          const fate = fates[Symbol.iterator]()
          const follower = new Follower({
            peer: peer('n2/app', 'secondary', 1),
            book,
            name: 'f',
            send: async (data) => {
              const { value } = fate.next()
              await Promise.resolve()
              if (value === 'lost') throw new Error('lost')
              standby.take(parseChunk(data)!)
              await new Promise(setImmediate)
              if (value === 'answer lost') throw new Error('lost')
            },
            onProgress: () => expect(follower.acknowledged).toBeLessThanOrEqual(copy.length),
            onDeposed: () => {},
          })
          follower.wake()
          for (const count of batches) {
            book.append(entries(book.length + 1, count))
            follower.wake()
            await new Promise(setImmediate)
          }
          await until(() => follower.acknowledged === book.length, 'the copy')
          follower.stop()
          expect(numbers(copy)).toEqual(numbers(book))
        },
      ),
      { numRuns: 25, interruptAfterTimeLimit: 2000 },
    )
  })

  /** What is sent until a standby that has `copy` is in step with `book`: `resume 4+2`, from which number, how many. */
  async function synchronised(book: Book, copy: Book): Promise<string[]> {
    const sent: string[] = []
    const standby = new Standby(copy)
    const follower = new Follower({
      peer: peer('n2/app', 'secondary', 1),
      book,
      name: 'f',
      send: async (data) => {
        const chunk = parseChunk(data)!
        sent.push(`${chunk.kind} ${chunk.first}+${chunk.entries.length}`)
        try {
          standby.take(chunk)
        } catch (error) {
          throw new CheckpointError('refused', { to: null, reason: (error as RolecallError).code })
        }
      },
      onProgress: () => {},
      onDeposed: () => {},
    })
    follower.wake()
    await until(() => standby.isInStep && follower.acknowledged === book.length, 'the copy')
    follower.stop()
    expect(numbers(copy)).toEqual(numbers(book))
    expect(copy.digestOf(copy.length)).toBe(book.digestOf(book.length)!)
    return sent
  }

  test('sends only what its standby lacks, and everything to one that has something else', async () => {
    expect(await synchronised(bookOf(5), bookOf(5))).toEqual(['resume 6+0'])
    expect(await synchronised(bookOf(5), bookOf(3))).toEqual(['resume 6+0', 'resume 4+2'])
    expect(await synchronised(bookOf(3), bookOf(5))).toEqual(['resume 4+0', 'full 1+3'])
    const other = new Book(noJournal)
    other.append(entries(1, 5, 'other'))
    expect(await synchronised(bookOf(5), other)).toEqual(['resume 6+0', 'full 1+5'])
  })

  test('sends a lone entry at once, gathers while others are under way, and keeps to the bounds of a chunk', async () => {
    const book = bookOf(0)
    const sent: Chunk[] = []
    const answers: (() => void)[] = []
    const follower = new Follower({
      peer: peer('n2/app', 'secondary', 1),
      book,
      name: 'f',
      send: (data) => {
        sent.push(parseChunk(data)!)
        return new Promise((resolve) => answers.push(resolve))
      },
      onProgress: () => {},
      onDeposed: () => {},
    })
    follower.wake()
    expect(sent).toMatchObject([{ kind: 'resume', first: 1, entries: [], isLast: true }])
    for (let number = 1; number <= 10; number += 1) {
      book.append(entries(number, 1))
      follower.wake()
    }
    expect(sent.map((chunk) => chunk.entries.length)).toEqual([0, 1, 1, 1])
    answers[0]!()
    await until(() => sent.length === 5)
    expect(sent[4]).toMatchObject({ kind: 'next', first: 4 })
    expect(sent[4]!.entries).toHaveLength(7)

    book.append(entries(11, 200, '\u0001'.repeat(16 * 1024)))
    for (const answer of answers) answer()
    await until(() => sent.length > 5)
    for (const chunk of sent) expect(Buffer.byteLength(JSON.stringify(chunk))).toBeLessThan(chunkLimits.bytesMax + 4096)
    follower.stop()
  })
})
