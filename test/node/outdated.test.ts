import { expect, test } from 'bun:test'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { nextIncarnation } from '../../src/guard/incarnation.ts'
import { setAside } from '../../src/node/outdated.ts'
import { temporaryFolder } from '../support/folders.ts'

test('an old disk is set aside whole, and the next life is later than any that has been', () => {
  const directory = temporaryFolder('outdated')
  expect(nextIncarnation(directory)).toBe(1)
  mkdirSync(join(directory, 'repository'))
  writeFileSync(join(directory, 'repository', 'file'), 'kept')
  const aside = setAside(directory, 7)
  expect(aside).toBe(join(directory, 'repository.outdated-7'))
  expect(readFileSync(join(aside!, 'file'), 'utf8')).toBe('kept')
  expect(existsSync(join(directory, 'repository'))).toBe(false)
  expect(nextIncarnation(directory)).toBe(8)
})

test('a disk that was replaced has nothing to set aside', () => {
  const directory = temporaryFolder('outdated')
  expect(setAside(directory, 3)).toBeNull()
  expect(nextIncarnation(directory)).toBe(4)
})
