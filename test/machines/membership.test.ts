import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { type MembershipContext, type MembershipInput, membership } from '../../machines/membership.ts'
import type { Message } from '../../src/engine/step.ts'
import { stateName } from '../../src/engine/step.ts'
import { elapse, expectCoverage, expectTranscript, fuzz, type Step } from '../support/machines.ts'

const timing = { electionTimeoutMs: 100, leaderLeaseMs: 130, successionDelayMs: 40 }
const of = (self: string, voters = ['n1', 'n2', 'n3']): MembershipInput => ({ self, voters, timing, seed: 7 })

const start: Message = { type: 'membership.start', epoch: 4 }
const stop: Message = { type: 'membership.stop' }
const heard = (leader: string, epoch: number, vice: string | null = null): Message => ({
  type: 'leader.heard',
  leader,
  epoch,
  vice,
})
const suspected = (leader: string): Message => ({ type: 'leader.suspected', leader })
const ended = (leader: string): Message => ({ type: 'leader.ended', leader })
const resigned = (leader: string): Message => ({ type: 'leader.resigned', leader })
const preVoteWon = (epoch: number): Message => ({ type: 'preVote.won', epoch })
const voteWon = (epoch: number): Message => ({ type: 'vote.won', epoch })
const refused = (epoch: number): Message => ({ type: 'candidacy.refused', epoch })
const raised = (epoch: number): Message => ({ type: 'epoch.raised', epoch })
const committed = (epoch: number): Message => ({ type: 'noop.committed', epoch })
const vice = (name: string | null): Message => ({ type: 'vice.chosen', vice: name })
const resign = (successor: string | null): Message => ({ type: 'mastership.resign', successor })
const offered = (leader: string, epoch: number): Message => ({ type: 'mastership.offered', leader, epoch })
const leaseLost: Message = { type: 'lease.lost' }

/** n1 as master of epoch 5 with n2 as vice. */
const asMaster = [start, elapse('bootWait'), elapse('candidacy'), preVoteWon(5), voteWon(5), committed(5), vice('n2')]

test('a cluster that starts: the first in rank waits out old promises, asks, is elected, claims, acts', () => {
  expectTranscript(
    membership,
    of('n1'),
    asMaster,
    `
      offline
    > membership.start epoch=4
      spare.booting
      @ bootWait 130 ms
    > time.elapsed delay=bootWait
      spare.waiting
      < leader.changed leader=- epoch=4 vice=-
      @ candidacy 0 ms
    > time.elapsed delay=candidacy
      preCandidate
      < election.preVote epoch=5
      @ candidacyTimeout 106 ms
    > preVote.won epoch=5
      candidate
      < election.vote epoch=5 transfer=-
      @ candidacyTimeout 106 ms
    > vote.won epoch=5
      primary.claiming
      < log.claim epoch=5
    > noop.committed epoch=5
      primary.acting
      < mastership.acquired epoch=5
      < leader.changed leader=n1 epoch=5 vice=-
    > vice.chosen vice=n2
      primary.acting
      < leader.changed leader=n1 epoch=5 vice=n2
    `,
  )
})

test('the vice campaigns at once when its leader is suspected; a third waits its turn', () => {
  expectTranscript(
    membership,
    of('n2'),
    [start, heard('n1', 4, 'n2'), suspected('n1'), elapse('candidacy')],
    `
      offline
    > membership.start epoch=4
      spare.booting
      @ bootWait 130 ms
    > leader.heard leader=n1 epoch=4 vice=n2
      secondary
      < leader.follow leader=n1 epoch=4 vice=n2
      < leader.changed leader=n1 epoch=4 vice=n2
    > leader.suspected leader=n1
      spare.waiting
      < leader.forget
      < leader.changed leader=- epoch=4 vice=-
      @ candidacy 0 ms
    > time.elapsed delay=candidacy
      preCandidate
      < election.preVote epoch=5
      @ candidacyTimeout 106 ms
    `,
  )
  expectTranscript(
    membership,
    of('n3'),
    [start, heard('n1', 4, 'n2'), ended('n1'), heard('n2', 5)],
    `
      offline
    > membership.start epoch=4
      spare.booting
      @ bootWait 130 ms
    > leader.heard leader=n1 epoch=4 vice=n2
      secondary
      < leader.follow leader=n1 epoch=4 vice=n2
      < leader.changed leader=n1 epoch=4 vice=n2
    > leader.ended leader=n1
      spare.waiting
      < leader.forget
      < leader.changed leader=- epoch=4 vice=-
      @ candidacy 120 ms
    > leader.heard leader=n2 epoch=5 vice=-
      secondary
      < leader.follow leader=n2 epoch=5 vice=-
      < leader.changed leader=n2 epoch=5 vice=-
    `,
  )
})

