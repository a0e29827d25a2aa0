import { expect, test } from 'bun:test'
import { CcrMaster } from '../../src/repository/ccrMaster.ts'
import { Tree } from '../../src/repository/tree.ts'
import type { CcrAnswer, CcrAsk } from '../../src/wire/messages/ccr.ts'
import { DriftingWorld } from '../support/driftingWorld.ts'

/** A master whose log decides when the test says so. */
function begin() {
  const world = new DriftingWorld(1)
  const tree = new Tree()
  const state = { isLeader: true, epoch: 3, commitIndex: 7, lastIndex: 7, isLeaseValid: true }
  const proposed: { index: number; epoch: number }[] = []
  const size = { keyCount: 0, sizeBytes: 0 }
  const master = new CcrMaster({
    clock: world.clock(),
    isLeaderLeaseValid: () => state.isLeaseValid,
    replica: {
      tree: new Proxy(tree, {
        get: (target, name) => (name in size ? size[name as 'keyCount'] : target.get.bind(target)),
      }),
      leader: 'n1',
      get isLeader() {
        return state.isLeader
      },
      get epoch() {
        return state.epoch
      },
      get commitIndex() {
        return state.commitIndex
      },
      propose() {
        state.lastIndex += 1
        proposed.push({ index: state.lastIndex, epoch: state.epoch })
        return { ok: true, index: state.lastIndex, epoch: state.epoch }
      },
    },
  })
  const ask = (question: CcrAsk) => {
    const answers: CcrAnswer[] = []
    master.answer(question, (answer) => answers.push(answer))
    return answers
  }
  const set = (key: string, value: unknown) => ask({ kind: 'transact', conditions: [], changes: [{ key, value }] })
  const apply = (index: number, epoch = state.epoch) =>
    master.applied({ index, epoch, command: { type: 'noop' } }, { isApplied: true, changed: [], conflicts: [] })
  return { world, state, size, ask, set, apply, proposed }
}

const read: CcrAsk = { kind: 'read' }
const notLeader = { ok: false, code: 'not-leader' }

test('a read index only under the lease, after the no-op of the epoch, while it leads', () => {
  const { ask, apply, state } = begin()
  apply(6, 2)
  expect(ask(read)).toMatchObject([notLeader])
  apply(7)
  expect(ask(read)).toEqual([{ ok: true, index: 7 }])
  state.isLeaseValid = false
  expect(ask(read)).toMatchObject([notLeader])
  state.isLeaseValid = true
  state.isLeader = false
  expect(ask(read)).toMatchObject([notLeader])
})

test('nothing is proposed before the no-op of the epoch is applied', () => {
  const { set, apply, proposed } = begin()
  expect(set('a', 1)).toMatchObject([notLeader])
  apply(7)
  expect(set('a', 1)).toEqual([])
  expect(proposed).toEqual([{ index: 8, epoch: 3 }])
})

test('done when the entry is applied; in vain when another is there; unknown when it was passed over, or takes too long', () => {
  const { set, apply, state, world } = begin()
  apply(7)
  const [done, vain] = [set('a', 1), set('a', 2)]
  apply(8)
  expect([done, vain]).toEqual([[{ ok: true, index: 8 }], []])
  apply(9, 4)
  expect(vain).toMatchObject([notLeader])
  state.epoch = 4
  const passed = set('a', 3)
  apply(20)
  expect(passed).toMatchObject([{ code: 'indeterminate' }])
  state.lastIndex = 20
  const slow = set('a', 4)
  world.run(60_000)
  expect(slow).toMatchObject([{ code: 'indeterminate' }])
  apply(21)
  expect(slow).toHaveLength(1)
})

test('512 at once; more are overloaded', () => {
  const { set, apply } = begin()
  apply(7)
  const answers = Array.from({ length: 513 }, (_, at) => set(`k${at}`, at))
  expect(answers.flat()).toMatchObject([{ code: 'overloaded' }])
  apply(8)
  expect(set('a', 1)).toEqual([])
})

test('a full repository takes nothing more, counting what is under way; but it can be emptied', () => {
  const { set, apply, size } = begin()
  apply(7)
  size.keyCount = 99_999
  expect(set('a', 1)).toEqual([])
  expect(set('b', 1)).toMatchObject([{ code: 'quota' }])
  expect(set('c', null)).toEqual([])
  apply(8)
  expect(set('d', 1)).toEqual([])
  size.sizeBytes = 64 * 1024 * 1024
  expect(set('e', 1)).toMatchObject([{ code: 'quota' }])
})
