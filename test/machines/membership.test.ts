import { test } from 'bun:test'
import { membership } from '../../machines/membership.ts'
import { elapse, expectTranscript } from '../support/machines.ts'
import {
  committed,
  ended,
  heard,
  leaseLost,
  of,
  offered,
  preVoteWon,
  raised,
  resign,
  start,
  stop,
  suspected,
  vice,
  voteWon,
} from './membership/words.ts'

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
