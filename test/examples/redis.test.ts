import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { join } from 'node:path'
import type { Subprocess } from 'bun'
import { peer, temporaryDirectory } from '../agents/sdk/support.ts'
import { freePort, root } from './support.ts'

// Real processes, on whatever machine: a bound, not a measure.
setDefaultTimeout(60_000)

const isMissing = !Bun.which('redis-server') || !Bun.which('redis-cli')
const examples = join(root, 'examples/redis')

/** One instance, with its hooks run as rolecall runs them. */
class Redis {
  readonly port = freePort()
  readonly endpoint = `127.0.0.1:${this.port}`
  readonly #directory: string
  #child: Subprocess | null = null

  constructor(directory: string) {
    this.#directory = directory
  }

  get #environment(): Record<string, string> {
    return { PATH: process.env.PATH!, REDIS_PORT: String(this.port), REDIS_DIRECTORY: this.#directory }
  }

  async start(): Promise<void> {
    const env = this.#environment
    this.#child = Bun.spawn([join(examples, 'start')], { env, stdout: 'ignore', stderr: 'inherit' })
    let attemptCount = 0
    while ((await this.run('probe')).exitCode !== 0) {
      expect((attemptCount += 1)).toBeLessThan(500)
      await Bun.sleep(20)
    }
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    this.#child?.kill(signal)
    await this.#child?.exited
  }

  pause(isPaused: boolean): void {
    this.#child?.kill(isPaused ? 'SIGSTOP' : 'SIGCONT')
  }

