/** Members that change, snapshots for those that are behind, and one of two that goes on alone: the classic cases, one by one. */
import { expect, test } from 'bun:test'
import fc from 'fast-check'
import * as rules from '../../../machines/logic/replicatedLog.ts'
import { bound, diskOf, Voters } from './replicatedLog/voters.ts'

function ticks(voters: Voters, name: string, count = 4): void {
  for (let tick = 0; tick < count; tick += 1) {
    voters.tick(name)
    voters.deliverAll()
  }
}

test('a slow follower gets the snapshot in parts, a lost part again, and then what follows', () => {
  const voters = new Voters({ n1: [], n2: [], n3: [] }, { snapshotBytes: 100_000 })
  voters.elect('n1')
  for (let count = 0; count < 5; count += 1) voters.propose('n1')
  voters.deliverAll(({ from, to }) => from !== 'n3' && to !== 'n3')
  voters.compact('n1')
  voters.propose('n1')
  let lostCount = 0
  voters.lines.length = 0
  for (let tick = 0; tick < 8; tick += 1) {
    voters.tick('n1')
    voters.deliverAll(({ message }) => {
      const isLost = message.type === 'install.request' && message.offset > 0 && lostCount === 0
      if (isLost) lostCount += 1
      return !isLost
    })
  }
  const parts = voters.lines.filter((line) => line.includes('snapshot'))
  expect(parts).toEqual([
    'n1 > n3 snapshot e1 at 1.6: 47104 of 100000 from 0',
    'n3 > n1 wants the snapshot at 1.6 from 47104',
    'n1 > n3 snapshot e1 at 1.6: 47104 of 100000 from 47104',
    'n1 > n3 snapshot e1 at 1.6: 47104 of 100000 from 47104',
    'n3 > n1 wants the snapshot at 1.6 from 94208',
    'n1 > n3 snapshot e1 at 1.6: 5792 of 100000 from 94208',
    'n3 > n1 has the snapshot at 1.6',
  ])
  expect([voters.of('n3').log.firstIndex, voters.of('n3').log.lastIndex]).toEqual([7, 7])
  expect(voters.state('n3').commitIndex).toBe(7)
})

test('entries that arrive while a snapshot does make it superfluous: what follows it stays', () => {
  const voters = new Voters({ n1: [1, 1, 1], n2: [1, 1, 1] })
  const { state, log } = voters.of('n2')
  const part = { type: 'install.request', epoch: 1, members: rules.membersOf(state), totalBytes: 10 } as const
  const from = { name: 'n1', disk: diskOf('n1') }
  const at = { index: 2, epoch: 1 }
  const first = rules.considerInstall(state, log, {
    from,
    request: { ...part, at, offset: 0, bytes: new Uint8Array(4) },
  })
  expect(first).toMatchObject({ install: null, store: null, reply: { offset: 10 }, state: { commitIndex: 2 } })
  const beyond = { ...part, at: { index: 5, epoch: 1 }, offset: 0, bytes: new Uint8Array(4) }
  const started = rules.considerInstall(state, log, { from, request: beyond })
  expect(started).toMatchObject({ install: null, store: { offset: 0 }, reply: { offset: 4 } })
  const entries = [4, 5].map((index) => ({ index, epoch: 1, command: { type: 'noop' } as const }))
  const request = {
    type: 'append.request',
    epoch: 1,
    previous: { index: 3, epoch: 1 },
    entries,
    commitIndex: 5,
  } as const
  expect(rules.considerAppend(started.state, log, { from, request }).state).toMatchObject({
    receiving: null,
    commitIndex: 5,
  })
})

test('a learner replicates, counts for nothing, is qualified when it has caught up, and then counts', () => {
  const voters = new Voters({ n1: [], n2: [], n3: null })
  voters.elect('n1')
  voters.deliverAll()
  expect(voters.change('n1', 'n1 n2 n3')).toBe(true)
  expect(voters.members('n1')).toBe('n1 n2 n3/learner')
  expect(voters.change('n1', 'n1 n2 n3')).toBe(false)
  ticks(voters, 'n1')
  expect(voters.log('n3')).toEqual(voters.log('n1'))
  voters.propose('n1')
  voters.deliverAll(({ to }) => to !== 'n2')
  expect(voters.state('n1').commitIndex).toBe(2)
  expect(voters.campaign('n3')).toBe(false)
  ticks(voters, 'n1')
  expect(voters.change('n1', 'n1 n2 n3')).toBe(true)
  expect(voters.members('n1')).toBe('n1 n2 n3')
  ticks(voters, 'n1')
  expect(voters.members('n3')).toBe('n1 n2 n3')
})

