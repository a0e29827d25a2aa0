import { expect, test } from 'bun:test'
import fc from 'fast-check'
import type { NodeAvailability } from '../../machines/model/status.ts'
import { type NodeContext, type NodeEffect, type NodeEvent, nodeMachine } from '../../machines/node.ts'
import { type Message, stateName } from '../../src/engine/step.ts'
import { timing } from '../support/configuration.ts'
import { elapse, expectCoverage, expectTranscript, fuzz, Run } from '../support/machines.ts'
import {
  acquired,
  acquiredAfter,
  confirmed,
  ended,
  fenced,
  heard,
  input,
  left,
  ofSelf,
  suspected,
} from './node/words.ts'

test('a node falls silent, is waited for, and comes back', () => {
  expectTranscript(
    nodeMachine,
    input,
    [heard(3), suspected, heard(3), suspected, confirmed(125), elapse('isolation'), heard(3)],
    `
      unknown
    > peer.heard incarnation=3
      alive
      < node.changed node=n2 availability=alive incarnation=3 how=heard
    > peer.suspected silentForMs=101
      suspect
      < node.changed node=n2 availability=suspect incarnation=3 how=silent
    > peer.heard incarnation=3
      alive
      < node.changed node=n2 availability=alive incarnation=3 how=heard
    > peer.suspected silentForMs=101
      suspect
      < node.changed node=n2 availability=suspect incarnation=3 how=silent
    > peer.confirmedSilent silentForMs=125 waitedMs=125
      unreachable
      < node.changed node=n2 availability=unreachable incarnation=3 how=silent
      @ isolation 1040 ms
    > time.elapsed delay=isolation
      isolated
      < node.changed node=n2 availability=isolated incarnation=3 how=waited
    > peer.heard incarnation=3
      alive
      < node.changed node=n2 availability=alive incarnation=3 how=heard
    `,
  )
})

test('other timings: a wait that has begun stays as it is, the next goes by them', () => {
  const { leaderLeaseMs, selfStopMs, takeOverMarginMs, endedGraceMs } = timing
  const changed = { leaderLeaseMs, nodeLeaseMs: 900, selfStopMs, takeOverMarginMs, endedGraceMs }
  expectTranscript(
    nodeMachine,
    input,
    [confirmed(125), { type: 'timing.changed', timing: changed }, acquired],
    `
      unknown
    > peer.confirmedSilent silentForMs=125 waitedMs=125
      unreachable
      < node.changed node=n2 availability=unreachable incarnation=0 how=silent
      @ isolation 1040 ms
    > timing.changed timing={leaderLeaseMs: 130, nodeLeaseMs: 900, selfStopMs: 500, takeOverMarginMs: 250, endedGraceMs: 5}
      unreachable
    > mastership.acquired commandedLife=0
      unreachable
      @ isolation 1670 ms
    `,
  )
})

test('a node that ended is said to have after the grace, and comes back only in a later life', () => {
  expectTranscript(
    nodeMachine,
    input,
    [heard(3), ended(3), suspected, elapse('endedGrace'), heard(3), ended(3), heard(4), ended(3), heard(5)],
    `
      unknown
    > peer.heard incarnation=3
      alive
      < node.changed node=n2 availability=alive incarnation=3 how=heard
    > peer.ended incarnation=3 how=connection.reset
      ended.ending
      @ endedGrace 5 ms
    > peer.suspected silentForMs=101
      ended.ending
    > time.elapsed delay=endedGrace
      ended.settled
      < node.changed node=n2 availability=ended incarnation=3 how=connection.reset
    > peer.heard incarnation=3
      ended.settled
    > peer.ended incarnation=3 how=connection.reset
      ended.settled
    > peer.heard incarnation=4
      alive
      < node.changed node=n2 availability=alive incarnation=4 how=heard
    > peer.ended incarnation=3 how=connection.reset
      alive
    > peer.heard incarnation=5
      alive
      < node.changed node=n2 availability=alive incarnation=5 how=heard
    `,
  )
})

