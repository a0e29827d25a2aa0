import { afterEach, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { until } from '../../guard/guardBench.ts'
import { AgentBench, life, words } from './agentBench.ts'

let bench: AgentBench
afterEach(() => bench.close())

const sh = (script: string): string[] => ['sh', '-c', script]
const aware = { aware: true, command: [process.execPath, join(import.meta.dir, '../../support/poolProgram.ts')] }
const reset = { kind: 'reset', component: 'n1/it', incarnation: 7, timeLimitMs: 5000 } as const
const selfTest = { kind: 'selfTest', component: 'n1/it', incarnation: 7, timeLimitMs: 10_000 } as const

describe('a soft reset', () => {
  test('is done by a program that is aware, while it runs', async () => {
    bench = new AgentBench(aware, { hasSdk: true })
    expect(await bench.agent.run(reset)).toMatchObject({ code: 'reset.notRunning' })
    bench.agent.start(words)
    await bench.event('process.ready')
    expect(await bench.agent.run(reset)).toBeNull()
    expect(bench.lines('pool.log').at(-1)).toBe('reset')
  })

  test('of one that is not aware is its hook', async () => {
    bench = new AgentBench({ hooks: { onReset: sh('echo $ROLECALL_COMPONENT $ROLECALL_PID >>$DIR/hook; exit $CODE') } })
    bench.agent.start(words)
    await bench.event('process.ready')
    expect(await bench.agent.run(reset)).toBeNull()
    expect(bench.lines('hook')).toEqual([expect.stringMatching(/^n1\/it \d+$/)])
  })

  test('fails with the hook, in its time, and with the end of its program; and where there is none', async () => {
    bench = new AgentBench({ hooks: { onReset: sh('test -e $DIR/slow && sleep 100; exit 3') } })
    bench.agent.start(words)
    await bench.event('process.ready')
    expect(await bench.agent.run(reset)).toEqual({ code: 'reset.failed', detail: 'onReset: exit code 3' })
    await Bun.write(`${bench.directory}/slow`, '')
    expect(await bench.agent.run({ ...reset, timeLimitMs: 100 })).toMatchObject({ code: 'reset.timedOut' })
    const running = bench.agent.run(reset)
    bench.agent.stop({ ...life, timeoutMs: 0 })
    expect(await running).toMatchObject({ code: 'reset.notRunning' })
    await bench.close()
    bench = new AgentBench({})
    bench.agent.start(words)
    await bench.event('process.ready')
    expect(await bench.agent.run(reset)).toMatchObject({ code: 'unsupported' })
  })

  test('has a probe that failed asked again', async () => {
    const probe = { kind: 'exec', command: sh('echo asked >>$DIR/asked; test -e $DIR/well') } as const
    bench = new AgentBench({
      probe: { ...probe, intervalMs: 20, timeoutMs: 1000, failuresMax: 1 },
      hooks: { onReset: sh('touch $DIR/well') },
    })
    await Bun.write(`${bench.directory}/well`, '')
    bench.agent.start(words)
    await bench.event('process.ready')
    Bun.spawnSync(['rm', `${bench.directory}/well`])
    await bench.event('health.failed')
    expect(await bench.agent.run(reset)).toBeNull()
    const askedCount = bench.lines('asked').length
    await until(() => bench.lines('asked').length > askedCount, 'the probe')
  })
})

describe('a self-test', () => {
  test('is the hook, without a program', async () => {
    bench = new AgentBench({ hooks: { onSelfTest: sh('env >$DIR/environment; exit $(cat $DIR/code)') } })
    await Bun.write(`${bench.directory}/code`, '0')
    expect(await bench.agent.run(selfTest)).toBeNull()
    expect(bench.lines('environment')).toContain('ROLECALL_COMPONENT=n1/it')
    // The last life once more: none that a machine will count.
    expect(bench.lines('environment')).toContain('ROLECALL_INCARNATION=7')
    await Bun.write(`${bench.directory}/code`, '4')
    expect(await bench.agent.run(selfTest)).toEqual({ code: 'selfTest.failed', detail: 'onSelfTest: exit code 4' })
    expect(bench.events).toEqual([])
  })

  test('of a program that is aware starts it, asks it, and ends it; nobody hears of that life', async () => {
    bench = new AgentBench(aware, { hasSdk: true })
    expect(await bench.agent.run(selfTest)).toBeNull()
    expect(bench.lines('pool.log').slice(1)).toEqual(['self-test', 'stop'])
    await Bun.write(`${bench.directory}/faulty`, '')
    expect(await bench.agent.run(selfTest)).toEqual({ code: 'disk.bad', detail: 'sector 7' })
    expect(bench.events).toEqual([])
    bench.agent.start(words)
    await bench.event('process.ready')
    expect(await bench.agent.run(selfTest)).toMatchObject({ code: 'selfTest.notOffline' })
  })

  test('of a program that does not start, or ends, has failed', async () => {
    bench = new AgentBench({ aware: true, command: sh('exit 5') }, { hasSdk: true })
    expect(await bench.agent.run(selfTest)).toEqual({ code: 'process.exited', detail: 'exit code 5' })
    await bench.close()
    bench = new AgentBench({ aware: true, command: ['sleep', '100'], startTimeoutMs: 100 }, { hasSdk: true })
    expect(await bench.agent.run(selfTest)).toMatchObject({ code: 'start.timedOut' })
    await bench.close()
    bench = new AgentBench({})
    expect(await bench.agent.run(selfTest)).toMatchObject({ code: 'unsupported' })
  })

  test('gives way to a start, which waits until nothing of it is left', async () => {
    bench = new AgentBench({
      command: sh('echo start >>$DIR/log; sleep 100'),
      hooks: { onSelfTest: sh('trap "echo end >>$DIR/log" EXIT; echo test >>$DIR/log; sleep 100') },
    })
    const tested = bench.agent.run(selfTest)
    await until(() => bench.lines('log').includes('test'), 'the test')
    bench.agent.start(words)
    expect(await tested).toMatchObject({ code: 'selfTest.interrupted' })
    await bench.event('process.ready')
    await until(() => bench.lines('log').includes('start'), 'the program')
    expect(bench.lines('log')).toEqual(['test', 'start'])
  })

  test('of a start that is not wanted any more begins nothing', async () => {
    bench = new AgentBench({ hooks: { onSelfTest: sh('echo test >>$DIR/log; sleep 100') } })
    const tested = bench.agent.run(selfTest)
    await until(() => bench.lines('log').includes('test'), 'the test')
    bench.agent.start(words)
    bench.agent.stop({ ...life, timeoutMs: 0 })
    expect(await tested).toMatchObject({ code: 'selfTest.interrupted' })
    expect(await bench.event('process.exited')).toMatchObject({ detail: 'it was not running' })
    expect(bench.agent.isExpected('n1/it', 1)).toBe(false)
  })
})
