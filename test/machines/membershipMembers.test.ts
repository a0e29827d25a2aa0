import { test } from 'bun:test'
import { membership } from '../../machines/membership.ts'
import { elapse, expectTranscript } from '../support/machines.ts'
import {
  committed,
  fenced,
  heard,
  members,
  of,
  preVoteWon,
  refused,
  start,
  suspected,
  vice,
  voteWon,
} from './membership/words.ts'

/** n1 as master of epoch 5 with n2 as vice. */
const asMaster = [start, elapse('bootWait'), elapse('candidacy'), preVoteWon(5), voteWon(5), committed(5), vice('n2')]

test('the other of two voters is fenced: this one asks to go on alone, and leads the epoch after', () => {
  expectTranscript(
    membership,
    of('n2', ['n1', 'n2']),
    [fenced('n1'), voteWon(5), committed(5), members(['n2'])],
    `
      secondary
    > fence.confirmed other=n1
      forcing
      < leader.forget
      < leader.changed leader=- epoch=4 vice=-
      < election.force epoch=5 other=n1
      @ candidacyTimeout 106 ms
    > vote.won epoch=5
      primary.claiming
      < log.claim epoch=5
    > noop.committed epoch=5
      primary.acting
      < mastership.acquired epoch=5
      < leader.changed leader=n2 epoch=5 vice=-
    > members.changed voters=[n2] isEligible=true
      primary.acting
    `,
    { given: [start, heard('n1', 4, 'n2')] },
  )
  expectTranscript(
    membership,
    of('n2', ['n1', 'n2']),
    [fenced('n1'), refused(5)],
    `
      spare.waiting
    > fence.confirmed other=n1
      forcing
      < election.force epoch=5 other=n1
      @ candidacyTimeout 170 ms
    > candidacy.refused epoch=5
      spare.waiting
      @ candidacy 92 ms
    `,
    { given: [start, heard('n1', 4, 'n2'), suspected('n1')] },
  )
})

test('a fence says nothing where it is not the other of two', () => {
  expectTranscript(
    membership,
    of('n2'),
    [fenced('n1'), suspected('n1'), fenced('n1')],
    `
      secondary
    > fence.confirmed other=n1
      secondary
    > leader.suspected leader=n1
      spare.waiting
      < leader.forget
      < leader.changed leader=- epoch=4 vice=-
      @ candidacy 0 ms
    > fence.confirmed other=n1
      spare.waiting
    `,
    { given: [start, heard('n1', 4, 'n2')] },
  )
})

test('a master that counts no more hands over; a learner that becomes a voter takes its turn', () => {
  expectTranscript(
    membership,
    of('n1'),
    [members(['n2', 'n3'], false), heard('n2', 6)],
    `
      primary.acting
    > members.changed voters=[n2, n3] isEligible=false
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
    of('n4'),
    [elapse('candidacy'), members(['n1', 'n2', 'n3', 'n4']), elapse('candidacy'), members(['n1', 'n2', 'n3'], false)],
    `
      spare.waiting
    > time.elapsed delay=candidacy
      spare.waiting
    > members.changed voters=[n1, n2, n3, n4] isEligible=true
      spare.waiting
      @ candidacy 218 ms
    > time.elapsed delay=candidacy
      preCandidate
      < election.preVote epoch=5
      @ candidacyTimeout 170 ms
    > members.changed voters=[n1, n2, n3] isEligible=false
      spare.waiting
      < election.abandon
      @ candidacy 52 ms
    `,
    { given: [start, heard('n1', 4, 'n2'), suspected('n1')] },
  )
})
