import { afterEach, expect, test } from 'bun:test'
import type { Probe } from '../../../machines/model/configuration.ts'
import { freePort, isAlive, pidIn, until } from '../../guard/guardBench.ts'
import { AgentBench, life, words } from './agentBench.ts'

let bench: AgentBench
afterEach(() => bench.close())

const sh = (script: string): string[] => ['sh', '-c', script]
const invocation = { ...words, level: 1, timeLimitMs: 5000 }
const types = (): string[] => bench.events.map(({ type }) => type)
const probe = (target: Partial<Probe>): Probe =>
  ({ intervalMs: 20, timeoutMs: 1000, failuresMax: 2, ...target }) as Probe

test('a program is ready when it runs, and its end is told with its exit code', async () => {
  bench = new AgentBench({ command: sh('read x <$DIR/go; exit 3') }, { endpoint: 'http://n1' })
  Bun.spawnSync(['mkfifo', `${bench.directory}/go`])
  bench.agent.start(words)
  expect(bench.agent.isExpected('n1/it', 1)).toBe(true)
  expect(await bench.event('process.ready')).toEqual({ type: 'process.ready', ...life, endpoint: 'http://n1' })
  await Bun.write(`${bench.directory}/go`, '\n')
  expect(await bench.event('process.exited')).toMatchObject({
    ...life,
    detail: 'exit code 3',
    atMs: expect.any(Number),
  })
  expect(bench.agent.isExpected('n1/it', 1)).toBe(false)
})

test('a program that cannot be started is told with a code', async () => {
  bench = new AgentBench({ command: ['no-such-program'] })
  bench.agent.start(words)
  expect(await bench.event('process.startFailed')).toMatchObject({ ...life, code: 'command.notFound' })
})

test('programs and hooks find their place in their environment', async () => {
  bench = new AgentBench({
    command: sh('env >$DIR/program; sleep 100'),
    hooks: { onPrimary: sh('env >$DIR/hook'), onSecondary: sh('env >$DIR/second') },
  })
  bench.agent.start(words)
  await bench.event('process.ready')
  const pid = await until(() => bench.lines('program').length > 3, 'the environment').then(() => bench.lines('program'))
  expect(pid).toContain('ROLECALL_CLUSTER=test')
  bench.agent.invoke(invocation)
  expect(await bench.event('role.done')).toEqual({ type: 'role.done', ...life, role: 'primary', token: words.token })
  for (const line of [
    'ROLECALL_NODE=n1',
    'ROLECALL_COMPONENT=n1/it',
    'ROLECALL_INCARNATION=1',
    'ROLECALL_ASSIGNMENT=service',
    'ROLECALL_ROLE=primary',
    'ROLECALL_TOKEN=3.14',
    `ROLECALL_PEERS=${JSON.stringify(words.peers)}`,
    'ROLECALL_PRIMARY=n1/it',
    'ROLECALL_PRIMARY_NODE=n1',
    'LEVEL=instance',
  ]) {
    expect(bench.lines('hook')).toContain(line)
  }
  expect(bench.lines('hook').some((line) => /^ROLECALL_PID=\d+$/.test(line))).toBe(true)
  const peers = [{ ...words.peers[0]!, role: 'primary' as const }]
  bench.agent.invoke({ ...invocation, role: 'secondary', peers })
  await until(() => types().filter((type) => type === 'role.done').length === 2, 'the second role')
  expect(bench.lines('second')).toEqual(
    expect.arrayContaining([
      'ROLECALL_PRIMARY=n2/it',
      'ROLECALL_PRIMARY_NODE=n2',
      'ROLECALL_PRIMARY_ENDPOINT=http://n2',
    ]),
  )
})

