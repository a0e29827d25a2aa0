import { afterEach, expect, test } from 'bun:test'
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensureTokenFile, readTokens, TokenFileError } from '../../../src/manage/http/tokenFile.ts'
import { afterThisTest, undoAll } from '../support.ts'

afterEach(undoAll)

function folder(): string {
  const directory = mkdtempSync(join(tmpdir(), 'rolecall-tokens-'))
  afterThisTest(() => rmSync(directory, { recursive: true }))
  return directory
}

function file(text: string, mode = 0o600): string {
  const path = join(folder(), 'tokens')
  writeFileSync(path, text)
  chmodSync(path, mode)
  return path
}

test('one token a line, without what is only said', () => {
  const path = file('# for the console\n\n  first-token-of-them  \nsecond-token-of-them\n')
  expect(readTokens(path)).toEqual(['first-token-of-them', 'second-token-of-them'])
})

test('what others can read, what is short, empty or not there is refused', () => {
  const long = 'a-token-that-is-long-enough\n'
  for (const mode of [0o640, 0o604, 0o644]) expect(() => readTokens(file(long, mode))).toThrow(/chmod 600/)
  expect(() => readTokens(file('short\n'))).toThrow(/fewer than 16/)
  expect(() => readTokens(file('# nothing\n'))).toThrow(/no token/)
  expect(() => readTokens('/nowhere/tokens')).toThrow(/no token file/)
  expect(() => readTokens(file('x'.repeat(70_000)))).toThrow(/more than 65536/)
})

test('one is made where there is none, for its owner alone, and left as it is where there is one', () => {
  const path = join(folder(), 'n1', 'console.token')
  ensureTokenFile(path)
  expect(statSync(path).mode & 0o777).toBe(0o600)
  const [token] = readTokens(path)
  expect(token!.length).toBeGreaterThanOrEqual(32)
  const text = readFileSync(path, 'utf8')
  ensureTokenFile(path)
  expect(readFileSync(path, 'utf8')).toBe(text)
})

test('one that cannot be made says so', () => {
  const path = file('no directory')
  expect(() => ensureTokenFile(join(path, 'console.token'))).toThrow(TokenFileError)
})
