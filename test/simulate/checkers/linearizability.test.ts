import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import {
  type History,
  historyFrom,
  type Operation,
  type Recorded,
  type Result,
} from '../../../src/simulate/checkers/history.ts'
import { judgeLinearizability, partitions } from '../../../src/simulate/checkers/linearizability.ts'
import { atomicHistory } from './histories.ts'

/** One operation: who, from when, until when (null: unknown), what, and the answer. */
function op(
  process: string,
  invokeMs: number,
  returnMs: number | null,
  operation: Operation,
  result: Result | null,
): Recorded {
  return { process, invokeMs, returnMs, operation, result }
}
const set = (value: string, key = 'k'): Operation => ({ type: 'set', key, value })
const get = (key = 'k'): Operation => ({ type: 'get', key })
const compareAndSet = (revision: number, value: string): Operation => ({
  type: 'compareAndSet',
  key: 'k',
  revision,
  value,
})
const remove: Operation = { type: 'delete', key: 'k' }
const read = (value: string | null, revision: number): Result => ({ type: 'read', value, revision })
const written = (revision: number | null): Result => ({ type: 'written', revision })
const refused: Result = { type: 'refused' }
const verdictOf = (history: History) => judgeLinearizability(history).verdict

const options = fc.record({
  seed: fc.nat(),
  operationCount: fc.integer({ min: 1, max: 120 }),
  processCount: fc.integer({ min: 1, max: 8 }),
  unknownPercent: fc.constantFrom(0, 5, 20),
  hasTransactions: fc.boolean(),
})

describe('what an atomic register answers is linearizable', () => {
  test('with overlapping calls, unknown outcomes and transactions; few are too hard, unless much is unknown', () => {
    let undecidedCount = 0
    fc.assert(
      fc.property(options, (of) => {
        const { verdict } = judgeLinearizability(atomicHistory(of), { stepCountMax: 30_000 })
        expect(verdict).not.toBe('violated')
        if (verdict === 'unknown' && of.unknownPercent <= 5) undecidedCount += 1
      }),
      { numRuns: 200 },
    )
    expect(undecidedCount).toBeLessThan(10)
  })

  test('and its revisions need not be told', () => {
    fc.assert(
      fc.property(options, (of) => {
        const history = atomicHistory({
          ...of,
          operationCount: Math.min(of.operationCount, 40),
          unknownPercent: 0,
        }).map((one) => (one.result?.type === 'written' ? { ...one, result: written(null) } : one))
        expect(verdictOf(history)).toBe('linearizable')
      }),
      { numRuns: 100 },
    )
  })

  test('thousands of operations take a few steps each', () => {
    const operationCount = 5000
    const history = atomicHistory({ seed: 1, operationCount, processCount: 10, unknownPercent: 2, keys: ['a', 'b'] })
    const { verdict, stepCount } = judgeLinearizability(history)
    expect(verdict).toBe('linearizable')
    expect(stepCount).toBeLessThan(100 * operationCount)
  })
})

