import { expect, test } from 'bun:test'
import { pictureOf } from '../../../../src/manage/console/state/story.ts'
import { record } from '../records.ts'

const line = (recordId: string, atMs: number, node: string, actor: string) => ({
  recordId,
  timeUs: atMs * 1000,
  offsetMs: atMs,
  depth: 0,
  node,
  actor,
  phase: 'other',
  text: recordId,
  isAsked: false,
})

test('lanes stand by node; causes go through what is not told, and never to what is not there', () => {
  const records = [
    record(0, 'n2 component/n2/ledger primary>offline', { id: 'a' }),
    record(2, 'n1 crim x', { id: 'hidden', cause: 'a' }),
    record(5, 'n1 crim settled>committing', { id: 'b', cause: 'hidden' }),
    record(9, 'n3 component/n3/ledger secondary>primary', { id: 'c', cause: 'b' }),
    record(10, 'n3 component/n3/ledger primary', { id: 'd', cause: 'elsewhere' }),
  ]
  const picture = pictureOf({
    records,
    lines: [
      line('a', 0, 'n2', 'component/n2/ledger'),
      line('b', 5, 'n1', 'crim'),
      line('c', 9, 'n3', 'component/n3/ledger'),
      line('d', 10, 'n3', 'component/n3/ledger'),
    ],
  })
  expect(picture.lanes.map(({ node, label }) => `${node} ${label}`)).toEqual(['n1 crim', 'n2 ledger', 'n3 ledger'])
  expect(picture.rows.map(({ lane, causeRow, gapMs }) => [lane, causeRow, gapMs])).toEqual([
    [1, null, 0],
    [0, 0, 5],
    [2, 1, 4],
    [2, null, 1],
  ])
})

test('causes in a circle end', () => {
  const records = [record(0, 'n1 crim a', { id: 'a', cause: 'b' }), record(1, 'n1 crim b', { id: 'b', cause: 'a' })]
  const { rows } = pictureOf({ records, lines: [line('a', 0, 'n1', 'crim')] })
  expect(rows[0]!.causeRow).toBeNull()
})

test('a delay that has passed follows from what its machine did before', () => {
  const records = [
    record(0, 'n1 node/n2 alive>ended', { id: 'a', event: { type: 'peer.ended' } }),
    record(1, 'n1 membership secondary', { id: 'other' }),
    record(20, 'n1 node/n2 ended', { id: 'delay', event: { type: 'xstate.after.endedGrace.node.ended' } }),
    record(21, 'n1 crim settled>committing', { id: 'b', cause: 'delay' }),
  ]
  const { rows } = pictureOf({ records, lines: [line('a', 0, 'n1', 'node/n2'), line('b', 21, 'n1', 'crim')] })
  expect(rows.map(({ causeRow }) => causeRow)).toEqual([null, 0])
})
