import { describe, expect, test } from 'bun:test'
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { createCheckers } from '../../src/simulate/checkers/index.ts'
import { configuration } from '../support/configuration.ts'
import { mutants } from './mutantList.ts'
import { type Edit, type Mutant, mutated, reportOf, runIn, tryMutant, withCopy } from './mutants.ts'

const root = resolve(import.meta.dir, '../..')
const [first] = mutants as readonly [Mutant, ...Mutant[]]
const [edit] = first.edits as readonly [Edit, ...Edit[]]
/** Of one mutant, with all its seeds; most take two seconds. */
const timeLimitMs = 120_000

/** Of SPEC M1, R7, D5, E5: a simulator that does not see these broken proves nothing. */
describe('the checkers are checked:', () => {
  test.each(mutants.map((mutant) => [mutant.name, mutant] as const))(
    '%s is killed',
    async (_, mutant) => {
      const { mutant: found, unmutated } = await tryMutant(mutant, timeLimitMs)
      expect(found.found.map(({ checker }) => checker)).not.toEqual([])
      expect(unmutated.found).toEqual([])
    },
    2 * timeLimitMs,
  )
})

test('there are nineteen, with names of their own', () => {
  expect(new Set(mutants.map(({ name }) => name)).size).toBe(19)
})

test('a text that is not there once is refused', () => {
  expect(() => mutated('nothing of the kind', edit)).toThrow('0 places')
  expect(() => mutated(edit.find + edit.find, edit)).toThrow('2 places')
  expect(() => mutated(edit.find, { ...edit, replace: edit.find })).toThrow('nothing changes')
})

test('a copy has the change, runs, and is removed', async () => {
  const folder = await withCopy(first, async (copy) => {
    const original = readFileSync(join(root, edit.file), 'utf8')
    expect(readFileSync(join(copy, edit.file), 'utf8')).toBe(mutated(original, edit))
    const { exitCode, stdout } = await runIn(copy, ['src/main.ts', '--version'], 60_000)
    expect(exitCode).toBe(0)
    expect(stdout.trim()).not.toBe('')
    return copy
  })
  expect(existsSync(folder)).toBe(false)
})

test('a run that crashes has found nothing', () => {
  expect(() => reportOf({ exitCode: 1, stdout: '{"found":[{}]}', stderr: 'crashed' })).toThrow('crashed')
  expect(() => reportOf({ exitCode: null, stdout: '', stderr: '' })).toThrow('ended with null')
})

test('an election while another holds a lease of an earlier epoch is a violation', () => {
  const checkers = createCheckers({
    selfStopMs: 1,
    selfStopToleranceMs: 1,
    convergenceWithinMs: 1,
    newsMs: 1,
    promotionMs: 1,
    configuration: configuration(),
    catalogue: {} as never,
  })
  checkers.observe({ atMs: 1, type: 'leaderLease.gained', node: 'a', epoch: 3 })
  checkers.observe({ atMs: 2, type: 'leader.elected', node: 'b', epoch: 2 })
  checkers.observe({ atMs: 3, type: 'leader.elected', node: 'b', epoch: 4 })
  checkers.observe({ atMs: 3, type: 'leaderLease.lost', node: 'a', epoch: 3 })
  checkers.observe({ atMs: 4, type: 'leaderLease.gained', node: 'b', epoch: 4 })
  expect(checkers.violations()).toEqual([])
  checkers.observe({ atMs: 5, type: 'leader.elected', node: 'c', epoch: 4 })
  checkers.observe({ atMs: 6, type: 'leader.elected', node: 'c', epoch: 5 })
  checkers.observe({ atMs: 7, type: 'leaderLease.lost', node: 'b', epoch: 4 })
  expect(checkers.violations().map(({ checker, atMs }) => [checker, atMs])).toEqual([
    ['one-master-an-epoch', 5],
    ['one-leader-lease', 7],
  ])
})
