import { expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { generateHelpTextForAllCommands } from '@stricli/core'
import { application } from '../../src/cli/application.ts'
import { exitCodes } from '../../src/cli/exitCodes.ts'
import { problemCodes } from '../../src/manage/problems.ts'

/** However wide the columns of its tables are. */
const operations = readFileSync(join(import.meta.dir, '../../docs/operations.md'), 'utf8').replace(/ +/g, ' ')

test('every command, exit code and problem has its place in docs/operations.md', () => {
  const commands = generateHelpTextForAllCommands(application as never).map(([route]) => `| \`${route}`)
  const codes = Object.values(exitCodes).map((code) => `\n| ${code} | `)
  const problems = problemCodes.map((code) => `\n| \`${code}\` | `)
  for (const words of [...commands, ...codes, ...problems]) expect(operations).toContain(words)
})