test('a suspicion that was wrong ends with the word of the leader, and nobody voted', () => {
  expectTranscript(
    membership,
    of('n2'),
    [suspected('n1'), elapse('candidacy'), heard('n1', 4, 'n2')],
    `
      secondary
    > leader.suspected leader=n1
      spare.waiting
      < leader.forget
      < leader.changed leader=- epoch=4 vice=-
      @ candidacy 0 ms
    > time.elapsed delay=candidacy
      preCandidate
      < election.preVote epoch=5
      @ candidacyTimeout 106 ms
    > leader.heard leader=n1 epoch=4 vice=n2
      secondary
      < leader.follow leader=n1 epoch=4 vice=n2
      < leader.changed leader=n1 epoch=4 vice=n2
    `,
    { given: [start, heard('n1', 4, 'n2')] },
  )
})

test('a candidate that finds a later epoch, or whose time is over, waits before it tries again', () => {
  expectTranscript(
    membership,
    of('n2'),
    [preVoteWon(5), elapse('candidacyTimeout'), elapse('candidacy'), raised(9), elapse('candidacy'), preVoteWon(10)],
    `
      preCandidate
    > preVote.won epoch=5
      candidate
      < election.vote epoch=5 transfer=-
      @ candidacyTimeout 106 ms
    > time.elapsed delay=candidacyTimeout
      spare.waiting
      < election.abandon
      < leader.changed leader=- epoch=5 vice=-
      @ candidacy 138 ms
    > time.elapsed delay=candidacy
      preCandidate
      < election.preVote epoch=6
      @ candidacyTimeout 170 ms
    > epoch.raised epoch=9
      spare.waiting
      < election.abandon
      < leader.changed leader=- epoch=9 vice=-
      @ candidacy 92 ms
    > time.elapsed delay=candidacy
      preCandidate
      < election.preVote epoch=10
      @ candidacyTimeout 141 ms
    > preVote.won epoch=10
      candidate
      < election.vote epoch=10 transfer=-
      @ candidacyTimeout 141 ms
    `,
    { given: [start, elapse('bootWait'), elapse('candidacy')] },
  )
})

test('a master that loses its lease gives up before it says so, and is spare, not secondary', () => {
  expectTranscript(
    membership,
    of('n1'),
    [leaseLost, elapse('handOver'), heard('n2', 6)],
    `
      primary.acting
    > lease.lost
      quiescing
      < lease.drop
      < mastership.lost epoch=5
      < log.resign
      < leader.changed leader=- epoch=5 vice=-
      @ handOver 0 ms
    > time.elapsed delay=handOver
      spare.waiting
      @ candidacy 98 ms
    > leader.heard leader=n2 epoch=6 vice=-
      secondary
      < leader.follow leader=n2 epoch=6 vice=-
      < leader.changed leader=n2 epoch=6 vice=-
    `,
    { given: asMaster },
  )
})

test('a master that hears of a later one', () => {
  expectTranscript(
    membership,
    of('n1'),
    [heard('n2', 6, 'n3'), elapse('handOver')],
    `
      primary.acting
    > leader.heard leader=n2 epoch=6 vice=n3
      quiescing
      < lease.drop
      < mastership.lost epoch=5
      < leader.follow leader=n2 epoch=6 vice=n3
      < log.resign
      < leader.changed leader=n2 epoch=6 vice=n3
      @ handOver 0 ms
    > time.elapsed delay=handOver
      secondary
    `,
    { given: asMaster },
  )
})

