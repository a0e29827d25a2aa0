/** What nobody expected ends the program, whatever it awaits. */
import { expect, test } from 'bun:test'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { exitCodes } from '../../src/cli/exitCodes.ts'

const source = join(import.meta.dir, '../../src/cli/crash.ts')

const ways = {
  'thrown where nobody catches it': `process.stdin.on('data', () => { throw new RangeError('by surprise') })`,
  'rejected where nobody awaits it': `process.stdin.on('data', async () => { throw new RangeError('by surprise') })`,
}

test.each(Object.entries(ways))('%s', async (_, way) => {
  const directory = mkdtempSync(join(tmpdir(), 'rolecall-crash-'))
  try {
    const file = join(directory, 'main.ts')
    writeFileSync(
      file,
      `import { endOnCrash } from ${JSON.stringify(source)}
      endOnCrash({ isServing: false })
      ${way}
      setTimeout(() => process.exit(0), 30_000)
      await new Promise(() => {})`,
    )
    const child = Bun.spawn([process.execPath, file], { stdin: 'pipe', stdout: 'ignore', stderr: 'pipe' })
    child.stdin.write('anything\n')
    await child.stdin.flush()
    const said = await new Response(child.stderr).text()
    expect(await child.exited).toBe(exitCodes.crashed)
    expect(said).toContain('rolecall: an error in rolecall itself: RangeError: by surprise')
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
})
