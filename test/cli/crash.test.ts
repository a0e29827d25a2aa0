/** What nobody expected ends the program, whatever it awaits. */
import { expect, test } from 'bun:test'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { exitCodes } from '../../src/cli/exitCodes.ts'

const source = join(import.meta.dir, '../../src/cli/crash.ts')

const thrown = `process.stdin.on('data', () => { throw new RangeError('by surprise') })`
const rejected = `process.stdin.on('data', async () => { throw new RangeError('by surprise') })`

/** A program that awaits for ever, does `way` when it is written to, and ends by itself with `ended` when its stdin does. */
const ended = 7
async function run(way: string, { isServing }: { isServing: boolean }): Promise<{ exitCode: number; said: string }> {
  const directory = mkdtempSync(join(tmpdir(), 'rolecall-crash-'))
  try {
    const file = join(directory, 'main.ts')
    writeFileSync(
      file,
      `import { endOnCrash } from ${JSON.stringify(source)}
      endOnCrash({ isServing: ${isServing}, isLogged: false })
      ${way}
      process.stdin.on('end', () => setTimeout(() => process.exit(${ended}), 50))
      await new Promise(() => {})`,
    )
    const child = Bun.spawn([process.execPath, file], { stdin: 'pipe', stdout: 'ignore', stderr: 'pipe' })
    child.stdin.write('anything\n')
    await child.stdin.end()
    const said = await new Response(child.stderr).text()
    return { exitCode: await child.exited, said }
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

const text = 'rolecall: an error in rolecall itself: RangeError: by surprise'

test.each([
  ['thrown where nobody catches it', thrown, false],
  ['thrown where nobody catches it, by what serves', thrown, true],
  ['rejected where nobody awaits it', rejected, false],
] as const)('%s', async (_, way, isServing) => {
  const { exitCode, said } = await run(way, { isServing })
  expect(exitCode).toBe(exitCodes.crashed)
  expect(said).toContain(text)
})

test('what serves outlives a promise that nobody awaited', async () => {
  const { exitCode, said } = await run(rejected, { isServing: true })
  expect(exitCode).toBe(ended)
  expect(said).toContain(text)
})
