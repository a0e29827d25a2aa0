import { afterEach, beforeEach, expect, test } from 'bun:test'
import { exitCodes } from '../../src/guard/exitCodes.ts'
import { Liveness, type PeerEnded } from '../../src/guard/liveness.ts'
import { GuardBench, isAlive, pidIn, until } from './guardBench.ts'

let bench: GuardBench

beforeEach(() => {
  bench = new GuardBench()
})
afterEach(() => bench.close())

/** A program with a child that ignores SIGTERM, and so does it itself. */
const stubborn = `trap '' TERM; sh -c 'trap "" TERM; echo $$ >$PIDS/child; while :; do sleep 1; done' & echo $$ >$PIDS/leader; while :; do sleep 1; done`
/** A leader that can be ended, whose child cannot. */
const abandoning = `sh -c 'trap "" TERM HUP; echo $$ >$PIDS/child; while :; do sleep 1; done' & while :; do sleep 1; done`

test('an exit is reported with its code, after everything of the group has gone', async () => {
  bench.guard()
  await bench.event('up')
  await bench.spawn(
    `sh -c 'trap "" TERM HUP; echo $$ >$PIDS/child; while :; do sleep 1; done' & while [ ! -s $PIDS/child ]; do sleep 0.01; done; exit 3`,
  )
  const child = await pidIn(bench.pidFile('child'))
  expect(await bench.event('exited')).toMatchObject({ component: 'n1/it', incarnation: 1, exitCode: 3, signal: null })
  expect(isAlive(child)).toBe(false)
})

test('a kill -9 of the program is reported with its signal; the next incarnation may then start', async () => {
  bench.guard()
  await bench.event('up')
  const { pid } = await bench.spawn('sleep 100')
  process.kill(pid as number, 'SIGKILL')
  const exited = await bench.event('exited')
  expect(exited).toMatchObject({ exitCode: null, signal: 'SIGKILL' })
  // By the clock of the one that is told: lately, and not in its future.
  expect(exited.sinceMs).toBeWithin(0, 2000)
  await bench.spawn('sleep 100', { incarnation: 2 })
})

test('stop escalates to SIGKILL of the whole group, with grandchildren that ignore SIGTERM', async () => {
  bench.guard()
  await bench.event('up')
  const { pid } = await bench.spawn(stubborn)
  const child = await pidIn(bench.pidFile('child'))
  await pidIn(bench.pidFile('leader'))
  await bench.order('stop', { component: 'n1/it', task: null, incarnation: 1, signal: 'SIGTERM', timeoutMs: 100 })
  expect(await bench.event('exited')).toMatchObject({ signal: 'SIGKILL' })
  expect([pid as number, child].filter(isAlive)).toEqual([])
})

test('what cannot be started is said with a code', async () => {
  bench.guard()
  await bench.event('up')
  const order = {
    task: null,
    incarnation: 1,
    environment: { PATH: '/bin' },
    workingDirectory: null,
    isExclusive: false,
  }
  await bench.order('spawn', { ...order, component: 'n1/a', command: ['/no/such/program'] })
  expect(await bench.event('startFailed', { component: 'n1/a' })).toMatchObject({ code: 'command.notFound' })
  await bench.order('spawn', { ...order, component: 'n1/b', command: ['sh'], workingDirectory: '/no/such/place' })
  expect(await bench.event('startFailed', { component: 'n1/b' })).toMatchObject({ code: 'workingDirectory.notFound' })
  await bench.spawn('sleep 100', { component: 'n1/c' })
  await bench.order('spawn', { ...order, component: 'n1/c', incarnation: 2, command: ['sh'] })
  expect(await bench.event('startFailed', { component: 'n1/c' })).toMatchObject({
    code: 'process.alreadyRunning',
    incarnation: 2,
  })
})

test('kill -9 of the node process ends every group and begins a new life of it with a higher incarnation', async () => {
  bench.guard()
  const up = await bench.event('up', { incarnation: 1 })
  const { pid } = await bench.spawn(abandoning)
  const child = await pidIn(bench.pidFile('child'))
  process.kill(up.pid as number, 'SIGKILL')
  await bench.event('up', { incarnation: 2 })
  expect([pid as number, child].filter(isAlive)).toEqual([])
})

