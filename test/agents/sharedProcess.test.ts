import { beforeEach, describe, expect, test } from 'bun:test'
import { Bench, host, idOf } from './sharedProcessBench.ts'

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
