/** Guard and node process in real processes, one of which hangs: SIGSTOP, or a loop without an end. */
import { afterEach, expect, test } from 'bun:test'
import { exitCodes } from '../../src/guard/exitCodes.ts'
import { GuardBench, isAlive, until } from './guardBench.ts'

let bench: GuardBench
afterEach(() => bench.close())

const leading = { epoch: 1, leader: 'n1', vice: null, commitIndex: 0 }

/** A cluster of one that leads, with an exclusive and a shared program that act. */
async function acting(hungAfterMs: number) {
  bench = new GuardBench({ isAlone: true, timing: { hungAfterMs } })
  const guard = bench.guard()
  const up = await bench.event('up')
  await bench.order('setMastership', leading)
  await until(async () => JSON.parse(await bench.order('report'))?.nodeLeaseMs > 0, 'the lease')
  const programs: number[] = []
  for (const [component, isExclusive] of Object.entries({ 'n1/exclusive': true, 'n1/shared': false })) {
    programs.push((await bench.spawn('sleep 100', { component, isExclusive })).pid as number)
    await bench.order('setActive', { component, incarnation: 1, isActive: true })
  }
  return { guard, node: up.pid as number, exclusive: programs[0]!, shared: programs[1]! }
}

test('a node process that hangs is killed with its components, and a new life begins', async () => {
  for (const how of ['stopped', 'looping']) {
    const { guard, node, exclusive, shared } = await acting(500)
    if (how === 'stopped') process.kill(node, 'SIGSTOP')
    else void bench.order('hang').catch(() => {})
    await bench.event('up', { incarnation: 2 })
    expect([node, exclusive, shared].filter(isAlive)).toEqual([])
    expect(bench.log()).toContain('the node process hangs')
    guard.kill('SIGKILL')
    await guard.exited
    if (how === 'stopped') await bench.close()
  }
})

test('a guard that hangs: what acts under the lease is killed by the node process, then all of the node, guard and itself', async () => {
  const { guard, node, exclusive, shared } = await acting(2000)
  process.kill(guard.pid, 'SIGSTOP')
  await until(() => !isAlive(exclusive), 'the end of the exclusive program')
  // Long before the guard is given up.
  expect([isAlive(shared), isAlive(node), isAlive(guard.pid)]).toEqual([true, true, true])
  await until(() => ![shared, node, guard.pid].some(isAlive), 'the end of everything')
  expect(await guard.exited).not.toBe(exitCodes.left)
  expect(guard.signalCode).toBe('SIGKILL')
})

test('both are stopped for longer than that, and go on: neither takes the other for hung', async () => {
  const { guard, node } = await acting(1000)
  for (const pid of [guard.pid, node]) process.kill(pid, 'SIGSTOP')
  await Bun.sleep(2000)
  for (const pid of [node, guard.pid]) process.kill(pid, 'SIGCONT')
  await Bun.sleep(500)
  expect([isAlive(guard.pid), isAlive(node)]).toEqual([true, true])
  expect(bench.events().filter(({ type }) => type === 'up').length).toBe(1)
})

test('a watchdog device is fed, and disarmed when the node leaves; one that is missing is a problem, and the node runs on', async () => {
  bench = new GuardBench({ watchdog: { device: '/no/such/watchdog', timeoutMs: 10_000 } })
  const guard = bench.guard()
  const { problems } = await bench.event('problems')
  expect(problems).toContainEqual({
    code: 'watchdog.unusable',
    text: 'the watchdog is not fed: /no/such/watchdog cannot be opened: ENOENT',
  })
  guard.kill('SIGTERM')
  expect(await guard.exited).toBe(exitCodes.left)
  await bench.close()

  bench = new GuardBench({ watchdog: { device: '', timeoutMs: 10_000 } })
  const fed = (): string => new TextDecoder().decode(bench.watchdogBytes())
  const again = bench.guard()
  await bench.event('up')
  await until(() => fed().length >= 2, 'food')
  again.kill('SIGTERM')
  expect(await again.exited).toBe(exitCodes.left)
  expect(fed()).toEndWith('\0V')
})
