/** What becomes of a node that recovery fells. */
import { expect, test } from 'bun:test'
import { exitCodes } from '../../src/guard/exitCodes.ts'
import { fell, restartNode } from '../../src/node/felling.ts'
import type { Parts } from '../../src/node/parts.ts'

function node({ self = 'n1', isLeaseValid = true, hasFencing = true } = {}) {
  const exits: number[] = []
  const sent: string[] = []
  const parts = {
    self,
    incarnation: 3,
    commandEpoch: { highest: 5 },
    sight: { isLeaderLeaseValid: () => isLeaseValid },
    exit: (code: number) => exits.push(code),
    post: (to: string, { type }: { type: string }) => sent.push(`${type} to ${to}`) > 0,
    engine: {
      has: () => hasFencing,
      send: (actor: string, { type }: { type: string }) => sent.push(`${type} to ${actor}`),
    },
    operations: { answered: (id: string) => sent.push(`answered ${id}`) },
  } as unknown as Parts
  return { parts, exits, sent }
}

const cause = { node: 'n1', incarnation: 1, sequence: 1 }
const order = { type: 'node.restart', node: 'n2', incarnation: 3, reason: 'n2/service failed', epoch: 5 } as const

test('the master tells the node, or itself; without its lease nobody', () => {
  const { parts, sent, exits } = node()
  fell(parts, order, cause)
  expect([sent, exits]).toEqual([['node.restart to n2'], []])
  fell(parts, { ...order, node: 'n1' }, cause)
  expect(exits).toEqual([exitCodes.felled])
  const lost = node({ isLeaseValid: false })
  fell(lost.parts, order, cause)
  expect(lost.sent).toEqual([])
})

test('one with an agent is fenced as if an operator had ordered it; nobody waits for the answer', () => {
  const { parts, sent } = node()
  fell(parts, { type: 'fence.order', node: 'n2', reason: 'n2/service does not stop' }, cause)
  expect(sent).toEqual(['fence.run to fencing/n2'])
})

test('the node ends, unless the order is for an earlier life, or of an earlier master', () => {
  const { parts, exits } = node()
  restartNode(parts, { ...order, incarnation: 2 })
  restartNode(parts, { ...order, epoch: 4 })
  expect(exits).toEqual([])
  restartNode(parts, order)
  expect(exits).toEqual([exitCodes.felled])
})