test('no change before an entry of the own epoch is committed', () => {
  const voters = new Voters({ n1: [1], n2: [1], n3: [1] })
  voters.elect('n1')
  expect(rules.changeBar(voters.state('n1'), voters.of('n1').log)).toBe('unopened')
  voters.deliverAll()
  expect(rules.changeBar(voters.state('n1'), voters.of('n1').log)).toBeNull()
})

test('a leader that is to leave goes last, does not count itself, and is deposed when that is committed', () => {
  const voters = new Voters({ n1: [], n2: [], n3: [] })
  voters.elect('n1')
  voters.deliverAll()
  expect(voters.change('n1', 'n2 n3')).toBe(true)
  expect(voters.members('n1')).toBe('n2 n3 n1/learner')
  voters.deliverAll(({ to }) => to === 'n2' || to === 'n1')
  expect([voters.state('n1').commitIndex, rules.isDeposed(voters.state('n1'))]).toEqual([1, false])
  ticks(voters, 'n1')
  expect([voters.state('n1').commitIndex, rules.isDeposed(voters.state('n1'))]).toEqual([2, true])
})

test('a node that comes back with an empty disk is a stranger: its vote counts for nothing, nor does its answer', () => {
  const voters = new Voters({ n1: [1], n2: [1], n3: [1] })
  voters.wipe('n3', 'new')
  voters.campaign('n1')
  voters.deliverAll(({ to }) => to !== 'n2')
  expect(voters.lines.at(-1)).toBe('n3 > n1 vote e2: stranger')
  const granted = { type: 'vote.reply', isPre: false, epoch: 2, voterEpoch: 2, refusal: null } as const
  voters.deliver({ from: 'n3', to: 'n1', message: granted })
  expect(rules.standingOf(voters.state('n1'))).toBe('pending')
})

test('a voter that was away while the members changed follows the new ones, and helps to elect them', () => {
  const voters = new Voters({ n1: [], n2: [], n3: [], n4: null })
  const isThere = ({ from, to }: { from: string; to: string }) => from !== 'n3' && to !== 'n3'
  voters.elect('n1')
  voters.deliverAll()
  for (let step = 0; step < 8; step += 1) {
    voters.change('n1', 'n4 n3 n1/learner n2', { isBlind: true })
    voters.tick('n1')
    voters.deliverAll(isThere)
  }
  expect(voters.members('n4')).toBe('n4 n3 n1/learner n2')
  expect(voters.members('n3')).toBe('n1 n2 n3')
  voters.campaign('n4')
  voters.deliverAll(({ to }) => to !== 'n2')
  expect(rules.standingOf(voters.state('n4'))).toBe('won')
  voters.claim('n4')
  ticks(voters, 'n4')
  expect(voters.members('n3')).toBe('n4 n3 n1/learner n2')
})

test('a node that was cut off asks before it campaigns, and disturbs nobody; its epoch stays', () => {
  const voters = new Voters({ n1: [], n2: [], n3: [] })
  voters.elect('n1')
  voters.deliverAll()
  voters.bind(['n2'], bound)
  voters.campaign('n3', { isPre: true })
  voters.deliverAll()
  expect([voters.state('n3').epoch, rules.standingOf(voters.state('n3'))]).toEqual([1, 'pending'])
  expect(voters.state('n1').leadership).not.toBeNull()
})

test('leadership goes only to a voter, and is offered when it has the whole log', () => {
  const voters = new Voters({ n1: [], n2: [], n3: [] }, { kinds: { n3: 'learner' } })
  voters.elect('n1')
  voters.deliverAll()
  voters.propose('n1')
  voters.letters.length = 0
  const { log } = voters.of('n1')
  expect(rules.resigning(voters.state('n1'), 'n3')).toBeNull()
  const state = rules.resigning(voters.state('n1'), 'n2')!
  expect([rules.isSuccessorReady(state, log), rules.proposalBar(state, log)]).toEqual([false, 'resigning'])
  voters.of('n1').state = state
  ticks(voters, 'n1')
  expect(rules.isSuccessorReady(voters.state('n1'), log)).toBe(true)
})

test('an arbiter keeps places only, counts, and never campaigns', () => {
  const voters = new Voters({ n1: [], n2: [], n3: [] }, { kinds: { n3: 'arbiter' } })
  voters.elect('n1')
  voters.propose('n1')
  voters.deliverAll(({ to }) => to !== 'n2')
  expect(voters.state('n1').commitIndex).toBe(2)
  expect(voters.of('n3').log.entries.map(({ command }) => command.type)).toEqual(['noop', 'noop'])
  expect(voters.campaign('n3')).toBe(false)
  expect(rules.viceOf(voters.state('n1'), { alive: ['n2', 'n3'], index: 2 })).toBeNull()
})