test('the word to found a cluster without some is for the first life only', async () => {
  bench.guard({ STAND_IN_FORMS: '1' })
  const up = await bench.event('up', { incarnation: 1 })
  expect(up.isForming).toBe(true)
  process.kill(up.pid as number, 'SIGKILL')
  expect((await bench.event('up', { incarnation: 2 })).isForming).toBe(false)
})

test('kill -9 of the guard ends node process and components', async () => {
  const guard = bench.guard()
  const up = await bench.event('up')
  const { pid } = await bench.spawn(abandoning)
  const child = await pidIn(bench.pidFile('child'))
  guard.kill('SIGKILL')
  await until(() => ![up.pid as number, pid as number, child].some(isAlive), 'the end of all processes')
})

test('kill -9 of guard and node process at once, or of a guard whose node process hangs, ends grandchildren too', async () => {
  for (const how of ['killed', 'hanging']) {
    const guard = bench.guard()
    const up = await until(
      () => bench.events().findLast(({ type, pid }) => type === 'up' && isAlive(pid as number)),
      'node process',
    )
    const { pid } = await bench.spawn(abandoning, { component: `n1/${how}` })
    const child = await pidIn(bench.pidFile('child'))
    await Bun.file(bench.pidFile('child')).delete()
    if (how === 'killed') process.kill(up.pid as number, 'SIGSTOP')
    else void bench.order('hang').catch(() => {})
    guard.kill('SIGKILL')
    if (how === 'killed') process.kill(up.pid as number, 'SIGKILL')
    await until(() => ![up.pid as number, pid as number, child].some(isAlive), `the end of all processes (${how})`)
    await guard.exited
  }
})

test('what an earlier life left behind is swept before the next begins', async () => {
  const leftover = Bun.spawn(['setsid', 'sh', '-c', 'sleep 100 & sleep 100'], {
    env: { ...process.env, ROLECALL_INSTANCE: bench.marker },
  })
  const other = Bun.spawn(['sleep', '100'], { env: { ...process.env, ROLECALL_INSTANCE: `${bench.marker}1` } })
  await Bun.sleep(50)
  bench.guard()
  await bench.event('up')
  expect(await leftover.exited).not.toBe(0)
  expect(other.killed).toBe(false)
  expect(isAlive(other.pid)).toBe(true)
  other.kill()
})

test('a second guard of the node is refused while the first lives', async () => {
  const first = bench.guard()
  await bench.event('up')
  expect(await bench.guard().exited).toBe(exitCodes.alreadyRunning)
  first.kill('SIGKILL')
  await first.exited
  bench.guard()
  await bench.event('up', { incarnation: 2 })
})

test('a hung node process: the guard kills active exclusive components when the lease is over, and no others', async () => {
  bench = new GuardBench({ isAlone: true })
  bench.guard()
  await bench.event('up')
  await bench.order('setMastership', { epoch: 1, leader: 'n1', vice: null, commitIndex: 0 })
  const pids: Record<string, number> = {}
  for (const [name, isExclusive] of Object.entries({ exclusive: true, shared: false, standby: true })) {
    pids[name] = (await bench.spawn('sleep 100', { component: `n1/${name}`, isExclusive })).pid as number
  }
  for (const name of ['exclusive', 'shared'])
    await bench.order('setActive', { component: `n1/${name}`, incarnation: 1, isActive: true })
  await bench.order('dropLease', 1)
  void bench.order('hang').catch(() => {})
  expect(isAlive(pids.exclusive!)).toBe(true)
  await until(() => !isAlive(pids.exclusive!), 'the end of the exclusive primary')
  expect([isAlive(pids.shared!), isAlive(pids.standby!)]).toEqual([true, true])
})

