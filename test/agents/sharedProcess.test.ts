import { beforeEach, describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import type { ComponentId } from '../../machines/model/ids.ts'
import type { Role } from '../../machines/model/roles.ts'
import type { AgentEvent, RoleWords } from '../../src/agents/agent.ts'
import { type HostProcess, SharedProcess } from '../../src/agents/sharedProcess.ts'
import { ManualClock } from '../support/manualClock.ts'

const host = 'n1/pool'
const idOf = (name: string): ComponentId => `${host}/${name}`

/** The process as a list of what it was asked, and the places' side of it. */
class Bench {
  readonly clock = new ManualClock()
  readonly asked: string[] = []
  readonly heard: string[] = []
  readonly events: AgentEvent[] = []
  takes: (role: Role) => boolean = () => true
  /** Of the real process. */
  incarnation = 0
  readonly shared: SharedProcess

  constructor() {
    const process: HostProcess = {
      takes: (role) => this.takes(role),
      start: ({ incarnation }) => {
        this.incarnation = incarnation
        this.asked.push(`start ${incarnation}`)
      },
      stop: ({ timeoutMs }, told) =>
        this.asked.push(`stop ${timeoutMs}: ${told.map(({ assignment, role }) => `${assignment} ${role}`).join(', ')}`),
      invoke: ({ assignment, role, timeLimitMs }) => this.asked.push(`${assignment} ${role} ${timeLimitMs}`),
      introduce: ({ assignment }) => this.asked.push(`${assignment} peers`),
    }
    this.shared = new SharedProcess({
      host,
      process,
      clock: this.clock,
      setActive: ({ component, incarnation, isActive }) =>
        this.asked.push(`${component} ${incarnation} ${isActive ? 'active' : 'idle'}`),
      onEvent: (event) => {
        this.events.push(event)
        const detail = 'detail' in event ? ` (${event.detail})` : 'role' in event ? ` ${event.role}` : ''
        this.heard.push(`${event.component.slice(host.length + 1)} ${event.incarnation} ${event.type}${detail}`)
      },
    })
  }

  words(name: string, incarnation: number, role: Role = 'spare', index = 1): RoleWords {
    return { component: idOf(name), incarnation, assignment: name, role, token: { epoch: 1, index }, peers: [] }
  }

  start(name: string, incarnation: number): void {
    this.shared.start(this.words(name, incarnation))
  }

  stop(name: string, incarnation: number, timeoutMs = 1000): void {
    this.shared.stop({ component: idOf(name), incarnation, timeoutMs })
  }

  invoke(name: string, incarnation: number, role: Role, index = 1): void {
    this.shared.invoke({ ...this.words(name, incarnation, role, index), level: 1, timeLimitMs: 500 })
  }

  ready(): void {
    this.shared.heard({ type: 'process.ready', component: host, incarnation: this.incarnation, endpoint: 'here' })
  }

  exited(incarnation = this.incarnation): void {
    this.shared.heard({ type: 'process.exited', component: host, incarnation, detail: 'signal 9', atMs: 5 })
  }

  done(name: string, role: Role, index = 1): void {
    const { incarnation } = this
    this.shared.heard({ type: 'role.done', component: idOf(name), incarnation, role, token: { epoch: 1, index } })
  }

  /** What was asked, or heard, since it was looked at last. */
  async take(): Promise<{ asked: string[]; heard: string[] }> {
    await Promise.resolve()
    return { asked: this.asked.splice(0), heard: this.heard.splice(0) }
  }
}

let bench: Bench
beforeEach(() => {
  bench = new Bench()
})

/** `a` is primary and `b` secondary, in one process; their machines count its lives from 100 and 200. */
async function pair(): Promise<void> {
  bench.start('a', 100)
  bench.start('b', 200)
  bench.ready()
  for (const [name, incarnation, role] of [
    ['a', 100, 'primary'],
    ['b', 200, 'secondary'],
  ] as const) {
    bench.invoke(name, incarnation, role)
    bench.done(name, role)
  }
  await bench.take()
}

describe('a shared process', () => {
  test('is started once, and every place hears of it under its own number', async () => {
    bench.start('a', 100)
    bench.start('b', 200)
    expect(await bench.take()).toEqual({ asked: ['start 100'], heard: [] })
    bench.ready()
    bench.start('c', 7)
    expect(await bench.take()).toEqual({
      asked: [],
      heard: ['a 100 process.ready', 'b 200 process.ready', 'c 7 process.ready'],
    })
    bench.invoke('b', 200, 'primary', 4)
    bench.done('b', 'primary', 4)
    expect(await bench.take()).toEqual({ asked: ['b primary 500'], heard: ['b 200 role.done primary'] })
  })

  test('that ends by itself has ended for all', async () => {
    await pair()
    bench.exited()
    expect((await bench.take()).heard).toEqual(['a 100 process.exited (signal 9)', 'b 200 process.exited (signal 9)'])
    bench.start('b', 201)
    expect((await bench.take()).asked).toEqual(['start 201'])
    bench.exited(200)
    expect((await bench.take()).heard).toEqual([])
  })

  test('that cannot be started is over for all, and is started again by the next', async () => {
    bench.start('a', 100)
    bench.start('b', 200)
    const failed = { component: host, incarnation: 100, code: 'command.notFound', detail: 'none' } as const
    bench.shared.heard({ type: 'process.startFailed', ...failed })
    bench.stop('a', 100, 0)
    bench.exited()
    expect(await bench.take()).toEqual({
      asked: ['start 100', 'stop 0: ', 'stop 0: '],
      heard: [
        'a 100 process.startFailed (none)',
        'b 200 process.startFailed (none)',
        'a 100 process.exited (signal 9)',
        'b 200 process.exited (signal 9, when n1/pool/a was stopped)',
      ],
    })
    bench.start('a', 101)
    expect((await bench.take()).asked).toEqual(['start 101'])
  })

  test('that is ending takes no new place; a start waits for the next', async () => {
    await pair()
    bench.stop('a', 100, 0)
    bench.start('c', 5)
    bench.stop('d', 1)
    expect(await bench.take()).toEqual({
      asked: ['stop 0: a primary, b secondary'],
      heard: ['d 1 process.exited (it was not running)'],
    })
    bench.exited()
    expect(await bench.take()).toEqual({
      asked: ['start 101'],
      heard: ['a 100 process.exited (signal 9)', 'b 200 process.exited (signal 9, when n1/pool/a was stopped)'],
    })
    bench.ready()
    expect((await bench.take()).heard).toEqual(['c 5 process.ready'])
  })

  test('fails for all, or for the one that it names', async () => {
    await pair()
    const report = { type: 'health.failed', incarnation: 100, code: 'it', detail: 'ill' } as const
    bench.shared.heard({ ...report, component: idOf('b') })
    expect((await bench.take()).heard).toEqual(['b 200 health.failed (ill)'])
    bench.shared.heard({ ...report, component: host })
    expect((await bench.take()).heard).toEqual(['a 100 health.failed (ill)', 'b 200 health.failed (ill)'])
  })

  test('that resists the kill has failed to stop for who stopped it, and has failed for the others', async () => {
    await pair()
    bench.stop('b', 200, 0)
    bench.shared.heard({ type: 'process.stopFailed', component: host, incarnation: 100, detail: 'still there' })
    expect((await bench.take()).heard).toEqual([
      'a 100 health.failed (still there)',
      'b 200 process.stopFailed (still there)',
    ])
    bench.exited()
    expect((await bench.take()).heard).toHaveLength(2)
  })
})

describe('a place that stops', () => {
  test('leaves a process that others use: the program is told, and goes on', async () => {
    await pair()
    bench.stop('b', 200)
    expect(await bench.take()).toEqual({ asked: ['b offline 500'], heard: [] })
    bench.done('b', 'offline')
    expect(await bench.take()).toEqual({
      asked: [],
      heard: ['b 200 process.exited (it has left its process to others)'],
    })
    bench.start('b', 201)
    bench.invoke('b', 201, 'secondary', 2)
    expect(await bench.take()).toEqual({ asked: ['b secondary 500'], heard: ['b 201 process.ready'] })
  })

  test('leaves even as primary if the program says so; if not, the process ends in the time that is left', async () => {
    await pair()
    bench.stop('a', 100)
    expect((await bench.take()).asked).toEqual(['a offline 500'])
    bench.done('a', 'offline')
    expect((await bench.take()).heard).toEqual(['a 100 process.exited (it has left its process to others)'])

    bench = new Bench()
    await pair()
    bench.stop('a', 100)
    bench.clock.advance(500)
    expect(await bench.take()).toEqual({
      asked: ['a offline 500', 'stop 500: a offline, b secondary'],
      heard: [],
    })
    bench.exited()
    expect((await bench.take()).heard).toHaveLength(2)
  })

  test('that does not act leaves at the end of its time whatever the program says', async () => {
    await pair()
    bench.stop('b', 200)
    bench.clock.advance(500)
    expect((await bench.take()).heard).toEqual(['b 200 process.exited (it has left its process to others)'])
  })

  test('ends the process where nobody takes its word, as long as it may act', async () => {
    await pair()
    bench.takes = (role) => role === 'quiescing'
    bench.stop('a', 100)
    expect((await bench.take()).asked).toEqual(['stop 1000: a primary, b secondary'])

    bench = new Bench()
    await pair()
    bench.takes = (role) => role === 'quiescing'
    bench.invoke('a', 100, 'spare', 2)
    bench.done('a', 'spare', 2)
    bench.invoke('a', 100, 'quiescing', 3)
    bench.done('a', 'quiescing', 3)
    bench.stop('a', 100)
    expect((await bench.take()).heard).toContain('a 100 process.exited (it has left its process to others)')
  })

  test('may act as long as the command that ends that was taken by nobody, or is not the one that was answered', async () => {
    await pair()
    bench.takes = (role) => role === 'quiescing'
    bench.invoke('a', 100, 'spare', 2)
    bench.done('a', 'spare', 2)
    bench.stop('a', 100)
    expect((await bench.take()).asked).toEqual(['a spare 500', 'stop 1000: a spare, b secondary'])

    bench = new Bench()
    await pair()
    bench.takes = (role) => role !== 'offline'
    bench.invoke('a', 100, 'spare', 2)
    bench.invoke('a', 100, 'primary', 3)
    bench.invoke('a', 100, 'spare', 4)
    bench.done('a', 'spare', 2)
    bench.stop('a', 100)
    expect((await bench.take()).asked).toContain('stop 1000: a spare, b secondary')
  })

  test('ends the process at once with a kill, and so does one that is leaving', async () => {
    await pair()
    bench.stop('b', 200)
    bench.stop('b', 200, 0)
    expect((await bench.take()).asked).toEqual(['b offline 500', 'stop 0: a primary, b offline'])
  })

  test('ends the process if it is the last', async () => {
    await pair()
    bench.stop('b', 200)
    bench.stop('a', 100)
    expect((await bench.take()).asked).toEqual(['b offline 500', 'stop 1000: a primary, b offline'])
    bench.exited()
    expect((await bench.take()).heard).toEqual(['a 100 process.exited (signal 9)', 'b 200 process.exited (signal 9)'])
  })

  test('without having been told anything just leaves', async () => {
    await pair()
    bench.start('c', 1)
    bench.stop('c', 1)
    expect(await bench.take()).toEqual({
      asked: [],
      heard: ['c 1 process.exited (it has left its process to others)'],
    })
  })

  test('is not taken for stopped by an answer to an earlier command', async () => {
    await pair()
    bench.invoke('a', 100, 'quiescing', 2)
    bench.stop('a', 100)
    bench.done('a', 'quiescing', 2)
    bench.shared.heard({
      type: 'role.done',
      component: idOf('a'),
      incarnation: 99,
      role: 'offline',
      token: { epoch: 1, index: 2 },
    })
    expect((await bench.take()).heard).toEqual([])
  })
})

describe('roles and activity', () => {
  test('a role without a process is done: there is nobody to tell', async () => {
    await pair()
    bench.invoke('c', 3, 'spare')
    expect(await bench.take()).toEqual({ asked: [], heard: ['c 3 role.done spare'] })
  })

  test('the guard holds the process for active while one place is, and is told again before the next life', async () => {
    bench.shared.setActive({ component: idOf('a'), isActive: true })
    bench.start('a', 100)
    bench.shared.setActive({ component: idOf('b'), isActive: true })
    bench.shared.setActive({ component: idOf('a'), isActive: false })
    expect((await bench.take()).asked).toEqual(['n1/pool 0 active', 'n1/pool 100 active', 'start 100'])
    bench.exited()
    bench.start('b', 200)
    expect((await bench.take()).asked).toEqual(['n1/pool 200 active', 'start 200'])
    bench.shared.setActive({ component: idOf('b'), isActive: false })
    expect((await bench.take()).asked).toEqual(['n1/pool 200 idle'])
  })
})

/**
 * A program that obeys, or not, and machines that order it about in any order: a place is never said to be stopped while the program
 * may act for it, and every stop is answered in the end.
 */
test('never is a place said to be stopped while the program acts for it', async () => {
  const often = ['start', 'ready', 'primary', 'secondary', 'quiescing', 'answer', 'answer', 'stop'] as const
  const step = fc.record({
    name: fc.constantFrom('a', 'b', 'c'),
    what: fc.constantFrom(...often, ...often, 'kill', 'exit', 'wait'),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 60 }), fc.boolean(), async (steps, takesOffline) => {
      const run = new Bench()
      run.takes = (role) => takesOffline || role !== 'offline'
      const world = new World(run)
      for (const { name, what } of steps) {
        world.step(name, what)
        await Promise.resolve()
        world.check()
      }
      await world.settle()
    }),
    { numRuns: 1000 },
  )
})