test('hooks run one at a time and in order; the words on peers are only the latest', async () => {
  const note = (name: string): string[] =>
    sh(`echo ${name} begin $ROLECALL_TOKEN >>$DIR/log; sleep 0.05; echo ${name} end >>$DIR/log`)
  bench = new AgentBench({
    hooks: { onSecondary: note('secondary'), onPrimary: note('primary'), onPeers: note('peers') },
  })
  const at = (index: number) => ({ token: { epoch: 1, index } })
  bench.agent.invoke({ ...invocation, role: 'secondary', ...at(1) })
  bench.agent.introduce({ ...words, ...at(2) })
  bench.agent.introduce({ ...words, ...at(3) })
  bench.agent.invoke({ ...invocation, ...at(4) })
  await until(() => types().length === 2, 'both roles')
  const log = [
    'secondary begin 1.1',
    'secondary end',
    'peers begin 1.3',
    'peers end',
    'primary begin 1.4',
    'primary end',
  ]
  expect(bench.lines('log')).toEqual(log)
})

test('a hook that fails, or takes too long, fails the role; the latter is killed with its children', async () => {
  bench = new AgentBench({
    hooks: { onPrimary: sh('exit 7'), onSecondary: sh('sh -c "echo \\$\\$ >$DIR/child; sleep 100" & sleep 100') },
  })
  bench.agent.invoke(invocation)
  expect(await bench.event('role.failed')).toMatchObject({
    role: 'primary',
    code: 'role.failed',
    detail: 'onPrimary: exit code 7',
  })
  bench.events.length = 0
  bench.agent.invoke({ ...invocation, role: 'secondary', timeLimitMs: 300 })
  const child = await pidIn(`${bench.directory}/child`)
  expect(await bench.event('role.failed')).toMatchObject({ role: 'secondary', code: 'role.timedOut' })
  expect(isAlive(child)).toBe(false)
})

test('without a hook for the role it is done at once, but never within the order', async () => {
  bench = new AgentBench({})
  bench.agent.invoke(invocation)
  expect(bench.events).toEqual([])
  await bench.event('role.done')
})

test('stop: first the hook, then the signal, then the kill, all within its time', async () => {
  bench = new AgentBench({
    command: sh('trap "echo signal >>$DIR/log" TERM; echo ready >>$DIR/log; while :; do sleep 0.02; done'),
    hooks: { onOffline: sh('echo hook $ROLECALL_ROLE >>$DIR/log') },
  })
  bench.agent.start(words)
  await until(() => bench.lines('log').length === 1, 'the program')
  bench.agent.stop({ ...life, timeoutMs: 500 })
  expect(await bench.event('process.exited')).toMatchObject({ detail: 'signal SIGKILL' })
  expect(bench.lines('log')).toEqual(['ready', 'hook offline', 'signal'])
})

test('stop with no time kills at once, and so does a sooner stop after a later one', async () => {
  bench = new AgentBench({
    command: sh('trap "" TERM; while :; do sleep 0.1; done'),
    hooks: { onOffline: sh('sleep 100') },
  })
  bench.agent.start(words)
  await bench.event('process.ready')
  bench.agent.stop({ ...life, timeoutMs: 100_000 })
  bench.agent.stop({ ...life, timeoutMs: 0 })
  expect(await bench.event('process.exited')).toMatchObject({ detail: 'signal SIGKILL' })
})

test('a stop of what is not running is answered as exited', async () => {
  bench = new AgentBench({})
  bench.agent.stop({ ...life, incarnation: 5, timeoutMs: 0 })
  expect(await bench.event('process.exited')).toMatchObject({ incarnation: 5 })
})

test('a hook that is under way when its program ends is gone before the exit is told', async () => {
  bench = new AgentBench({
    command: sh('echo $$ >$DIR/program; exec sleep 100'),
    hooks: { onPrimary: sh('echo $$ >$DIR/hook; exec sleep 100') },
  })
  bench.agent.start(words)
  await bench.event('process.ready')
  bench.agent.invoke(invocation)
  const [hook, program] = [await pidIn(`${bench.directory}/hook`), await pidIn(`${bench.directory}/program`)]
  process.kill(program, 'SIGKILL')
  await bench.event('process.exited')
  expect(isAlive(hook)).toBe(false)
  expect(types()).toEqual(['process.ready', 'process.exited'])
})

