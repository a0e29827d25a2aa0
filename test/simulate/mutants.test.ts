import { expect, test } from 'bun:test'
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { mutants } from './mutantList.ts'
import { argumentsOf, isClean, isFound, type Mutant, mutated, runIn, withCopy } from './mutants.ts'

const root = resolve(import.meta.dir, '../..')
const [first] = mutants as readonly [Mutant, ...Mutant[]]

test.each(mutants.map((mutant) => [mutant.name, mutant] as const))('%s fits the code as it is', (_, mutant) => {
  const changed = mutated(readFileSync(join(root, mutant.file), 'utf8'), mutant)
  expect(() => new Bun.Transpiler({ loader: 'ts' }).transformSync(changed)).not.toThrow()
  expect(argumentsOf(mutant.conditions)).toContain('--faults')
})

test('names are unique', () => {
  expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length)
})

test('a text that is not there once is refused', () => {
  expect(() => mutated('nothing of the kind', first)).toThrow('0 places')
  expect(() => mutated(first.find + first.find, first)).toThrow('2 places')
  expect(() => mutated(first.find, { ...first, replace: first.find })).toThrow('changes nothing')
})

test('a copy has the one change, runs, and is removed', async () => {
  const folder = await withCopy(first, async (copy) => {
    const original = readFileSync(join(root, first.file), 'utf8')
    expect(readFileSync(join(copy, first.file), 'utf8')).toBe(mutated(original, first))
    const { exitCode, stdout } = await runIn(copy, ['src/main.ts', '--version'], 60_000)
    expect(exitCode).toBe(0)
    expect(stdout.trim()).not.toBe('')
    return copy
  })
  expect(existsSync(folder)).toBe(false)
})

test('found is a violation with exit code 1, and nothing else', () => {
  const verdict = (exitCode: number | null, told: unknown) => ({ exitCode, stdout: JSON.stringify(told), stderr: '' })
  const violation = { checker: 'log-matching' }
  expect(isFound(verdict(1, { violations: [violation] }))).toBe(true)
  expect(isFound({ exitCode: 1, stdout: `{"seed":1}\n${JSON.stringify({ violation })}\n`, stderr: '' })).toBe(true)
  expect(isFound(verdict(1, { violations: [] }))).toBe(false)
  expect(isFound(verdict(1, 'crashed'))).toBe(false)
  expect(isFound(verdict(70, { violations: [violation] }))).toBe(false)
  expect(isFound(verdict(null, { violations: [violation] }))).toBe(false)
  expect(isClean(verdict(0, { violations: [] }))).toBe(true)
  expect(isClean(verdict(0, { violations: [violation] }))).toBe(false)
  expect(isClean(verdict(1, { violations: [] }))).toBe(false)
  expect(isClean({ exitCode: 0, stdout: '', stderr: '' })).toBe(false)
})