test('the guards tell each other: of a node process by word, of a guard by its kernel', async () => {
  const ended: PeerEnded[] = []
  const { cluster, links } = bench
  const peer = new Liveness({
    cluster,
    secret: null,
    node: 'n2',
    incarnation: 5,
    links: links.n2,
    peers: { n1: links.n1 },
    onEnded: (what) => ended.push(what),
  })
  await until(() => ended.length, 'a refusal: there is no guard yet')
  const guard = bench.guard()
  const up = await bench.event('up')
  await until(() => peer.endedPeers.length === 0, 'the first life')
  const { pid } = await bench.spawn('sleep 100')
  process.kill(up.pid as number, 'SIGKILL')
  await until(() => ended.length === 2, 'the word')
  expect(ended[1]).toEqual({ node: 'n1', incarnation: 1, how: 'said' })
  expect(isAlive(pid as number)).toBe(false)

  await until(() => peer.endedPeers.length === 0, 'the second life')
  await bench.event('up', { incarnation: 2 })
  guard.kill('SIGKILL')
  await until(() => ended.length === 3, 'the evidence')
  expect(ended[2]).toEqual({ node: 'n1', incarnation: 2, how: expect.stringMatching(/closed|reset/) })

  await guard.exited
  bench.guard()
  await bench.event('up', { incarnation: 3 })
  await until(() => peer.endedPeers.length === 0, 'the third life')
  await Bun.sleep(300)
  peer.close()
  expect(await bench.event('peerEnded')).toMatchObject({
    node: 'n2',
    incarnation: 5,
    how: expect.stringMatching(/closed|reset/),
  })
})

test('a node process that starts late is told which peers have ended already', async () => {
  bench.guard()
  const up = await bench.event('up')
  await bench.event('peerEnded', { node: 'n2', incarnation: null, how: 'refused' })
  process.kill(up.pid as number, 'SIGKILL')
  await bench.event('up', { incarnation: 2 })
  await until(() => bench.events().filter(({ type }) => type === 'peerEnded').length === 2, 'the second report')
})

test('a node process that keeps ending is given up', async () => {
  const guard = bench.guard({ STAND_IN_EXITS: '1' })
  expect(await guard.exited).toBe(exitCodes.nodeProcessFailed)
  expect(
    bench
      .events()
      .filter(({ type }) => type === 'up')
      .map(({ incarnation }) => incarnation),
  ).toEqual([1, 2, 3, 4, 5, 6])
})

test('SIGTERM leaves in order; SIGINT twice stops at once', async () => {
  const guard = bench.guard()
  await bench.event('up')
  const { pid } = await bench.spawn('sleep 100')
  guard.kill('SIGTERM')
  expect(await guard.exited).toBe(exitCodes.left)
  await bench.event('leave')
  expect(isAlive(pid as number)).toBe(false)

  const again = bench.guard({ STAND_IN_IS_STUBBORN: '1' })
  await bench.event('up', { incarnation: 2 })
  again.kill('SIGINT')
  await until(() => bench.events().filter(({ type }) => type === 'leave').length === 2, 'the second request to leave')
  again.kill('SIGINT')
  expect(await again.exited).toBe(exitCodes.interrupted)
})

test('a node process that does not leave is ended after the limit', async () => {
  const guard = bench.guard({ STAND_IN_IS_STUBBORN: '1' }, '200')
  const up = await bench.event('up')
  guard.kill('SIGTERM')
  expect(await guard.exited).toBe(exitCodes.leaveTimedOut)
  expect(isAlive(up.pid as number)).toBe(false)
})

test('a node process that is configured wrongly is not started again', async () => {
  const guard = bench.guard()
  await bench.event('up')
  void bench.order('exit', exitCodes.configuration).catch(() => {})
  expect(await guard.exited).toBe(exitCodes.configuration)
})

test('children get neither the guard’s service manager nor the switches of its runtime', async () => {
  bench.guard({ NOTIFY_SOCKET: '@rolecall-test-nobody', BUN_OPTIONS: '--smol' })
  const { environment } = await bench.event('up')
  expect(environment).toMatchObject({ ROLECALL_INSTANCE: bench.marker })
  expect(environment).not.toContainAnyKeys(['NOTIFY_SOCKET', 'BUN_OPTIONS'])
})

test('component output is logged with the name of its component', async () => {
  bench.guard()
  await bench.event('up')
  await bench.spawn('echo hello; exit 0')
  await until(() => /n1\/it.*hello/.test(bench.log()), 'the line in the log')
})