describe('a history that was tampered with is not', () => {
  const sound = fc.nat().map((seed) => atomicHistory({ seed, operationCount: 80, hasTransactions: seed % 2 === 0 }))

  function expectViolated(change: (history: History) => History | null) {
    let changedCount = 0
    fc.assert(
      fc.property(sound, (history) => {
        const changed = change(history)
        if (changed === null) return
        changedCount += 1
        expect(verdictOf(changed)).toBe('violated')
      }),
    )
    expect(changedCount).toBeGreaterThan(20)
  }
  const replaced = (history: History, one: Recorded, by: Recorded) =>
    history.map((other) => (other === one ? by : other))

  test('stale read: what was overwritten before the read began', () => {
    expectViolated((history) => {
      for (const one of history) {
        const { operation, result } = one
        if (result?.type !== 'read') continue
        const writes = history.filter((by) => by.operation.type === 'set' && by.operation.key === keyOf(operation))
        for (const old of writes) {
          const isOverwritten = writes.some((by) => by.invokeMs > old.returnMs! && by.returnMs! < one.invokeMs)
          if (!isOverwritten || old.operation.type !== 'set' || old.result?.type !== 'written') continue
          return replaced(history, one, { ...one, result: read(old.operation.value, old.result.revision!) })
        }
      }
      return null
    })
  })

  test('lost write: an acknowledged one that a later read does not see', () => {
    expectViolated((history) => {
      const one = history.findLast(({ operation, result }) => operation.type === 'set' && result?.type === 'written')
      if (one?.result?.type !== 'written') return null
      const key = keyOf(one.operation)
      const afterMs = Math.max(...history.map(({ returnMs }) => returnMs!)) + 1
      const hasLater = history.some((by) => by.operation.type !== 'get' && by !== one && by.returnMs! > one.invokeMs)
      if (hasLater) return null
      return [...history, op('late', afterMs, afterMs + 1, get(key), read(null, 0))]
    })
  })

  test('a compare-and-set that took effect twice', () => {
    expectViolated((history) => {
      const one = history.find(
        ({ operation, result }) => operation.type === 'compareAndSet' && result?.type === 'written',
      )
      if (one?.operation.type !== 'compareAndSet' || one.operation.revision === 0) return null
      const afterMs = Math.max(...history.map(({ returnMs }) => returnMs!)) + 1
      return [...history, { ...one, invokeMs: afterMs, returnMs: afterMs + 1, result: written(1_000_000) }]
    })
  })

  test('a revision that goes back', () => {
    expectViolated((history) => {
      const one = history.findLast(({ result }) => result?.type === 'written')
      const isLast = one && history.some((by) => by.result?.type === 'written' && by.returnMs! < one.invokeMs)
      return isLast && partitions(history).length === 1 ? replaced(history, one, { ...one, result: written(0) }) : null
    })
  })

  const keyOf = (operation: Operation) => (operation.type === 'transaction' ? '' : operation.key)
})

describe('examples', () => {
  test('two that overlap may come in either order, two that do not may not', () => {
    const overlapping = [op('1', 0, 10, set('a'), written(2)), op('2', 5, 8, set('b'), written(1))]
    expect(verdictOf([...overlapping, op('3', 11, 12, get(), read('a', 2))])).toBe('linearizable')
    expect(verdictOf([...overlapping, op('3', 11, 12, get(), read('b', 1))])).toBe('violated')
    expect(verdictOf([op('1', 0, 4, set('a'), written(2)), op('2', 5, 8, set('b'), written(1))])).toBe('violated')
  })

  test('once one reader has seen the new value, no later one sees the old (no inversion of reads)', () => {
    const writing = [op('1', 0, 1, set('a'), written(1)), op('1', 2, 100, set('b'), written(2))]
    const [newer, older] = [read('b', 2), read('a', 1)]
    expect(verdictOf([...writing, op('2', 10, 20, get(), newer), op('3', 30, 40, get(), older)])).toBe('violated')
    expect(verdictOf([...writing, op('2', 10, 35, get(), newer), op('3', 30, 40, get(), older)])).toBe('linearizable')
  })

  test('an unknown outcome takes effect late or never, but only once', () => {
    const before = [op('1', 0, 1, set('a'), written(1)), op('1', 2, null, set('b'), null)]
    const [old, young] = [read('a', 1), read('b', 5)]
    expect(verdictOf([...before, op('2', 90, 91, get(), old)])).toBe('linearizable')
    const late = [...before, op('2', 90, 91, get(), old), op('2', 92, 93, get(), young)]
    expect(verdictOf(late)).toBe('linearizable')
    expect(verdictOf([...late, op('2', 94, 95, get(), old)])).toBe('violated')
    const again = [...late, op('2', 94, 95, set('c'), written(6)), op('2', 96, 97, get(), read('b', 7))]
    expect(verdictOf(again)).toBe('violated')
  })

  test('an unknown compare-and-set explains a value and a refusal, but only where its condition held', () => {
    const first = op('1', 0, 1, set('a'), written(1))
    const lost = (revision: number) => op('1', 2, null, compareAndSet(revision, 'b'), null)
    expect(verdictOf([first, lost(1), op('2', 4, 5, compareAndSet(1, 'c'), refused)])).toBe('linearizable')
    expect(verdictOf([first, lost(7), op('2', 4, 5, compareAndSet(1, 'c'), refused)])).toBe('violated')
    expect(verdictOf([first, lost(7), op('2', 4, 5, get(), read('b', 2))])).toBe('violated')
  })

  test('a write that nobody read may be what an unknown compare-and-set rested on, which somebody did', () => {
    const unread = op('1', 0, null, set('a'), null)
    const resting = op('2', 1, null, compareAndSet(95, 'b'), null)
    const seen = op('3', 2, 3, get(), read('b', 96))
    expect(verdictOf([unread, resting, seen])).toBe('linearizable')
    expect(verdictOf([resting, seen])).toBe('violated')
  })

  test('a deletion of unknown outcome', () => {
    const before = [op('1', 0, 1, set('a'), written(1)), op('1', 2, null, remove, null)]
    expect(verdictOf([...before, op('2', 3, 4, get(), read(null, 0))])).toBe('linearizable')
    expect(verdictOf([...before, op('2', 3, 4, compareAndSet(0, 'b'), written(9))])).toBe('linearizable')
    const gone = [...before, op('2', 3, 4, get(), read(null, 0)), op('2', 5, 6, get(), read('a', 1))]
    expect(verdictOf(gone)).toBe('violated')
  })

  test('of two compare-and-sets on one revision one succeeds', () => {
    const both = (second: Result) => [
      op('1', 0, 1, set('a'), written(1)),
      op('1', 2, 9, compareAndSet(1, 'b'), written(2)),
      op('2', 2, 9, compareAndSet(1, 'c'), second),
    ]
    expect(verdictOf(both(refused))).toBe('linearizable')
    expect(verdictOf(both(written(3)))).toBe('violated')
  })

  test('a transaction is seen whole', () => {
    const move: Operation = {
      type: 'transaction',
      conditions: [{ key: 'x', revision: 1 }],
      writes: [
        { key: 'x', value: null },
        { key: 'y', value: '1' },
      ],
    }
    const moved = [op('1', 0, 1, set('1', 'x'), written(1)), op('1', 2, 50, move, written(2))]
    const seen = [op('2', 10, 11, get('y'), read('1', 2))]
    expect(verdictOf([...moved, ...seen, op('2', 12, 13, get('x'), read(null, 0))])).toBe('linearizable')
    expect(verdictOf([...moved, ...seen, op('2', 12, 13, get('x'), read('1', 1))])).toBe('violated')
  })

  test('keys are judged together only where a transaction joins them', () => {
    const join: Operation = {
      type: 'transaction',
      conditions: [{ key: 'a', revision: 0 }],
      writes: [{ key: 'b', value: '1' }],
    }
    const history = [
      op('1', 0, 1, join, written(1)),
      op('1', 2, 3, set('1', 'c'), written(2)),
      op('1', 4, 5, get('b'), read('1', 1)),
    ]
    expect(partitions(history).map((part) => part.length)).toEqual([2, 1])
  })

  test('the bound on work is reported', () => {
    const history = atomicHistory({ seed: 3, operationCount: 50 })
    expect(judgeLinearizability(history, { stepCountMax: 10 })).toEqual({ verdict: 'unknown', stepCount: 10 })
  })
})