test('a refusal proves that nothing runs, except against a node that is being heard', () => {
  expectTranscript(
    nodeMachine,
    input,
    [
      ended(null, 'connection.refused'),
      elapse('endedGrace'),
      heard(1),
      ended(null, 'connection.refused'),
      suspected,
      ended(null, 'connection.refused'),
    ],
    `
      unknown
    > peer.ended incarnation=- how=connection.refused
      ended.ending
      @ endedGrace 5 ms
    > time.elapsed delay=endedGrace
      ended.settled
      < node.changed node=n2 availability=ended incarnation=0 how=connection.refused
    > peer.heard incarnation=1
      alive
      < node.changed node=n2 availability=alive incarnation=1 how=heard
    > peer.ended incarnation=- how=connection.refused
      alive
    > peer.suspected silentForMs=101
      suspect
      < node.changed node=n2 availability=suspect incarnation=1 how=silent
    > peer.ended incarnation=- how=connection.refused
      ended.ending
      @ endedGrace 5 ms
    `,
  )
})

test('a node that becomes master waits for the isolation of others from then on', () => {
  expectTranscript(
    nodeMachine,
    input,
    [
      confirmed(5000),
      elapse('isolation'),
      acquired,
      acquired,
      elapse('isolation'),
      heard(2),
      acquired,
      confirmed(130, 60),
    ],
    `
      unknown
    > peer.confirmedSilent silentForMs=5000 waitedMs=5000
      unreachable
      < node.changed node=n2 availability=unreachable incarnation=0 how=silent
      @ isolation 0 ms
    > time.elapsed delay=isolation
      isolated
      < node.changed node=n2 availability=isolated incarnation=0 how=waited
    > mastership.acquired commandedLife=0
      unreachable
      < node.changed node=n2 availability=unreachable incarnation=0 how=mastership.acquired
      @ isolation 1165 ms
    > mastership.acquired commandedLife=0
      unreachable
      @ isolation 1165 ms
    > time.elapsed delay=isolation
      isolated
      < node.changed node=n2 availability=isolated incarnation=0 how=waited
    > peer.heard incarnation=2
      alive
      < node.changed node=n2 availability=alive incarnation=2 how=heard
    > mastership.acquired commandedLife=0
      alive
    > peer.confirmedSilent silentForMs=130 waitedMs=60
      unreachable
      < node.changed node=n2 availability=unreachable incarnation=2 how=silent
      @ isolation 1105 ms
    `,
  )
})

test('a node that said good-bye stays left when it then falls silent and ends', () => {
  expectTranscript(
    nodeMachine,
    input,
    [heard(3), left(3), heard(3), suspected, confirmed(120), ended(3), left(2), heard(4), ended(4), left(4)],
    `
      unknown
    > peer.heard incarnation=3
      alive
      < node.changed node=n2 availability=alive incarnation=3 how=heard
    > peer.left incarnation=3
      left
      < node.changed node=n2 availability=left incarnation=3 how=left
    > peer.heard incarnation=3
      left
    > peer.suspected silentForMs=101
      left
    > peer.confirmedSilent silentForMs=120 waitedMs=120
      left
    > peer.ended incarnation=3 how=connection.reset
      left
    > peer.left incarnation=2
      left
    > peer.heard incarnation=4
      alive
      < node.changed node=n2 availability=alive incarnation=4 how=heard
    > peer.ended incarnation=4 how=connection.reset
      ended.ending
      @ endedGrace 5 ms
    > peer.left incarnation=4
      left
      < node.changed node=n2 availability=left incarnation=4 how=left
    `,
  )
})