  /** Runs a hook to its end, or kills it at the limit, as rolecall does. */
  async run(hook: string, environment: Record<string, string> = {}, timeLimitMs = 20_000) {
    const env = { ...this.#environment, ...environment }
    const child = Bun.spawn([join(examples, hook)], {
      env,
      stdout: 'pipe',
      stderr: 'pipe',
      timeout: timeLimitMs,
      killSignal: 'SIGKILL',
    })
    const exitCode = await child.exited
    return { exitCode, errors: await new Response(child.stderr).text() }
  }

  async primary(): Promise<void> {
    expect(await this.run('on-primary', { ROLECALL_ROLE: 'primary' })).toEqual({ exitCode: 0, errors: '' })
  }

  async follow(primary: Redis): Promise<void> {
    const peers = JSON.stringify([{ ...peer('n1/redis', 'primary', 1), endpoint: primary.endpoint }])
    const environment = {
      ROLECALL_ROLE: 'secondary',
      ROLECALL_PEERS: peers,
      ROLECALL_PRIMARY_ENDPOINT: primary.endpoint,
    }
    expect(await this.run('on-secondary', environment)).toEqual({ exitCode: 0, errors: '' })
  }

  /** The answers to commands on one connection. */
  async ask(...commands: string[]): Promise<string[]> {
    const child = Bun.spawn(['redis-cli', '-p', String(this.port)], { stdin: 'pipe', stdout: 'pipe', timeout: 10_000 })
    child.stdin.write(commands.map((command) => `${command}\n`).join(''))
    child.stdin.end()
    const text = await new Response(child.stdout).text()
    return text.split('\n').filter((line) => line !== '')
  }
}

const refused = "READONLY You can't write against a read only replica."
const down = expect.stringContaining('MASTERDOWN')

describe.skipIf(isMissing)('the redis hooks (skipped without redis-server)', () => {
  let directory: ReturnType<typeof temporaryDirectory>
  let a: Redis
  let b: Redis

  beforeEach(async () => {
    directory = temporaryDirectory()
    a = new Redis(join(directory.path, 'a'))
    b = new Redis(join(directory.path, 'b'))
    await Promise.all([a.start(), b.start()])
  })
  afterEach(async () => {
    await Promise.all([a.kill(), b.kill()])
    directory.remove()
  })

  test('one that was only started serves nobody', async () => {
    expect(await a.ask('set x 1', 'get x', 'ping')).toEqual([refused, down, down])
    await a.run('on-spare', { ROLECALL_ROLE: 'spare' })
    expect(await a.ask('set x 1', 'get x')).toEqual([refused, down])
  })

  test('a secondary has everything once its hook is done, and is promoted with it', async () => {
    await a.primary()
    const before = Array.from({ length: 500 }, (_, index) => `set k${index} ${'v'.repeat(200)}`)
    await a.ask(...before)
    await b.follow(a)
    expect(await b.ask('dbsize', 'set x 1')).toEqual(['500', refused])
    expect(await a.ask('set last 1', 'wait 1 5000')).toEqual(['OK', '1'])
    await a.kill()
    await b.primary()
    expect(await b.ask('get last', 'dbsize', 'set x 1')).toEqual(['1', '501', 'OK'])

    await a.start()
    expect(await a.ask('get last', 'set x 2')).toEqual([down, refused])
    await a.follow(b)
    expect(await a.ask('get x', 'dbsize')).toEqual(['1', '502'])
  })

  test('a sole primary that is restarted in place has its data again, when it is told to be primary', async () => {
    await a.primary()
    await a.ask('set x 1')
    await a.kill()
    await a.start()
    expect(await a.ask('get x')).toEqual([down])
    await a.primary()
    expect(await a.ask('get x')).toEqual(['1'])
  })

  test('a primary hands over: takes no more writes, and the next one has them all', async () => {
    await a.primary()
    await b.follow(a)
    await a.ask('set x 1')
    expect((await a.run('on-quiescing', { ROLECALL_ROLE: 'quiescing' })).exitCode).toBe(0)
    const paused = a.ask('set x 2')
    await b.primary()
    expect((await a.run('on-spare', { ROLECALL_ROLE: 'spare' })).exitCode).toBe(0)
    expect(await paused).toEqual([refused])
    expect(await b.ask('get x', 'set x 3')).toEqual(['1', 'OK'])
    await a.follow(b)
    expect(await a.ask('get x')).toEqual(['3'])
  })

  test('a primary whose replica is silent does not claim to have handed over', async () => {
    await a.primary()
    await b.follow(a)
    b.pause(true)
    await a.ask('set x 1')
    expect((await a.run('on-quiescing', {}, 500)).exitCode).not.toBe(0)
    b.pause(false)
    expect((await a.run('on-quiescing')).exitCode).toBe(0)
  })

  test('nobody follows what is not there, nor before it is in step', async () => {
    expect(await b.run('on-secondary', { ROLECALL_PRIMARY_ENDPOINT: '' })).toMatchObject({ exitCode: 1 })
    expect((await b.run('on-secondary', { ROLECALL_PRIMARY_ENDPOINT: a.endpoint }, 500)).exitCode).not.toBe(0)
    await a.kill()
    expect((await b.run('on-secondary', { ROLECALL_PRIMARY_ENDPOINT: a.endpoint }, 500)).exitCode).not.toBe(0)
  })

  test('a secondary turns to another primary when its peers change', async () => {
    const c = new Redis(join(directory.path, 'c'))
    try {
      await c.start()
      await Promise.all([a.primary(), c.primary()])
      await c.ask('set x c')
      await b.follow(a)
      const told = { ROLECALL_ROLE: 'secondary', ROLECALL_PRIMARY_ENDPOINT: `redis://${c.endpoint}/` }
      expect((await b.run('on-peers', told)).exitCode).toBe(0)
      let attemptCount = 0
      while ((await b.ask('get x'))[0] !== 'c') expect((attemptCount += 1)).toBeLessThan(500)
      expect((await b.run('on-peers', { ROLECALL_ROLE: 'secondary', ROLECALL_PRIMARY_ENDPOINT: '' })).exitCode).toBe(0)
      expect((await a.run('on-peers', { ...told, ROLECALL_ROLE: 'primary' })).exitCode).toBe(0)
      expect(await a.ask('set y 1')).toEqual(['OK'])
    } finally {
      await c.kill()
    }
  })

  test('the probe fails for what hangs or is gone', async () => {
    expect((await a.run('probe')).exitCode).toBe(0)
    a.pause(true)
    expect((await a.run('probe', {}, 300)).exitCode).not.toBe(0)
    a.pause(false)
    await a.kill()
    expect((await a.run('probe')).exitCode).not.toBe(0)
  })
})