test('a hand-over: the lease first, then the successor', () => {
  expectTranscript(
    membership,
    of('n1'),
    [resign(null), heard('n2', 6)],
    `
      primary.acting
    > mastership.resign successor=-
      quiescing
      < lease.drop
      < mastership.lost epoch=5
      < mastership.transfer to=n2 epoch=5
      < leader.changed leader=- epoch=5 vice=-
      @ handOver 100 ms
    > leader.heard leader=n2 epoch=6 vice=-
      secondary
      < log.resign
      < leader.follow leader=n2 epoch=6 vice=-
      < leader.changed leader=n2 epoch=6 vice=-
    `,
    { given: asMaster },
  )
  expectTranscript(
    membership,
    of('n2'),
    [offered('n1', 5), voteWon(6), committed(6)],
    `
      secondary
    > mastership.offered leader=n1 epoch=5
      candidate
      < election.vote epoch=6 transfer={leader: n1, epoch: 5}
      @ candidacyTimeout 106 ms
    > vote.won epoch=6
      primary.claiming
      < log.claim epoch=6
    > noop.committed epoch=6
      primary.acting
      < mastership.acquired epoch=6
      < leader.changed leader=n2 epoch=6 vice=-
    `,
    {
      given: [start, heard('n1', 5, 'n2')],
    },
  )
})

test('a hand-over that nobody takes ends by itself', () => {
  expectTranscript(
    membership,
    of('n1'),
    [resign('n3'), elapse('handOver')],
    `
      primary.acting
    > mastership.resign successor=n3
      quiescing
      < lease.drop
      < mastership.lost epoch=5
      < mastership.transfer to=n3 epoch=5
      < leader.changed leader=- epoch=5 vice=-
      @ handOver 100 ms
    > time.elapsed delay=handOver
      spare.waiting
      < log.resign
      @ candidacy 98 ms
    `,
    { given: asMaster },
  )
})

test('a master that leaves hands over and goes', () => {
  expectTranscript(
    membership,
    of('n1'),
    [stop, heard('n2', 6), heard('n3', 7)],
    `
      primary.acting
    > membership.stop
      quiescing
      < lease.drop
      < mastership.lost epoch=5
      < mastership.transfer to=n2 epoch=5
      < leader.changed leader=- epoch=5 vice=-
      @ handOver 100 ms
    > leader.heard leader=n2 epoch=6 vice=-
      offline
      < log.resign
      < leader.follow leader=n2 epoch=6 vice=-
      < leader.changed leader=n2 epoch=6 vice=-
    > leader.heard leader=n3 epoch=7 vice=-
      offline
    `,
    { given: asMaster },
  )
})

test('the only voter elects itself without waiting', () => {
  expectTranscript(
    membership,
    of('n1', ['n1']),
    [start, elapse('candidacy'), preVoteWon(5), voteWon(5), committed(5)],
    `
      offline
    > membership.start epoch=4
      spare.waiting
      < leader.changed leader=- epoch=4 vice=-
      @ candidacy 0 ms
    > time.elapsed delay=candidacy
      preCandidate
      < election.preVote epoch=5
      @ candidacyTimeout 106 ms
    > preVote.won epoch=5
      candidate
      < election.vote epoch=5 transfer=-
      @ candidacyTimeout 106 ms
    > vote.won epoch=5
      primary.claiming
      < log.claim epoch=5
    > noop.committed epoch=5
      primary.acting
      < mastership.acquired epoch=5
      < leader.changed leader=n1 epoch=5 vice=-
    `,
  )
})

test('a node that is no voter follows, and never campaigns', () => {
  expectTranscript(
    membership,
    of('n9'),
    [start, elapse('bootWait'), elapse('candidacy'), heard('n1', 5, 'n2'), offered('n1', 5), suspected('n1')],
    `
      offline
    > membership.start epoch=4
      spare.booting
      @ bootWait 130 ms
    > time.elapsed delay=bootWait
      spare.waiting
      < leader.changed leader=- epoch=4 vice=-
      @ candidacy 0 ms
    > time.elapsed delay=candidacy
      spare.waiting
    > leader.heard leader=n1 epoch=5 vice=n2
      secondary
      < leader.follow leader=n1 epoch=5 vice=n2
      < leader.changed leader=n1 epoch=5 vice=n2
    > mastership.offered leader=n1 epoch=5
      secondary
    > leader.suspected leader=n1
      spare.waiting
      < leader.forget
      < leader.changed leader=- epoch=5 vice=-
      @ candidacy 60 ms
    `,
  )
})

