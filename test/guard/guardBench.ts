/** What the guard's tests share: a guard with its stand-in node process in a folder of their own, and patience. */
import { existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Configuration, Timing } from '../../machines/model/configuration.ts'
import type { GuardClient } from '../../src/guard/client.ts'
import { processes } from '../../src/guard/processGroup.ts'
import type { FrameOf, NodeFrame } from '../../src/guard/protocol.ts'
import { timing } from '../support/configuration.ts'

export interface Seen {
  readonly type: string
  readonly [key: string]: unknown
}

/** Waits until the look yields something. Generous: tests assert what comes, not when. */
export async function until<T>(
  look: () => T | Promise<T>,
  what: string | (() => string),
  timeoutMs = 10_000,
): Promise<Exclude<T, false | 0 | null | undefined>> {
  const deadlineMs = performance.now() + timeoutMs
  for (;;) {
    const found = await look()
    if (found) return found as Exclude<T, false | 0 | null | undefined>
    if (performance.now() > deadlineMs)
      throw new Error(`waited ${timeoutMs} ms in vain for ${typeof what === 'string' ? what : what()}`)
    await Bun.sleep(5)
  }
}

export function isAlive(pid: number): boolean {
  const found = processes().find((other) => other.pid === pid)
  return found !== undefined && found.state !== 'Z'
}

/** Reads a process id that a program under test has written down. */
export async function pidIn(path: string): Promise<number> {
  return until(() => (existsSync(path) ? Number(readFileSync(path, 'utf8')) : 0), path)
}

export function freePort(): number {
  const listener = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data() {} } })
  const { port } = listener
  listener.stop(true)
  return port
}

export class GuardBench {
  readonly directory = mkdtempSync(join(tmpdir(), 'rolecall-guard-'))
  readonly cluster = `test-${process.pid}-${freePort()}`
  readonly marker = `${this.cluster}/n1@${this.directory}/run`
  readonly links = { n1: [{ host: '127.0.0.1', port: freePort() }], n2: [{ host: '127.0.0.1', port: freePort() }] }
  readonly #guards: Bun.Subprocess[] = []

  readonly timing: Timing
  readonly #isAlone: boolean
  readonly #watchdog: Configuration['watchdog']

  /** Alone: a cluster of one, which has its lease as soon as it leads. A watchdog without a name is a plain file. */
  constructor(of: { isAlone?: boolean; timing?: Partial<Timing>; watchdog?: Configuration['watchdog'] } = {}) {
    this.timing = { ...timing, selfStopMs: 100, hungAfterMs: 60_000, ...of.timing }
    this.#isAlone = of.isAlone ?? false
    this.#watchdog = of.watchdog ?? null
    if (of.watchdog?.device === '') {
      writeFileSync(this.#path('watchdog'), '')
      this.#watchdog = { ...of.watchdog, device: this.#path('watchdog') }
    }
    writeFileSync(
      this.#path('configuration.json'),
      JSON.stringify({
        cluster: this.cluster,
        secret: null,
        stateDirectory: this.#path('state'),
        runtimeDirectory: this.#path('run'),
        timing: this.timing,
        guard: { realtime: true },
        watchdog: this.#watchdog,
        nodes: {
          n1: { links: this.links.n1, rank: 1 },
          ...(this.#isAlone ? {} : { n2: { links: this.links.n2, rank: 2 } }),
        },
      }),
    )
    mkdirSync(this.#path('pids'))
  }

  #path(name: string): string {
    return join(this.directory, name)
  }

  /** Where programs under test write down their process ids. */
  pidFile(name: string): string {
    return join(this.directory, 'pids', name)
  }

  guard(environment: Record<string, string> = {}, leaveTimeoutMs = ''): Bun.Subprocess {
    const script = join(import.meta.dir, 'runGuard.ts')
    const guard = Bun.spawn([process.execPath, script, this.#path('configuration.json'), 'n1', leaveTimeoutMs], {
      env: {
        ...process.env,
        STAND_IN_DIRECTORY: this.directory,
        STAND_IN_TIMING: JSON.stringify(this.timing),
        ...environment,
      },
      stdio: ['ignore', 'inherit', openSync(this.#path('log'), 'a')],
    })
    this.#guards.push(guard)
    return guard
  }

  watchdogBytes(): Uint8Array {
    return readFileSync(this.#path('watchdog'))
  }

  /** What the guards logged. */
  log(): string {
    return readFileSync(this.#path('log'), 'utf8')
  }

  events(): Seen[] {
    const path = this.#path('events')
    const text = existsSync(path) ? readFileSync(path, 'utf8') : ''
    // The last part is empty, or a line that is being written.
    return text
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Seen)
  }

  async event(type: string, match: Record<string, unknown> = {}): Promise<Seen> {
    const fits = (event: Seen): boolean =>
      event.type === type && Object.entries(match).every(([key, value]) => event[key] === value)
    return until(
      () => this.events().findLast(fits),
      () => `${type} ${JSON.stringify(match)}; the log:\n${this.log()}`,
    )
  }

  async order<Name extends keyof GuardClient | 'hang' | 'exit' | 'report'>(
    name: Name,
    order: unknown = null,
  ): Promise<string> {
    const response = await fetch(`http://${this.cluster}/`, {
      keepalive: false,
      unix: this.#path('orders'),
      method: 'POST',
      body: JSON.stringify([name, order]),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(text)
    return text
  }

  async spawn(script: string, order: Partial<FrameOf<NodeFrame, 'component.spawn'>> = {}): Promise<Seen> {
    const { component = 'n1/it', task = null, incarnation = 1 } = order
    await this.order('spawn', {
      component,
      task,
      incarnation,
      command: ['sh', '-c', script],
      environment: { PATH: process.env.PATH!, PIDS: join(this.directory, 'pids') },
      workingDirectory: null,
      isExclusive: false,
      ...order,
    })
    return this.event('started', { component, task, incarnation })
  }

  /** Ends whatever is left, by the marker that all of it carries. */
  async close(): Promise<void> {
    for (const guard of this.#guards) guard.kill('SIGKILL')
    await Promise.all(this.#guards.map((guard) => guard.exited))
    const { sweepLeftovers } = await import('../../src/guard/sweep.ts')
    await sweepLeftovers(this.marker, { timeoutMs: 5000 })
    rmSync(this.directory, { recursive: true, force: true })
  }
}
