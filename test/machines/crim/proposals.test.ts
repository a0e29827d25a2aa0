/** What the CRIM proposes: one decision at a time, since each is made on the strength of the one before. */
import { expect, test } from 'bun:test'
import { crim } from '../../../machines/crim.ts'
import type { Message } from '../../../src/engine/step.ts'
import { configuration } from '../../support/configuration.ts'
import { elapse, Run } from '../../support/machines.ts'

const service = (node: string, role: string) => ({
  component: `${node}/service`,
  role,
  phase: 'stopped',
  incarnation: 0,
  token: { epoch: 0, index: 0 },
  failure: null,
  isActive: false,
  endpoint: null,
})

/** A master with its first decision on the way. */
function deciding() {
  const run = new Run(crim, { self: 'n1', incarnation: 1, configuration: configuration({ nodes: ['n1', 'n2'] }) })
  const proposed: number[] = []
  const send = (event: Message): void => {
    for (const effect of run.send(event).effects)
      if (effect.type === 'repository.propose') proposed.push(effect.proposal as number)
  }
  send({ type: 'node.changed', node: 'n2', availability: 'alive', incarnation: 1, how: 'heard' })
  send({ type: 'mastership.acquired', epoch: 2, entries: [] })
  for (const node of ['n1', 'n2'])
    send({ type: 'survey.answered', node, incarnation: 1, statuses: [service(node, 'offline')] })
  return { send, proposed }
}

test('however long a decision takes, no other is proposed beside it', () => {
  const { send, proposed } = deciding()
  expect(proposed).toEqual([1])
  send(elapse('retry'))
  send({ type: 'node.changed', node: 'n2', availability: 'ended', incarnation: 1, how: 'said' })
  send(elapse('retry'))
  expect(proposed).toEqual([1])
})

test('one that was refused is made anew, after a while', () => {
  const { send, proposed } = deciding()
  send({ type: 'proposal.refused', proposal: 1, code: 'backlog' })
  expect(proposed).toEqual([1])
  send(elapse('retry'))
  expect(proposed).toEqual([1, 2])
})
