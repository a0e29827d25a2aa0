import { expect, test } from 'bun:test'
import fc from 'fast-check'
import type { Role } from '../../machines/model/roles.ts'
import { Bench, host } from './sharedProcessBench.ts'

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
