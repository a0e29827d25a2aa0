import { expect, test } from 'bun:test'
import fc from 'fast-check'
import type { AnyMachineSnapshot } from 'xstate'
import { type FencingContext, type FencingEffect, type FencingEvent, fencing } from '../../machines/fencing.ts'
import type { NodeAvailability } from '../../machines/model/status.ts'
import { type Message, stateName } from '../../src/engine/step.ts'
import { elapse, expectCoverage, expectTranscript, fuzz } from '../support/machines.ts'

const input = {
  node: 'n2',
  self: 'n1',
  hasAgent: true,
  isPair: false,
  delayMs: 2000,
  comeBackMs: 3000,
  attemptCountMax: 2,
  retryDelayMs: 1000,
}
const ofPair = { ...input, isPair: true }
const agentless = { ...input, hasAgent: false }

const node = (availability: NodeAvailability, incarnation = 3) =>
  ({ type: 'node.changed', availability, incarnation }) as const
const needed = { type: 'need.changed', isNeeded: true } as const
const acquired = { type: 'mastership.acquired' } as const
const lost = { type: 'mastership.lost' } as const
const succeeded = (attempt: number) => ({ type: 'fence.succeeded', attempt }) as const
const failed = (attempt: number) => ({ type: 'fence.failed', attempt, detail: 'exit code 1' }) as const
const run = { type: 'fence.run', id: 'n1:1:1' } as const
const confirm = { type: 'fence.confirm', id: 'n1:1:2' } as const

test('the master has a silent node fenced that may be active; a confirmation says which life', () => {
  expectTranscript(
    fencing,
    input,
    [
      acquired,
      node('alive'),
      needed,
      node('suspect'),
      node('unreachable'),
      elapse('race'),
      succeeded(1),
      node('ended'),
      node('alive', 4),
    ],
    `
      idle
    > mastership.acquired
      idle
    > node.changed availability=alive incarnation=3
      idle
    > need.changed isNeeded=true
      idle
    > node.changed availability=suspect incarnation=3
      idle
    > node.changed availability=unreachable incarnation=3
      delayed
      @ race 0 ms
    > time.elapsed delay=race
      fencing
      < fence.request node=n2 incarnation=3 attempt=1
    > fence.succeeded attempt=1
      confirmed
      < fence.confirmed node=n2 incarnation=3 how=fenced
    > node.changed availability=ended incarnation=3
      confirmed
    > node.changed availability=alive incarnation=4
      idle
    `,
  )
})

test('a node that is heard again is not fenced: the attempt is abandoned and its answer counts for nothing', () => {
  expectTranscript(
    fencing,
    input,
    [
      acquired,
      needed,
      node('unreachable'),
      elapse('race'),
      node('alive'),
      succeeded(1),
      node('unreachable'),
      elapse('race'),
      succeeded(1),
      succeeded(2),
    ],
    `
      idle
    > mastership.acquired
      idle
    > need.changed isNeeded=true
      idle
    > node.changed availability=unreachable incarnation=3
      delayed
      @ race 0 ms
    > time.elapsed delay=race
      fencing
      < fence.request node=n2 incarnation=3 attempt=1
    > node.changed availability=alive incarnation=3
      idle
      < fence.abandon node=n2 attempt=1
    > fence.succeeded attempt=1
      idle
    > node.changed availability=unreachable incarnation=3
      delayed
      @ race 0 ms
    > time.elapsed delay=race
      fencing
      < fence.request node=n2 incarnation=3 attempt=2
    > fence.succeeded attempt=1
      fencing
    > fence.succeeded attempt=2
      confirmed
      < fence.confirmed node=n2 incarnation=3 how=fenced
    `,
  )
})