test('the explanation names the first operation that cannot be, and what stands against it', () => {
  const sound = atomicHistory({ seed: 5, operationCount: 300, keys: ['k'] })
  const endMs = Math.max(...sound.map(({ returnMs }) => returnMs!))
  const stale = op('late', endMs + 1, endMs + 2, get(), read('never written', 1))
  const after = op('later', endMs + 3, endMs + 4, set('z'), written(1_000_000))
  const judged = judgeLinearizability([...sound, stale, after])
  if (judged.verdict !== 'violated') throw new Error(`judged ${judged.verdict}`)
  const { contradiction } = judged
  expect(contradiction.culprit).toBe(stale)
  expect(contradiction.placed).toHaveLength(300)
  expect(contradiction.blocked.map(({ operation }) => operation)).toEqual([stale])
  expect(contradiction.text).toContain('late')
  expect(contradiction.text).toContain('never written')
})

describe('a history as JSON lines', () => {
  test('comes back as it was written', () => {
    const history = atomicHistory({ seed: 7, operationCount: 60, unknownPercent: 20, hasTransactions: true })
    expect(historyFrom(`${history.map((one) => JSON.stringify(one)).join('\n')}\n`)).toEqual(history)
  })

  test('is refused with the line that is wrong', () => {
    const good = JSON.stringify(op('1', 0, 1, get(), read(null, 0)))
    expect(() => historyFrom(`${good}\n{`)).toThrow('history, line 2')
    const mistold = JSON.stringify(op('1', 0, 1, get(), written(1)))
    expect(() => historyFrom(mistold)).toThrow('the result is not one of this operation')
    expect(() => historyFrom(JSON.stringify(op('1', 5, 1, get(), read(null, 0))))).toThrow('returned before invoked')
  })
})