test('with a probe, a program is ready when the first has passed, and has failed after so many in a row', async () => {
  bench = new AgentBench({ probe: probe({ kind: 'exec', command: sh('test -e $DIR/healthy') }) })
  bench.agent.start(words)
  await Bun.sleep(150)
  expect(types()).toEqual([])
  await Bun.write(`${bench.directory}/healthy`, '')
  await bench.event('process.ready')
  await Bun.file(`${bench.directory}/healthy`).delete()
  expect(await bench.event('health.failed')).toMatchObject({
    ...life,
    code: 'probe.failed',
    detail: '2 in a row, the last: exit code 1',
  })
  expect(types()).toEqual(['process.ready', 'health.failed'])
})

test('probes by HTTP and TCP', async () => {
  let status = 503
  const server = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: () => new Response('', { status }) })
  bench = new AgentBench({ probe: probe({ kind: 'http', url: `http://127.0.0.1:${server.port}/` }) })
  bench.agent.start(words)
  await Bun.sleep(100)
  expect(types()).toEqual([])
  status = 204
  await bench.event('process.ready')
  await server.stop(true)
  await bench.event('health.failed')
  await bench.close()

  const port = freePort()
  bench = new AgentBench({ probe: probe({ kind: 'tcp', host: '127.0.0.1', port }) })
  bench.agent.start(words)
  await Bun.sleep(100)
  expect(types()).toEqual([])
  const listener = Bun.listen({ hostname: '127.0.0.1', port, socket: { data() {} } })
  await bench.event('process.ready')
  listener.stop(true)
  await bench.event('health.failed')
})

test('a program that is not ready in time is killed', async () => {
  bench = new AgentBench({ startTimeoutMs: 200, probe: probe({ kind: 'exec', command: ['false'] }) })
  bench.agent.start(words)
  await bench.event('process.exited')
  expect(bench.events).toMatchObject([
    { type: 'process.startFailed', code: 'start.timedOut' },
    { type: 'process.exited' },
  ])
})

test('an aware program is ready when it registers, and is told its role over the SDK', async () => {
  bench = new AgentBench(
    { aware: true, standby: 'hot', command: sh('echo $ROLECALL_SOCKET >$DIR/socket; sleep 100') },
    { endpoint: 'http://n1' },
  )
  bench.agent.start(words)
  await until(() => bench.lines('socket').length, 'the program')
  expect(bench.lines('socket')).toEqual([`${bench.directory}/n1/sdk.sock`])
  expect(types()).toEqual([])
  bench.sdk.onRegistered({ ...life, endpoint: 'http://own', release: null, properties: {} })
  expect(await bench.event('process.ready')).toMatchObject({ endpoint: 'http://own' })
  bench.agent.invoke(invocation)
  bench.agent.introduce(words)
  expect(bench.told).toEqual([
    ['invoke', invocation],
    ['introduce', words],
  ])
  bench.sdk.onRoleDone({ ...life, role: 'primary', token: words.token })
  bench.sdk.onErrorReport({ ...life, code: 'disk.full', detail: 'no room' })
  expect(bench.events.slice(1)).toMatchObject([{ type: 'role.done' }, { type: 'health.failed', code: 'disk.full' }])
})

test('an aware program that does not stop on request gets the signal; one that loses its connection has failed', async () => {
  bench = new AgentBench({ aware: true, standby: 'hot', startTimeoutMs: 1000 }, { takesStop: true })
  bench.agent.start(words)
  bench.sdk.onRegistered({ ...life, endpoint: null, release: null, properties: {} })
  bench.sdk.onDisconnected(life)
  bench.sdk.onRegistered({ ...life, endpoint: null, release: null, properties: {} })
  await Bun.sleep(1200)
  expect(types()).toEqual(['process.ready', 'process.ready'])
  bench.sdk.onDisconnected(life)
  expect(await bench.event('health.failed')).toMatchObject({ code: 'sdk.disconnected' })
  bench.agent.stop({ ...life, timeoutMs: 400 })
  expect(await bench.event('process.exited')).toMatchObject({ detail: 'signal SIGTERM' })
  expect(bench.told).toEqual([['stop', { ...life, timeLimitMs: 400 }]])
})