test('attempts are bounded, with a pause between them; an operator may order more, or say that it is off', () => {
  expectTranscript(
    fencing,
    input,
    [
      acquired,
      needed,
      node('unreachable'),
      elapse('race'),
      failed(1),
      elapse('retry'),
      failed(2),
      run,
      run,
      failed(3),
      elapse('retry'),
      failed(4),
      confirm,
    ],
    `
      idle
    > mastership.acquired
      idle
    > need.changed isNeeded=true
      idle
    > node.changed availability=unreachable incarnation=3
      delayed
      @ race 0 ms
    > time.elapsed delay=race
      fencing
      < fence.request node=n2 incarnation=3 attempt=1
    > fence.failed attempt=1 detail="exit code 1"
      backingOff
      @ retry 1000 ms
    > time.elapsed delay=retry
      fencing
      < fence.request node=n2 incarnation=3 attempt=2
    > fence.failed attempt=2 detail="exit code 1"
      failed
      < fence.gaveUp node=n2 attemptCount=2 detail="exit code 1"
    > fence.run id=n1:1:1
      fencing
      < fence.request node=n2 incarnation=3 attempt=3
    > fence.run id=n1:1:1
      fencing
      < operation.answer id=n1:1:1 result={ok: false, code: refused, text: "n2 is being fenced already"}
    > fence.failed attempt=3 detail="exit code 1"
      backingOff
      @ retry 1000 ms
    > time.elapsed delay=retry
      fencing
      < fence.request node=n2 incarnation=3 attempt=4
    > fence.failed attempt=4 detail="exit code 1"
      failed
      < fence.gaveUp node=n2 attemptCount=2 detail="exit code 1"
      < operation.answer id=n1:1:1 result={ok: false, code: refused, text: "n2 could not be fenced: exit code 1"}
    > fence.confirm id=n1:1:2
      confirmed
      < fence.confirmed node=n2 incarnation=3 how=operator
      < operation.answer id=n1:1:2 result={ok: true, text: "n2 is taken to be off"}
    `,
  )
})

test('a node that is not master fences nobody, except the other of a pair, later if that is the better-ranked', () => {
  expectTranscript(
    fencing,
    input,
    [node('alive'), needed, node('unreachable'), acquired, lost],
    `
      idle
    > node.changed availability=alive incarnation=3
      idle
    > need.changed isNeeded=true
      idle
    > node.changed availability=unreachable incarnation=3
      idle
    > mastership.acquired
      delayed
      @ race 0 ms
    > mastership.lost
      idle
    `,
  )
  expectTranscript(
    fencing,
    ofPair,
    [node('unreachable'), node('alive'), node('unreachable'), elapse('race')],
    `
      idle
    > node.changed availability=unreachable incarnation=3
      idle
    > node.changed availability=alive incarnation=3
      idle
    > node.changed availability=unreachable incarnation=3
      delayed
      @ race 2000 ms
    > time.elapsed delay=race
      fencing
      < fence.request node=n2 incarnation=3 attempt=1
    `,
  )
})

test('of a pair one that has ended and does not come back is fenced; of one that left an operator may say that it is off', () => {
  expectTranscript(
    fencing,
    ofPair,
    [node('alive'), node('ended'), node('alive', 4), node('ended', 4), elapse('race'), succeeded(1)],
    `
      idle
    > node.changed availability=alive incarnation=3
      idle
    > node.changed availability=ended incarnation=3
      delayed
      @ race 5000 ms
    > node.changed availability=alive incarnation=4
      idle
    > node.changed availability=ended incarnation=4
      delayed
      @ race 5000 ms
    > time.elapsed delay=race
      fencing
      < fence.request node=n2 incarnation=4 attempt=1
    > fence.succeeded attempt=1
      confirmed
      < fence.confirmed node=n2 incarnation=4 how=fenced
    `,
  )
  expectTranscript(
    fencing,
    ofPair,
    [node('alive'), node('left'), confirm],
    `
      idle
    > node.changed availability=alive incarnation=3
      idle
    > node.changed availability=left incarnation=3
      idle
    > fence.confirm id=n1:1:2
      confirmed
      < fence.confirmed node=n2 incarnation=3 how=operator
      < operation.answer id=n1:1:2 result={ok: true, text: "n2 is taken to be off"}
    `,
  )
})

