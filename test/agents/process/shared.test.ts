import { afterEach, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import type { ComponentId } from '../../../machines/model/ids.ts'
import type { Role } from '../../../machines/model/roles.ts'
import type { AgentEvent, RoleWords } from '../../../src/agents/agent.ts'
import { isAlive, until } from '../../guard/guardBench.ts'
import { AgentBench } from './agentBench.ts'

let bench: AgentBench
afterEach(() => bench.close())

const serves = { primaryCountMax: 4, secondaryCountMax: 4, isMixed: true }
const aware = {
  aware: true,
  serves,
  command: [process.execPath, join(import.meta.dir, '../../support/poolProgram.ts')],
}
const sh = (script: string): string[] => ['sh', '-c', script]
const placeOf = (assignment: string): ComponentId => `n1/it/${assignment}`

function words(assignment: string, role: Role, index: number, incarnation = 1): RoleWords {
  return { component: placeOf(assignment), incarnation, assignment, role, token: { epoch: 1, index }, peers: [] }
}

async function heard<Type extends AgentEvent['type']>(type: Type, assignment: string, incarnation = 1) {
  const isIt = (event: AgentEvent) =>
    event.type === type && event.component === placeOf(assignment) && event.incarnation === incarnation
  const event = await until(
    () => bench.events.find(isIt) ?? null,
    () => `${type} of ${assignment}; saw ${JSON.stringify(bench.events)}`,
  )
  bench.events.splice(bench.events.indexOf(event), 1)
  return event as Extract<AgentEvent, { type: Type }>
}

async function take(assignment: string, role: Role, index: number, incarnation = 1): Promise<void> {
  bench.agent.invoke({ ...words(assignment, role, index, incarnation), level: 1, timeLimitMs: 5000 })
  expect(await heard('role.done', assignment, incarnation)).toMatchObject({ role })
}

/** One process, primary of web1 and secondary of web2. */
async function mixed(type: ConstructorParameters<typeof AgentBench>[0], hasSdk = true): Promise<void> {
  bench = new AgentBench(type, { hasSdk })
  bench.agent.start(words('web1', 'primary', 1))
  bench.agent.start(words('web2', 'secondary', 1, 7))
  await heard('process.ready', 'web1')
  await heard('process.ready', 'web2', 7)
  await take('web1', 'primary', 1)
  await take('web2', 'secondary', 1, 7)
}

const pidOf = (): number => Number(bench.lines('pool.log')[0]!.split(' ').at(-1))

describe('an aware program with two assignments', () => {
  test('is one process, primary of one and secondary of the other, promoted for one while the other stays', async () => {
    await mixed(aware)
    expect(bench.lines('pool.log')).toEqual([
      expect.stringMatching(/^started n1\/it \d+$/),
      'primary web1 1.1',
      'secondary web2 1.1',
    ])
    await take('web2', 'primary', 2, 7)
    expect(bench.lines('pool.log').at(-1)).toBe('primary web2 1.2')
    bench.agent.introduce({
      ...words('web2', 'primary', 2, 7),
      peers: [
        { component: 'n2/it/web2', node: 'n2', role: 'secondary', endpoint: null, token: { epoch: 1, index: 3 } },
      ],
    })
    await until(() => bench.lines('pool.log').includes('peers web2 n2/it/web2 secondary'), 'the peers')
  })

  test('that is killed has ended for both, and is started anew by one', async () => {
    await mixed(aware)
    process.kill(pidOf(), 'SIGKILL')
    expect(await heard('process.exited', 'web1')).toMatchObject({ detail: 'signal SIGKILL' })
    expect(await heard('process.exited', 'web2', 7)).toMatchObject({ detail: 'signal SIGKILL' })
    bench.agent.start(words('web2', 'primary', 2, 8))
    await heard('process.ready', 'web2', 8)
    await take('web2', 'primary', 2, 8)
    expect(bench.lines('pool.log').filter((line) => line.startsWith('started'))).toHaveLength(2)
  })

  test('leaves one assignment and goes on with the other', async () => {
    await mixed(aware)
    bench.agent.stop({ component: placeOf('web1'), incarnation: 1, timeoutMs: 5000 })
    expect(await heard('process.exited', 'web1')).toMatchObject({ detail: 'it has left its process to others' })
    expect(bench.lines('pool.log').at(-1)).toBe('offline web1 1.1')
    await take('web2', 'primary', 2, 7)
    expect(isAlive(pidOf())).toBe(true)
    bench.agent.stop({ component: placeOf('web2'), incarnation: 7, timeoutMs: 5000 })
    expect(await heard('process.exited', 'web2', 7)).toMatchObject({ detail: 'exit code 0' })
    expect(bench.lines('pool.log').at(-1)).toBe('stop')
  })

  test('that stands still is ended within the time that the stop of its primary gives', async () => {
    await mixed(aware)
    process.kill(pidOf(), 'SIGSTOP')
    bench.agent.stop({ component: placeOf('web1'), incarnation: 1, timeoutMs: 600 })
    expect(await heard('process.exited', 'web1')).toMatchObject({ detail: 'signal SIGKILL' })
    expect(await heard('process.exited', 'web2', 7)).toMatchObject({
      detail: 'signal SIGKILL, when n1/it/web1 was stopped',
    })
    expect(isAlive(pidOf())).toBe(false)
  })

  test('the guard is told of the process, not of places', async () => {
    await mixed(aware)
    const [one, other] = [placeOf('web1'), placeOf('web2')]
    bench.agent.setActive({ component: one, incarnation: 1, isActive: true })
    bench.agent.setActive({ component: other, incarnation: 7, isActive: true })
    bench.agent.setActive({ component: one, incarnation: 1, isActive: false })
    bench.agent.setActive({ component: other, incarnation: 7, isActive: false })
    // Of the life that the later of the two machines counts.
    const life = { component: 'n1/it', incarnation: 1 }
    expect(bench.activity).toEqual([
      { ...life, isActive: true },
      { ...life, isActive: false },
    ])
  })
})

describe('an unaware program with two assignments', () => {
  const hook = sh('echo $ROLECALL_COMPONENT $ROLECALL_ASSIGNMENT $ROLECALL_ROLE $ROLECALL_PRIMARY >>$DIR/hooks')
  const hooks = { onPrimary: hook, onSecondary: hook, onOffline: hook }

  test('is told by hooks, each with its assignment, and each is told the end', async () => {
    await mixed({ serves, hooks, command: sh('env >$DIR/environment; sleep 100') }, false)
    expect(bench.lines('environment').filter((line) => /^ROLECALL_(ROLE|ASSIGNMENT|TOKEN)=/.test(line))).toEqual([])
    expect(bench.lines('hooks')).toEqual(['n1/it web1 primary n1/it/web1', 'n1/it web2 secondary'])
    bench.agent.stop({ component: placeOf('web2'), incarnation: 7, timeoutMs: 5000 })
    await heard('process.exited', 'web2', 7)
    bench.agent.start(words('web3', 'secondary', 1))
    await heard('process.ready', 'web3')
    await take('web3', 'secondary', 1)
    bench.agent.stop({ component: placeOf('web3'), incarnation: 1, timeoutMs: 0 })
    await heard('process.exited', 'web1')
    expect(bench.lines('hooks').slice(2)).toEqual(['n1/it web2 offline', 'n1/it web3 secondary'])
  })

  test('that has nothing to be told by ends as a whole when one that may act stops', async () => {
    await mixed({ serves, command: ['sleep', '100'] }, false)
    bench.agent.stop({ component: placeOf('web2'), incarnation: 7, timeoutMs: 5000 })
    expect(await heard('process.exited', 'web2', 7)).toMatchObject({ detail: 'it has left its process to others' })
    bench.agent.start(words('web3', 'secondary', 1))
    bench.agent.stop({ component: placeOf('web1'), incarnation: 1, timeoutMs: 5000 })
    expect(await heard('process.exited', 'web1')).toMatchObject({ detail: 'signal SIGTERM' })
    expect(await heard('process.exited', 'web3')).toMatchObject({
      detail: 'signal SIGTERM, when n1/it/web1 was stopped',
    })
  })
})
