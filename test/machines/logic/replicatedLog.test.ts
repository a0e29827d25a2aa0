/** The classic cases of Raft, after those of etcd's library and of the dissertation (Ongaro, 2014). */
import { expect, test } from 'bun:test'
import { considerAppend, isBound, proposalBar, uncommittedCountMax } from '../../../machines/logic/replicatedLog.ts'
import { dedent } from '../../support/machines.ts'
import { bound, diskOf, Voters } from './replicatedLog/voters.ts'

function expectLines(voters: Voters, expected: string): void {
  expect(voters.lines.splice(0).join('\n')).toBe(dedent(expected))
}

test('an election, the no-op of its epoch, and a proposal', () => {
  const voters = new Voters({ n1: [], n2: [], n3: [] })
  voters.campaign('n1', { isPre: true })
  voters.deliverAll()
  voters.campaign('n1')
  voters.deliverAll()
  expectLines(
    voters,
    `
    n1 > n2 would you vote for me in e1? my log ends at 0.0
    n1 > n3 would you vote for me in e1? my log ends at 0.0
    n2 > n1 pre-vote e1: yes
    n3 > n1 pre-vote e1: yes
    n1 > n2 vote for me in e1? my log ends at 0.0
    n1 > n3 vote for me in e1? my log ends at 0.0
    n2 > n1 vote e1: yes
    n3 > n1 vote e1: yes
    `,
  )
  voters.claim('n1')
  voters.deliverAll()
  expectLines(
    voters,
    `
    n1 > n2 append e1 after 0.0: 1.1 noop (committed 0)
    n1 > n3 append e1 after 0.0: 1.1 noop (committed 0)
    n2 > n1 has 1 (committed 0)
    n3 > n1 has 1 (committed 0)
    n1 > n2 append e1 after 1.1: - (committed 1)
    n1 > n3 append e1 after 1.1: - (committed 1)
    n2 > n1 has 1 (committed 1)
    n3 > n1 has 1 (committed 1)
    `,
  )
  voters.propose('n1')
  voters.deliverAll()
  expectLines(
    voters,
    `
    n1 > n2 append e1 after 1.1: 1.2 set (committed 1)
    n1 > n3 append e1 after 1.1: 1.2 set (committed 1)
    n2 > n1 has 2 (committed 1)
    n3 > n1 has 2 (committed 1)
    n1 > n2 append e1 after 1.2: - (committed 2)
    n1 > n3 append e1 after 1.2: - (committed 2)
    n2 > n1 has 2 (committed 2)
    n3 > n1 has 2 (committed 2)
    `,
  )
  expect(voters.state('n1').commitIndex).toBe(2)
})

test('a log that lacks entries, and one that has others, become the leader’s: one round trip for each epoch at most', () => {
  const voters = new Voters({
    n1: [1, 1, 1, 4, 4, 5, 5, 6, 6],
    n2: [1, 1, 1, 4, 4],
    n3: [1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3],
  })
  voters.elect('n1')
  voters.deliverAll()
  expectLines(
    voters,
    `
    n2 > n1 lacks 9, perhaps agrees at 4.5
    n3 > n1 lacks 9, perhaps agrees at 3.8
    n1 > n2 append e7 after 4.5: 5.6 noop, 5.7 noop, 6.8 noop, 6.9 noop, 7.10 noop (committed 0)
    n1 > n3 append e7 after 1.3: 4.4 noop, 4.5 noop, 5.6 noop, 5.7 noop, 6.8 noop, 6.9 noop, 7.10 noop (committed 0)
    n2 > n1 has 10 (committed 0)
    n3 > n1 has 10 (committed 0)
    n1 > n2 append e7 after 7.10: - (committed 10)
    n1 > n3 append e7 after 7.10: - (committed 10)
    n2 > n1 has 10 (committed 10)
    n3 > n1 has 10 (committed 10)
    `,
  )
  expect(voters.log('n2')).toEqual([1, 1, 1, 4, 4, 5, 5, 6, 6, 7])
  expect(voters.log('n3')).toEqual([1, 1, 1, 4, 4, 5, 5, 6, 6, 7])
})

test('an entry of an earlier epoch is not committed by counting, however many have it (Raft, figure 8)', () => {
  const voters = new Voters({ n1: [1, 2], n2: [1, 2], n3: [1] })
  voters.elect('n1')
  // Only that everybody has the entry of epoch 2 becomes known; the no-op of epoch 3 is lost on its way.
  voters.deliverAll(({ message }) => message.type !== 'append.request')
  for (const from of ['n2', 'n3']) {
    voters.deliver({
      from,
      to: 'n1',
      message: { type: 'append.reply', epoch: 3, index: 2, hint: null, commitIndex: 0 },
    })
  }
  expect(voters.state('n1').commitIndex).toBe(0)
  voters.letters = []
  voters.tick('n1')
  voters.tick('n1')
  voters.deliverAll()
  expect(voters.state('n1').commitIndex).toBe(3)
})

