import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import type { Role } from '../../../machines/model/roles.ts'
import type { AgentEvent } from '../../../src/agents/agent.ts'
import { until } from '../../guard/guardBench.ts'
import { AgentBench, life, words } from './agentBench.ts'

let bench: AgentBench
beforeEach(() => {
  const program = join(import.meta.dir, '../../support/poolProgram.ts')
  bench = new AgentBench({ aware: true, selfDetermining: true, command: [process.execPath, program] }, { hasSdk: true })
})
afterEach(() => bench.close())

const card = { component: 'n1/card', incarnation: 4 } as const
const cardWords = (role: Role, index: number) => ({
  ...words,
  ...card,
  assignment: 'line',
  role,
  token: { epoch: 1, index },
})

async function ofCard<Type extends AgentEvent['type']>(type: Type) {
  const event = await until(
    () => bench.events.find((each) => each.type === type && each.component === card.component) ?? null,
    () => `${type}; saw ${JSON.stringify(bench.events)}`,
  )
  bench.events.splice(bench.events.indexOf(event), 1)
  return event as Extract<AgentEvent, { type: Type }>
}

/** The proxy runs, and the card is primary. */
async function served(): Promise<void> {
  bench.agent.start(words)
  await bench.event('process.ready')
  bench.agent.start(cardWords('primary', 2))
  expect(await ofCard('process.ready')).toEqual({ type: 'process.ready', ...card, endpoint: 'card:1' })
  bench.agent.invoke({ ...cardWords('primary', 2), level: 1, timeLimitMs: 5000 })
  expect(await ofCard('role.done')).toMatchObject({ ...card, role: 'primary' })
}

/** Without what it says of itself at the start. */
const log = (): string[] => bench.lines('pool.log').filter((line) => !/^(started|assignment) /.test(line))

describe('a component for which a proxy speaks', () => {
  test('has no process: what it is told goes to the program of its proxy', async () => {
    await served()
    bench.agent.introduce(cardWords('primary', 2))
    await until(() => log().length === 3, 'the peers')
    expect(log()).toEqual(['speaks for n1/card', 'primary n1/card 1.2', 'peers line n2/it secondary'])
    expect(
      await bench.agent.run({ kind: 'reset', component: 'n1/card', incarnation: 4, timeLimitMs: 100 }),
    ).toMatchObject({
      code: 'unsupported',
    })
  })

  test('ends when the proxy has it offline, and begins again', async () => {
    await served()
    bench.agent.stop({ ...card, timeoutMs: 5000 })
    expect(await ofCard('process.exited')).toMatchObject({ ...card, detail: 'its proxy has it offline' })
    expect(log().at(-1)).toBe('offline n1/card 1.2')
    bench.agent.start({ ...cardWords('spare', 3), incarnation: 5 })
    expect(await ofCard('process.ready')).toMatchObject({ incarnation: 5 })
  })

  test('has failed, or ended, when the proxy says so', async () => {
    await served()
    await Bun.write(`${bench.directory}/say`, '{"component":"n1/card","state":"failed","code":"laser.off"}')
    expect(await ofCard('health.failed')).toMatchObject({ ...card, code: 'laser.off' })
    await Bun.write(`${bench.directory}/say`, '{"component":"n1/card","state":"ended","detail":"pulled"}')
    expect(await ofCard('process.exited')).toMatchObject({ ...card, detail: 'pulled' })
  })

  test('fails with its proxy, and counts as ended then', async () => {
    await served()
    process.kill(Number(bench.lines('pool.log')[0]!.split(' ').at(-1)), 'SIGKILL')
    expect(await ofCard('health.failed')).toMatchObject({ ...card, code: 'proxy.lost' })
    bench.agent.stop({ ...card, timeoutMs: 0 })
    expect(await ofCard('process.exited')).toMatchObject(card)
    await bench.event('process.exited')
    bench.agent.start({ ...cardWords('primary', 3), incarnation: 5 })
    expect(await ofCard('process.startFailed')).toMatchObject({ incarnation: 5, code: 'proxy.lost' })
  })

  test('that is not offline in time has failed to stop, until the proxy says that it has ended', async () => {
    await served()
    const pid = Number(bench.lines('pool.log')[0]!.split(' ').at(-1))
    process.kill(pid, 'SIGSTOP')
    bench.agent.stop({ ...card, timeoutMs: 100 })
    expect(await ofCard('process.stopFailed')).toMatchObject(card)
    process.kill(pid, 'SIGCONT')
    await Bun.write(`${bench.directory}/say`, '{"component":"n1/card","state":"ended"}')
    expect(await ofCard('process.exited')).toMatchObject(card)
  })

  test('makes its proxy active for the guard, as long as it is', async () => {
    await served()
    bench.agent.setActive({ ...card, isActive: true })
    bench.agent.setActive({ ...life, isActive: true })
    bench.agent.setActive({ ...life, isActive: false })
    bench.agent.setActive({ ...card, isActive: false })
    expect(bench.activity).toEqual([true, true, true, false].map((isActive) => ({ ...life, isActive })))
  })
})

test('what a program says of its load and of the role that it has picked is passed on', async () => {
  bench.agent.start(words)
  await bench.event('process.ready')
  await Bun.write(`${bench.directory}/say`, '{"percent":70}')
  expect(await bench.event('load.changed')).toEqual({ type: 'load.changed', ...life, loadPercent: 70 })
  await Bun.write(`${bench.directory}/say`, '{"assignment":"service","role":"secondary"}')
  expect(await bench.event('role.announced')).toEqual({ type: 'role.announced', ...life, role: 'secondary' })
})
