/** What the end of one life proves of another (machines/crim/lives.ts). */
import { test } from 'bun:test'
import { nodeMachine } from '../../../machines/node.ts'
import { elapse, expectTranscript } from '../../support/machines.ts'
import { acquiredAfter, confirmed, ended, heard, input, left, suspected } from './words.ts'

test('the end of a life is none of a later one that an earlier master may have commanded', () => {
  expectTranscript(
    nodeMachine,
    input,
    [
      heard(14),
      confirmed(130),
      acquiredAfter(15),
      ended(14, 'said'),
      heard(14),
      elapse('isolation'),
      ended(15),
      elapse('endedGrace'),
      acquiredAfter(15),
      acquiredAfter(16),
      heard(15),
      heard(16),
      ended(16),
    ],
    `
      unknown
    > peer.heard incarnation=14
      alive
      < node.changed node=n2 availability=alive incarnation=14 how=heard
    > peer.confirmedSilent silentForMs=130 waitedMs=130
      unreachable
      < node.changed node=n2 availability=unreachable incarnation=14 how=silent
      @ isolation 1035 ms
    > mastership.acquired commandedLife=15
      unreachable
      @ isolation 1165 ms
    > peer.ended incarnation=14 how=said
      unreachable
      < node.changed node=n2 availability=unreachable incarnation=15 how=laterLife
    > peer.heard incarnation=14
      unreachable
    > time.elapsed delay=isolation
      isolated
      < node.changed node=n2 availability=isolated incarnation=15 how=waited
    > peer.ended incarnation=15 how=connection.reset
      ended.ending
      @ endedGrace 5 ms
    > time.elapsed delay=endedGrace
      ended.settled
      < node.changed node=n2 availability=ended incarnation=15 how=connection.reset
    > mastership.acquired commandedLife=15
      ended.settled
    > mastership.acquired commandedLife=16
      unreachable
      < node.changed node=n2 availability=unreachable incarnation=16 how=mastership.acquired
      @ isolation 1165 ms
    > peer.heard incarnation=15
      unreachable
    > peer.heard incarnation=16
      alive
      < node.changed node=n2 availability=alive incarnation=16 how=heard
    > peer.ended incarnation=16 how=connection.reset
      ended.ending
      @ endedGrace 5 ms
    `,
  )
})

test('a refusal is about every life; one that left may have been back', () => {
  expectTranscript(
    nodeMachine,
    input,
    [
      heard(14),
      suspected,
      acquiredAfter(15),
      ended(null, 'refused'),
      elapse('endedGrace'),
      heard(15),
      left(15),
      acquiredAfter(16),
    ],
    `
      unknown
    > peer.heard incarnation=14
      alive
      < node.changed node=n2 availability=alive incarnation=14 how=heard
    > peer.suspected silentForMs=101
      suspect
      < node.changed node=n2 availability=suspect incarnation=14 how=silent
    > mastership.acquired commandedLife=15
      suspect
    > peer.ended incarnation=- how=refused
      ended.ending
      @ endedGrace 5 ms
    > time.elapsed delay=endedGrace
      ended.settled
      < node.changed node=n2 availability=ended incarnation=14 how=refused
    > peer.heard incarnation=15
      alive
      < node.changed node=n2 availability=alive incarnation=15 how=heard
    > peer.left incarnation=15
      left
      < node.changed node=n2 availability=left incarnation=15 how=left
    > mastership.acquired commandedLife=16
      unreachable
      < node.changed node=n2 availability=unreachable incarnation=16 how=mastership.acquired
      @ isolation 1165 ms
    `,
  )
})