test('whose log is behind is not elected', () => {
  const voters = new Voters({ n1: [1, 1], n2: [1, 2], n3: [1, 1, 1] })
  voters.campaign('n1')
  voters.deliverAll()
  expectLines(
    voters,
    `
    n1 > n2 vote for me in e2? my log ends at 1.2
    n1 > n3 vote for me in e2? my log ends at 1.2
    n2 > n1 vote e2: log
    n3 > n1 vote e2: log
    `,
  )
})

test('a voter votes once an epoch, and again only for the same', () => {
  const voters = new Voters({ n1: [], n2: [], n3: [] })
  voters.campaign('n1')
  voters.campaign('n3')
  const [toTwo] = voters.letters
  voters.deliverAll()
  voters.deliver(toTwo!)
  expectLines(
    voters,
    `
    n1 > n2 vote for me in e1? my log ends at 0.0
    n1 > n3 vote for me in e1? my log ends at 0.0
    n3 > n1 vote for me in e1? my log ends at 0.0
    n3 > n2 vote for me in e1? my log ends at 0.0
    n2 > n1 vote e1: yes
    n3 > n1 vote e1: voted
    n1 > n3 vote e1: voted
    n2 > n3 vote e1: voted
    n2 > n1 vote e1: yes
    `,
  )
})

test('a voter that promised refuses, and does not even take the epoch: a node that was cut off disturbs nobody', () => {
  const voters = new Voters({ n1: [1], n2: [1], n3: [1] })
  voters.elect('n1')
  voters.deliverAll()
  voters.lines.length = 0
  voters.bind(['n2'], bound)
  voters.campaign('n3', { isPre: true })
  voters.deliverAll()
  expectLines(
    voters,
    `
    n3 > n1 would you vote for me in e3? my log ends at 2.2
    n3 > n2 would you vote for me in e3? my log ends at 2.2
    n1 > n3 pre-vote e3: promise
    n2 > n3 pre-vote e3: promise
    `,
  )
  voters.campaign('n3')
  voters.deliverAll()
  expectLines(
    voters,
    `
    n3 > n1 vote for me in e3? my log ends at 2.2
    n3 > n2 vote for me in e3? my log ends at 2.2
    n1 > n3 vote e3: promise
    n2 > n3 vote e3: promise
    `,
  )
  expect(voters.state('n2').epoch).toBe(2)
  expect(voters.state('n1').leader).toBe('n1')
})

test('a voter that promised votes when the leader is known to have ended, or asked for the election itself', () => {
  const voters = new Voters({ n1: [1], n2: [1], n3: [1] })
  voters.elect('n1')
  voters.deliverAll()
  const { state } = voters.of('n3')
  expect(isBound(state, bound, null)).toBe(true)
  expect(isBound(state, { ...bound, isLeaderEnded: true }, null)).toBe(false)
  expect(isBound(state, bound, { leader: 'n1', epoch: 2 })).toBe(false)
  expect(isBound(state, bound, { leader: 'n2', epoch: 2 })).toBe(true)
  expect(isBound(state, bound, { leader: 'n1', epoch: 1 })).toBe(true)
  voters.lines.length = 0
  voters.bind(['n2', 'n3'], bound)
  expect(voters.campaign('n2')).toBe(false)
  voters.campaign('n2', { transfer: { leader: 'n1', epoch: 2 } })
  voters.deliverAll(({ to }) => to !== 'n1')
  expectLines(
    voters,
    `
    n2 > n1 vote for me in e3? my log ends at 2.2
    n2 > n3 vote for me in e3? my log ends at 2.2
    n3 > n2 vote e3: yes
    `,
  )
  voters.claim('n2')
  expect(voters.state('n2').leader).toBe('n2')
})

test('a candidate does not count its own pre-vote before its own promise is over', () => {
  const voters = new Voters({ n1: [], n2: [], n3: [] })
  voters.bind(['n1'], bound)
  voters.campaign('n1', { isPre: true })
  voters.deliverAll(({ to }) => to !== 'n3')
  expect(voters.state('n1').ballot?.granted).toEqual(['n2'])
})