test('a fence is evidence at once, of the life that is silent and of no other', () => {
  expectTranscript(
    nodeMachine,
    input,
    [
      heard(3),
      fenced(3),
      confirmed(125),
      fenced(2),
      fenced(3),
      heard(3),
      heard(4),
      confirmed(125),
      elapse('isolation'),
      fenced(4),
    ],
    `
      unknown
    > peer.heard incarnation=3
      alive
      < node.changed node=n2 availability=alive incarnation=3 how=heard
    > fence.confirmed incarnation=3 how=fenced
      alive
    > peer.confirmedSilent silentForMs=125 waitedMs=125
      unreachable
      < node.changed node=n2 availability=unreachable incarnation=3 how=silent
      @ isolation 1040 ms
    > fence.confirmed incarnation=2 how=fenced
      unreachable
    > fence.confirmed incarnation=3 how=fenced
      ended.settled
      < node.changed node=n2 availability=ended incarnation=3 how=fenced
    > peer.heard incarnation=3
      ended.settled
    > peer.heard incarnation=4
      alive
      < node.changed node=n2 availability=alive incarnation=4 how=heard
    > peer.confirmedSilent silentForMs=125 waitedMs=125
      unreachable
      < node.changed node=n2 availability=unreachable incarnation=4 how=silent
      @ isolation 1040 ms
    > time.elapsed delay=isolation
      isolated
      < node.changed node=n2 availability=isolated incarnation=4 how=waited
    > fence.confirmed incarnation=4 how=fenced
      ended.settled
      < node.changed node=n2 availability=ended incarnation=4 how=fenced
    `,
  )
})

test('a node believes nothing bad of itself', () => {
  const run = new Run(nodeMachine, ofSelf)
  run.send(heard(7))
  for (const event of [suspected, confirmed(500), ended(7), ended(null), left(7), acquired]) {
    expect(run.send(event).effects).toEqual([])
  }
  expect(run.state).toBe('alive')
})

const life = fc.integer({ min: 0, max: 4 })
const anyEvent: fc.Arbitrary<Message> = fc.oneof(
  life.map(heard),
  fc.constant(suspected),
  fc.tuple(fc.nat(3000), fc.nat(3000)).map(([silentForMs, waitedMs]) => confirmed(silentForMs, waitedMs)),
  fc.option(life).map((incarnation) => ended(incarnation)),
  life.map(left),
  life.map((incarnation) => fenced(incarnation)),
  life.map(acquiredAfter),
)

/** What may be said in a state; while it ends, what was said before. */
function isSaid(state: string, availability: NodeAvailability): boolean {
  if (state === 'ended.ending') return true
  return (state === 'ended.settled' ? 'ended' : state) === availability
}

test('whatever happens: lives never go back, a life that is over stays over, and what is said is so', () => {
  fuzz(nodeMachine, {
    input: fc.constantFrom(input, ofSelf),
    event: anyEvent,
    check: ({ node, self }) => {
      let overLife = -1
      return ({ before, after, effects }) => {
        const context = after.context as NodeContext
        expect(context.incarnation).toBeGreaterThanOrEqual((before.context as NodeContext).incarnation)
        expect(context.isolationMs).toBeGreaterThanOrEqual(0)
        expect(isSaid(stateName(after.value), context.availability)).toBe(true)
        expect(effects.length).toBeLessThanOrEqual(1)
        for (const effect of effects as readonly unknown[] as NodeEffect[]) {
          expect(effect.type).toBe('node.changed')
          expect(effect.node).toBe(node)
          if (effect.availability === 'alive') expect(effect.incarnation).toBeGreaterThan(overLife)
          if (effect.availability === 'ended' || effect.availability === 'left') overLife = effect.incarnation
        }
        if (node === self && stateName(before.value) === 'alive') expect(stateName(after.value)).toBe('alive')
      }
    },
  })
})

test('every state is reached and every transition taken', () => {
  const events: NodeEvent[] = [
    { type: 'peer.heard', incarnation: 1 },
    { type: 'peer.heard', incarnation: 2 },
    { type: 'peer.suspected', silentForMs: 100 },
    { type: 'peer.confirmedSilent', silentForMs: 120, waitedMs: 120 },
    { type: 'peer.ended', incarnation: 1, how: 'connection.reset' },
    { type: 'peer.ended', incarnation: 2, how: 'connection.reset' },
    { type: 'peer.ended', incarnation: null, how: 'connection.refused' },
    { type: 'fence.confirmed', incarnation: 1, how: 'fenced' },
    { type: 'fence.confirmed', incarnation: 2, how: 'fenced' },
    { type: 'peer.left', incarnation: 1 },
    { type: 'peer.left', incarnation: 2 },
    { type: 'mastership.acquired', commandedLife: 0 },
    { type: 'mastership.acquired', commandedLife: 2 },
    { type: 'timing.changed', timing: input.timing },
  ]
  expectCoverage(nodeMachine, { explorations: [{ input, events: () => events }] })
})
