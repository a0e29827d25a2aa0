/** A master's question waits until this node has applied the configuration that the master plans by. */
import { expect, test } from 'bun:test'
import type { Parts } from '../../src/node/parts.ts'
import { answerSurvey, takeSurvey } from '../../src/node/survey.ts'

function make() {
  const posted: string[] = []
  const tree = { revision: 3 }
  const parts = {
    self: 'n1',
    incarnation: 1,
    statuses: new Map(),
    commandEpoch: { highest: 0 },
    openSurvey: { question: null },
    replica: { tree },
    engine: { send: (_: string, event: { type: string }) => posted.push(`self ${event.type}`) },
    post: (to: string, { epoch }: { epoch: number }) => posted.push(`${to} ${epoch}`),
  } as unknown as Parts
  const ask = (master: string, epoch: number, revision: number) =>
    takeSurvey(parts, { master, epoch, revision, cause: null })
  return { parts, tree, posted, ask }
}

test('answered at once when it has, otherwise as soon as it has, and once', () => {
  const { parts, tree, posted, ask } = make()
  ask('n2', 4, 3)
  expect(posted).toEqual(['n2 4'])
  ask('n1', 4, 3)
  expect(posted).toEqual(['n2 4', 'self survey.answered'])
  ask('n2', 4, 5)
  answerSurvey(parts)
  expect(posted.length).toBe(2)
  tree.revision = 6
  answerSurvey(parts)
  answerSurvey(parts)
  expect(posted.slice(2)).toEqual(['n2 4'])
})

test('a later master’s question takes the place of an earlier one’s, which is not answered any more', () => {
  const { parts, tree, posted, ask } = make()
  ask('n2', 4, 5)
  ask('n3', 5, 6)
  ask('n2', 4, 1)
  tree.revision = 9
  answerSurvey(parts)
  expect([posted, parts.commandEpoch.highest]).toEqual([['n3 5'], 5])
})