test('without an agent nothing is asked of anybody; a node that is heard cannot be said to be off', () => {
  expectTranscript(
    fencing,
    agentless,
    [acquired, needed, run, node('alive'), confirm, node('unreachable'), confirm],
    `
      idle
    > mastership.acquired
      idle
    > need.changed isNeeded=true
      idle
    > fence.run id=n1:1:1
      idle
      < operation.answer id=n1:1:1 result={ok: false, code: refused, text: "n2 has no fence agent"}
    > node.changed availability=alive incarnation=3
      idle
    > fence.confirm id=n1:1:2
      idle
      < operation.answer id=n1:1:2 result={ok: false, code: refused, text: "n2 is not silent: only a node that is unreachable or isolated can be said to be off"}
    > node.changed availability=unreachable incarnation=3
      idle
    > fence.confirm id=n1:1:2
      confirmed
      < fence.confirmed node=n2 incarnation=3 how=operator
      < operation.answer id=n1:1:2 result={ok: true, text: "n2 is taken to be off"}
    `,
  )
})

const availability = fc.constantFrom<NodeAvailability>(
  'unknown',
  'alive',
  'suspect',
  'unreachable',
  'isolated',
  'ended',
  'left',
)
const anyEvent: fc.Arbitrary<Message> = fc.oneof(
  fc.tuple(availability, fc.nat(3)).map(([of, incarnation]): Message => node(of, incarnation)),
  fc.boolean().map((isNeeded): Message => ({ type: 'need.changed', isNeeded })),
  fc.constantFrom<Message>(acquired, lost, run, confirm),
  fc.nat(6).map((attempt): Message => succeeded(attempt)),
  fc.nat(6).map((attempt): Message => failed(attempt)),
)

test('whatever happens: one attempt at a time, no stale answer counts, and only a silent node is said to be off', () => {
  fuzz(fencing, {
    input: fc.constantFrom(input, ofPair, agentless),
    event: anyEvent,
    check: ({ hasAgent, isPair }) => {
      let lastAttempt = 0
      return ({ before, after, delivered, effects }) => {
        const context = before.context as FencingContext
        const { attempt } = after.context as FencingContext
        for (const effect of effects as readonly unknown[] as FencingEffect[]) {
          if (effect.type === 'fence.request') {
            expect(hasAgent).toBe(true)
            expect(effect.attempt).toBe(lastAttempt + 1)
            lastAttempt = effect.attempt
          }
          if (effect.type === 'fence.confirmed') {
            const gone = ['unreachable', 'isolated', ...(isPair ? ['ended'] : [])]
            const confirmable = effect.how === 'operator' && isPair ? [...gone, 'left'] : gone
            expect(confirmable).toContain(context.availability)
            expect(effect.incarnation).toBe(context.incarnation)
            if (effect.how === 'fenced') {
              expect(stateName(before.value)).toBe('fencing')
              expect(delivered.attempt).toBe(context.attempt)
            }
          }
        }
        expect(attempt).toBe(lastAttempt)
      }
    },
  })
})

test('every state is reached and every transition taken', () => {
  // The number of attempts made, and lives, grow for ever: two snapshots that differ in nothing else are one.
  const keyOf = (snapshot: AnyMachineSnapshot) =>
    JSON.stringify([snapshot.value, { ...(snapshot.context as FencingContext), attempt: 0 }])
  const events = (snapshot: AnyMachineSnapshot): FencingEvent[] => {
    const { attempt } = snapshot.context as FencingContext
    return [
      node('alive', 1),
      node('unreachable', 1),
      needed,
      { type: 'need.changed', isNeeded: false },
      acquired,
      lost,
      succeeded(attempt),
      failed(attempt),
      run,
      confirm,
    ]
  }
  expectCoverage(fencing, {
    explorations: [input, agentless].map((each) => ({ input: each, events, keyOf })),
    exempt: {
      'delayed fence.run #2': 'only a node with an agent is delayed',
      'delayed fence.confirm #2': 'a node that is heard leaves the state at once',
      'failed fence.run #2': 'only a node with an agent can fail to be fenced',
      'failed fence.confirm #2': 'a node that is heard leaves the state at once',
    },
  })
})
