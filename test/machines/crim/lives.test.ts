/** No life of a node is commanded before the log knows of it. */
import { describe, expect, test } from 'bun:test'
import type { AppliedEntry, Change } from '../../../machines/crim/context.ts'
import { crim } from '../../../machines/crim.ts'
import type { Message } from '../../../src/engine/step.ts'
import { configuration } from '../../support/configuration.ts'
import { elapse, Run } from '../../support/machines.ts'

const service = (node: string) => ({
  component: `${node}/service`,
  role: 'offline',
  phase: 'stopped',
  incarnation: 0,
  token: { epoch: 0, index: 0 },
  failure: null,
  isActive: false,
  endpoint: null,
})

const alive = (node: string, incarnation: number): Message => ({
  type: 'node.changed',
  node,
  availability: 'alive',
  incarnation,
  how: 'heard',
})
const answered = (node: string, incarnation: number): Message => ({
  type: 'survey.answered',
  node,
  incarnation,
  statuses: [service(node)],
})

/** A master of two nodes. What it proposes is applied when `decide` is called. */
function master(of: { entries: readonly AppliedEntry[] }) {
  const configured = configuration({ nodes: ['n1', 'n2'], type: { standby: 'warm' } })
  const run = new Run(crim, { self: 'n1', incarnation: 4, configuration: configured })
  let index = 1
  let proposed: readonly Change[] = []
  const commanded: unknown[] = []
  const send = (event: Message): void => {
    for (const effect of run.send(event).effects) {
      if (effect.type === 'repository.propose') proposed = effect.changes as Change[]
      if (effect.type === 'role.command') commanded.push(`${effect.component} ${effect.role}`)
    }
  }
  send(alive('n2', 14))
  send({ type: 'mastership.acquired', epoch: 2, entries: of.entries })
  const decide = () => {
    index += 1
    const entries = proposed.map((change) => ({ ...change, epoch: 2, index }))
    proposed = []
    send({ type: 'repository.applied', entries })
  }
  const lives = () =>
    Object.fromEntries(
      proposed.filter(({ key }) => key.startsWith('cluster/life/')).map(({ key, value }) => [key, value]),
    )
  /** As often as it takes until nothing is decided any more. */
  const settle = () => {
    while (proposed.length > 0) decide()
  }
  const availabilityOf = (node: string) => run.snapshot.context.nodes[node].availability
  return { send, decide, settle, lives, commanded, availabilityOf }
}

test('lives are written down when they have said what is, and commanded after that', () => {
  const { send, decide, lives, commanded } = master({ entries: [] })
  send(answered('n1', 4))
  expect(lives()).toEqual({})
  send(answered('n2', 14))
  expect(lives()).toEqual({ 'cluster/life/n1': 4, 'cluster/life/n2': 14 })
  expect(commanded).toEqual([])
  decide()
  expect(commanded).toEqual(['n1/service primary', 'n2/service spare'])
})

test('a later life is written down before it is commanded; a known one is not written again, nor an earlier one', () => {
  const known = (node: string, value: number): AppliedEntry => ({
    key: `cluster/life/${node}`,
    value,
    epoch: 1,
    index: 1,
  })
  const { send, decide, lives, commanded } = master({ entries: [known('n1', 9), known('n2', 14)] })
  send(answered('n1', 4))
  send(answered('n2', 14))
  expect(lives()).toEqual({})
  decide()
  commanded.length = 0
  send(alive('n2', 15))
  expect(lives()).toEqual({})
  send(answered('n2', 15))
  expect(lives()).toEqual({ 'cluster/life/n2': 15 })
  expect(commanded).toEqual([])
  decide()
  expect(commanded).toContain('n2/service spare')
})

describe('a node that is heard and does not answer', () => {
  const primary: AppliedEntry = {
    key: 'intent/service',
    value: { roles: { 'n2/service': { role: 'primary' } } },
    epoch: 1,
    index: 2,
  }
  const known = (life: number): AppliedEntry => ({ key: 'cluster/life/n2', value: life, epoch: 1, index: 1 })
  const askTwice = ({ send, settle }: Pick<ReturnType<typeof master>, 'send' | 'settle'>) => {
    send(answered('n1', 4))
    send(elapse('surveyTimeout'))
    settle()
    for (let count = 0; count < 2; count++) send(elapse('retry'))
    settle()
  }

  test('in a life that was never commanded has nothing: what it had before is taken over', () => {
    const { send, settle, commanded } = master({ entries: [known(13), primary] })
    askTwice({ send, settle })
    expect(commanded).toContain('n1/service primary')
    send(answered('n2', 14))
    settle()
    expect(commanded.at(-1)).toBe('n2/service spare')
  })

  test('in a life that was commanded may act: it is waited for', () => {
    const { send, settle, commanded } = master({ entries: [known(14), primary] })
    askTwice({ send, settle })
    for (let count = 0; count < 5; count++) send(elapse('retry'))
    settle()
    expect(commanded).not.toContain('n1/service primary')
  })

  test('is given time in each of its lives', () => {
    const { send, settle, commanded } = master({ entries: [known(13), primary] })
    send(answered('n1', 4))
    send(elapse('surveyTimeout'))
    settle()
    send(elapse('retry'))
    send(alive('n2', 15))
    send(elapse('retry'))
    settle()
    expect(commanded).not.toContain('n1/service primary')
  })
})

test('one that is silent, and says that it leaves, is silent; one that is heard leaves', () => {
  const { send, availabilityOf } = master({ entries: [] })
  const changed = (availability: string, incarnation = 14) =>
    send({ type: 'node.changed', node: 'n2', availability, incarnation, how: 'said' })
  changed('suspect')
  changed('unreachable')
  changed('leaving')
  expect(availabilityOf('n2')).toBe('unreachable')
  changed('alive')
  changed('leaving', 13)
  expect(availabilityOf('n2')).toBe('alive')
  changed('leaving')
  expect(availabilityOf('n2')).toBe('leaving')
})
