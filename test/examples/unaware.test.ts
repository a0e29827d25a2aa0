import { expect, setDefaultTimeout, test } from 'bun:test'
import { join } from 'node:path'
import { temporaryDirectory } from '../agents/sdk/support.ts'
import { freePort, root } from './support.ts'

// Real processes, on whatever machine: a bound, not a measure.
setDefaultTimeout(60_000)

const directory = join(root, 'examples/unaware')

test('the hook tells what it was told', async () => {
  const env = { PATH: process.env.PATH, ROLECALL_ROLE: 'primary', ROLECALL_TOKEN: '3.14', OTHER: 'x' }
  const hook = Bun.spawn([join(directory, 'tell')], { env, stdout: 'pipe' })
  expect(await new Response(hook.stdout).text()).toBe('ROLECALL_ROLE=primary\nROLECALL_TOKEN=3.14\n')
  expect(await hook.exited).toBe(0)
})

test.skipIf(!Bun.which('python3'))(
  'the program serves, and its probe says whether (skipped without python3)',
  async () => {
    const env = { PATH: process.env.PATH, PORT: String(freePort()) }
    const probe = () => Bun.spawn([join(directory, 'probe')], { env, stderr: 'ignore' }).exited
    expect(await probe()).not.toBe(0)
    const cwd = temporaryDirectory()
    const program = Bun.spawn([join(directory, 'serve')], { env, cwd: cwd.path, stdout: 'ignore', stderr: 'ignore' })
    try {
      let attemptCount = 0
      while ((await probe()) !== 0) expect((attemptCount += 1)).toBeLessThan(100)
    } finally {
      program.kill('SIGKILL')
      await program.exited
      cwd.remove()
    }
  },
)