test('what is lost is sent again after a tick; a silent voter gets no more than a question', () => {
  const voters = new Voters({ n1: [], n2: [], n3: [] })
  voters.elect('n1')
  voters.deliverAll()
  voters.propose('n1')
  voters.deliverAll(({ to, from }) => to !== 'n3' && from !== 'n3')
  voters.lines.length = 0
  for (let tick = 0; tick < 4; tick += 1) voters.tick('n1')
  expectLines(
    voters,
    `
    n1 > n3 append e1 after 1.1: 1.2 set (committed 2)
    n1 > n3 append e1 after 1.1: - (committed 2)
    n1 > n3 append e1 after 1.1: - (committed 2)
    `,
  )
  voters.deliverAll()
  expectLines(
    voters,
    `
    n3 > n1 has 2 (committed 2)
    n3 > n1 has 1 (committed 2)
    n3 > n1 has 1 (committed 2)
    `,
  )
})

test('a voter that lost its log is given all of it again', () => {
  const voters = new Voters({ n1: [1, 1, 1], n2: [1, 1, 1], n3: [1, 1, 1] })
  voters.elect('n1')
  voters.deliverAll()
  voters.of('n3').log.entries = []
  voters.of('n3').state = { ...voters.state('n3'), commitIndex: 0 }
  voters.propose('n1')
  voters.deliverAll()
  for (let tick = 0; tick < 4; tick += 1) voters.tick('n1')
  voters.deliverAll()
  expect(voters.log('n3')).toEqual(voters.log('n1'))
})

test('answers that come twice or late change nothing', () => {
  const voters = new Voters({ n1: [], n2: [], n3: [] })
  voters.elect('n1')
  voters.propose('n1')
  voters.deliverAll()
  voters.propose('n1')
  voters.deliverAll()
  const before = voters.state('n1')
  for (const index of [0, 1, 2]) {
    voters.deliver({
      from: 'n2',
      to: 'n1',
      message: { type: 'append.reply', epoch: 1, index, hint: null, commitIndex: 0 },
    })
    voters.deliver({
      from: 'n2',
      to: 'n1',
      message: { type: 'append.reply', epoch: 1, index, hint: { index: 0, epoch: 0 }, commitIndex: 0 },
    })
  }
  expect(voters.state('n1')).toEqual(before)
})

test('what makes no sense is passed over in silence; what contradicts a committed entry is the end', () => {
  const voters = new Voters({ n1: [1, 1], n2: [1, 1], n3: [1, 1] })
  voters.elect('n1')
  voters.deliverAll()
  const { state, log } = voters.of('n2')
  const request = {
    type: 'append.request',
    epoch: 2,
    previous: { index: 2, epoch: 1 },
    entries: [],
    commitIndex: 3,
  } as const
  const entry = (index: number, epoch: number) => ({ index, epoch, command: { type: 'noop' } }) as const
  const replyTo = (from: string, change: object) =>
    considerAppend(state, log, { from: { name: from, disk: diskOf(from) }, request: { ...request, ...change } }).reply
  expect(replyTo('n1', {})).toMatchObject({ hint: null, index: 2 })
  expect(replyTo('n3', {})).toBeNull()
  // Perhaps a member that this log does not know of yet.
  expect(replyTo('n9', { epoch: 7 })).toMatchObject({ hint: null })
  expect(replyTo('n1', { entries: [entry(4, 2)] })).toBeNull()
  expect(replyTo('n1', { entries: [entry(3, 3)] })).toBeNull()
  expect(replyTo('n1', { entries: [entry(3, 2), entry(4, 1)] })).toBeNull()
  expect(replyTo('n1', { previous: { index: 0, epoch: 2 } })).toBeNull()
  const contradiction = { epoch: 9, previous: { index: 1, epoch: 1 }, entries: [entry(2, 8)] }
  expect(() => replyTo('n1', contradiction)).toThrow('contradicts entry 2, committed here')
})

test('too much that no majority has is not added to', () => {
  const voters = new Voters({ n1: [], n2: [], n3: [] })
  expect(proposalBar(voters.state('n1'), voters.of('n1').log)).toBe('not-leader')
  voters.elect('n1')
  for (let count = 1; count < uncommittedCountMax; count += 1) {
    expect(proposalBar(voters.state('n1'), voters.of('n1').log)).toBeNull()
    voters.propose('n1')
  }
  expect(proposalBar(voters.state('n1'), voters.of('n1').log)).toBe('backlog')
  voters.deliverAll()
  expect(proposalBar(voters.state('n1'), voters.of('n1').log)).toBeNull()
})