test('of two, one goes on alone when the other is fenced; the other can’t come back but as a learner', () => {
  const voters = new Voters({ n1: [], n2: [] })
  voters.elect('n1')
  voters.deliverAll()
  voters.crash('n1')
  expect(voters.force('n2', 'n1')).toBe(true)
  expect([voters.members('n2'), voters.state('n2').commitIndex]).toEqual(['n1/learner n2', 2])
  // It takes itself for one of two, but has met nobody in this life, and is not voted for.
  expect(voters.force('n1', 'n2')).toBe(false)
  voters.campaign('n1')
  voters.deliverAll()
  expect(rules.standingOf(voters.state('n1'))).not.toBe('won')
  ticks(voters, 'n2')
  expect(voters.members('n1')).toBe('n1/learner n2')
})

test('a change that replaces a pair is not committed without both, nor anybody elected by it', () => {
  const voters = new Voters({ n1: [], n2: [] })
  voters.elect('n1')
  voters.deliverAll()
  voters.change('n1', 'n1')
  voters.propose('n1')
  voters.letters.length = 0
  expect([voters.members('n1'), voters.state('n1').commitIndex]).toEqual(['n1 n2/learner', 1])
  voters.crash('n1')
  voters.campaign('n1')
  expect(rules.standingOf(voters.state('n1'))).toBe('pending')
  voters.deliverAll()
  expect(rules.standingOf(voters.state('n1'))).toBe('won')
})

test('who is no longer wanted is a learner until it has left', () => {
  const of = (kind: rules.MemberKind) =>
    ['n1', 'n2', 'n3'].map((name) => ({ name, disk: diskOf(name), kind: name === 'n3' ? kind : ('voter' as const) }))
  const wanted = of('voter').slice(0, 2)
  const disks = Object.fromEntries(of('voter').map(({ name, disk }) => [name, disk]))
  const next = (members: rules.Members, heard: typeof disks) =>
    rules.nextMembers(members, { self: 'n1', wanted, disks: heard, caughtUp: Object.keys(heard) })
  expect(next(of('voter'), disks)).toEqual(of('learner'))
  expect(next(of('learner'), disks)).toBeNull()
  const { n3: _, ...others } = disks
  expect(next(of('learner'), others)).toEqual(wanted)
  expect(next(of('learner'), { ...disks, n3: 'new' })).toEqual(wanted)
})

test('steps towards any wish are legal, keep a voter, and end', () => {
  const names = ['n1', 'n2', 'n3', 'n4', 'n5', 'a1']
  const kindOf = (name: string, isLearner: boolean): rules.MemberKind =>
    name === 'a1' ? 'arbiter' : isLearner ? 'learner' : 'voter'
  const wishes = fc
    .tuple(fc.shuffledSubarray(names, { minLength: 1 }), fc.func(fc.boolean()))
    .map(([some, isLearner]) => some.map((name) => ({ name, kind: kindOf(name, isLearner(name)) })))
    .filter((wanted) => wanted.some(({ kind }) => kind === 'voter'))
  fc.assert(
    fc.property(wishes, wishes, fc.func(fc.boolean()), (had, wanted, isReplaced) => {
      let current: rules.Members = had.map((member) => ({ ...member, disk: diskOf(member.name) }))
      const self = current.find(({ kind }) => kind === 'voter')!.name
      const disks = Object.fromEntries(
        names.map((name) => [name, name !== self && isReplaced(name) ? 'new' : diskOf(name)]),
      )
      for (let step = 0; step < 30; step += 1) {
        // Who is not wanted, and is told that it counts no more, leaves.
        const left = current.filter(({ name, kind }) => kind === 'learner' && !wanted.some((one) => one.name === name))
        const heard = Object.entries(disks).filter(([name]) => !left.some((one) => one.name === name))
        const next = rules.nextMembers(current, { self, wanted, disks: Object.fromEntries(heard), caughtUp: names })
        if (next === null) break
        expect(rules.isLegalChange(current, next)).toBe(true)
        current = next
      }
      const shown = current.filter(({ name }) => name !== self).map(({ name, kind, disk }) => [name, kind, disk])
      const goal = wanted.filter(({ name }) => name !== self).map(({ name, kind }) => [name, kind, disks[name]!])
      expect(shown).toEqual(goal)
    }),
  )
})