const node = fc.constantFrom('n1', 'n2', 'n3')
const maybeNode = fc.constantFrom(null, 'n1', 'n2', 'n3')
/** Relative to the current one: `resolve` adds it. */
const age = fc.constantFrom(0, 0, 0, 1, 1, 1, 2, -1)
const anyEvent: fc.Arbitrary<Message> = fc.oneof(
  { weight: 2, arbitrary: age.map((epoch) => ({ ...start, epoch })) },
  { weight: 1, arbitrary: fc.constant(stop) },
  { weight: 4, arbitrary: fc.tuple(node, age, maybeNode).map(([leader, epoch, name]) => heard(leader, epoch, name)) },
  { weight: 2, arbitrary: fc.tuple(fc.constantFrom(suspected, ended, resigned), node).map(([say, name]) => say(name)) },
  { weight: 6, arbitrary: fc.tuple(fc.constantFrom(preVoteWon, voteWon, committed), age).map(([say, n]) => say(n)) },
  { weight: 1, arbitrary: fc.tuple(fc.constantFrom(refused, raised), age).map(([say, epoch]) => say(epoch)) },
  { weight: 1, arbitrary: fc.constant(leaseLost) },
  { weight: 2, arbitrary: maybeNode.map((name) => vice(name)) },
  { weight: 1, arbitrary: maybeNode.map((name) => resign(name)) },
  { weight: 1, arbitrary: fc.tuple(node, age).map(([leader, epoch]) => offered(leader, epoch)) },
)

/** What must hold after every step, however the events come. */
function watch() {
  let isMaster = false
  return ({ event, before, after, effects }: Step) => {
    const [from, to] = [before, after].map(({ value }) => stateName(value).split('.')[0]!) as [string, string]
    const context = after.context as MembershipContext
    if (from === 'primary') expect(['primary', 'quiescing']).toContain(to)
    if (to === 'primary' && from !== 'primary') expect(event.type).toBe('vote.won')
    expect(context.epoch).toBeGreaterThanOrEqual((before.context as MembershipContext).epoch)
    if (to.endsWith('andidate')) expect(context.candidacyTimeoutMs).toBeGreaterThanOrEqual(timing.electionTimeoutMs)
    expect(context.leader === 'n1').toBe(to === 'primary')
    expect(to === 'secondary').toBe(to !== 'quiescing' && ![null, 'n1'].includes(context.leader))
    const types = effects.map(({ type }) => type)
    if (from === 'primary' && to === 'quiescing') expect(types[0]).toBe('lease.drop')
    for (const type of types) {
      if (type === 'mastership.acquired') expect(isMaster).toBe(false)
      if (type === 'mastership.lost') expect(isMaster).toBe(true)
      if (type === 'mastership.transfer') expect(isMaster).toBe(false)
      if (type === 'mastership.acquired' || type === 'mastership.lost') isMaster = type === 'mastership.acquired'
    }
    expect(stateName(after.value) === 'primary.acting').toBe(isMaster)
  }
}

test('whatever happens: never from primary to secondary, masterships alternate with their ends, epochs never go back', () => {
  fuzz(membership, {
    input: fc.constantFrom(of('n1'), of('n1', ['n1'])),
    event: anyEvent,
    resolve: (event, { context }) =>
      typeof event.epoch === 'number' ? { ...event, epoch: Math.max(0, context.epoch + event.epoch) } : event,
    check: () => watch(),
  })
})

test('every state is reached and every transition taken', () => {
  const epochs = [1, 2, 3]
  const events = [
    { ...start, epoch: 1 },
    stop,
    leaseLost,
    vice('n2'),
    resign(null),
    suspected('n2'),
    ended('n2'),
    resigned('n2'),
    ...epochs.flatMap((epoch) => [heard('n2', epoch), offered('n2', epoch), raised(epoch)]),
    ...epochs.flatMap((epoch) => [preVoteWon, voteWon, refused, committed].map((say) => say(epoch))),
  ]
  expectCoverage(membership, {
    explorations: [of('n1'), of('n1', ['n1'])].map((input) => ({
      input,
      events: ({ context }) => (context.epoch > 3 ? [] : events),
      keyOf: ({ value, context: { epoch, leader, vice, successor, isStopping } }) =>
        JSON.stringify([value, epoch, leader, vice, successor, isStopping]),
    })),
  })
})