/** What is true of the program, and what the machines of three places believe. */
class World {
  readonly #run: Bench
  readonly #acts = new Set<string>()
  readonly #machines = new Map<string, { incarnation: number; state: 'absent' | 'starting' | 'running' | 'stopping' }>()
  #isThere = false
  #isEnding = false
  #index = 1
  /** Of the last command to each. */
  readonly #indices = new Map<string, number>()
  #open: { name: string; role: Role; index: number }[] = []
  #seenEvents = 0
  #seenAsked = 0

  constructor(run: Bench) {
    this.#run = run
    for (const name of ['a', 'b', 'c']) this.#machines.set(name, { incarnation: 10, state: 'absent' })
  }

  step(name: string, what: string): void {
    const machine = this.#machines.get(name)!
    if (what === 'start' && machine.state === 'absent') {
      machine.incarnation += 1
      machine.state = 'starting'
      this.#run.start(name, machine.incarnation)
    } else if ((what === 'stop' || what === 'kill') && machine.state !== 'absent') {
      machine.state = 'stopping'
      this.#run.stop(name, machine.incarnation, what === 'kill' ? 0 : 1000)
    } else if ((what === 'primary' || what === 'secondary' || what === 'quiescing') && machine.state === 'running') {
      this.#index += 1
      this.#indices.set(name, this.#index)
      this.#run.invoke(name, machine.incarnation, what, this.#index)
    } else if (what === 'answer') this.#answer()
    else if (what === 'ready' && this.#isThere) this.#run.ready()
    else if (what === 'exit') this.#exit()
    else if (what === 'wait') this.#run.clock.advance(600)
    this.#look()
  }

  check(): void {
    this.#look()
    for (const event of this.#run.events.slice(this.#seenEvents)) {
      const name = event.component.slice(host.length + 1)
      const machine = this.#machines.get(name)!
      if (event.incarnation !== machine.incarnation) continue
      if (event.type === 'process.ready' && machine.state === 'starting') machine.state = 'running'
      if (event.type !== 'process.exited') continue
      machine.state = 'absent'
      expect([name, this.#acts.has(name)]).toEqual([name, false])
    }
    this.#seenEvents = this.#run.events.length
  }

  async settle(): Promise<void> {
    for (const name of this.#machines.keys()) this.step(name, 'stop')
    for (let turn = 0; turn < 10; turn += 1) {
      this.step('a', 'wait')
      this.#exit()
      await Promise.resolve()
      this.check()
    }
    expect([...this.#machines.values()].map(({ state }) => state)).toEqual(['absent', 'absent', 'absent'])
  }

  /** What the process was asked: it begins to act when it is told to be primary, and ceases when it has said so. */
  #look(): void {
    for (const asked of this.#run.asked.slice(this.#seenAsked)) {
      const [first, role] = asked.split(' ') as [string, Role]
      if (first === 'start') {
        expect(this.#isThere).toBe(false)
        this.#isThere = true
        this.#isEnding = false
      } else if (first === 'stop') this.#isEnding = true
      else if (this.#machines.has(first)) {
        if (role === 'primary' && !this.#isEnding) this.#acts.add(first)
        this.#open.push({ name: first, role, index: this.#indices.get(first)! })
      }
    }
    this.#seenAsked = this.#run.asked.length
  }

  #answer(): void {
    const command = this.#open.shift()
    if (!command || !this.#isThere) return
    const { name, role, index } = command
    const isLatest = !this.#open.some((open) => open.name === name)
    if (role !== 'primary' && isLatest && this.#run.takes(role)) this.#acts.delete(name)
    // An answer to a command that is no longer the last reaches nobody.
    if (isLatest) this.#run.done(name, role, index)
  }

  #exit(): void {
    if (!this.#isThere) return
    this.#isThere = false
    this.#acts.clear()
    this.#open = []
    this.#run.exited()
  }
}
