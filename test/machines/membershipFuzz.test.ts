import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { type MembershipContext, membership } from '../../machines/membership.ts'
import { type Message, stateName } from '../../src/engine/step.ts'
import { expectCoverage, fuzz, type Step } from '../support/machines.ts'
import {
  committed,
  ended,
  fenced,
  heard,
  leaseLost,
  members,
  of,
  offered,
  preVoteWon,
  raised,
  refused,
  resign,
  resigned,
  start,
  stop,
  suspected,
  timing,
  vice,
  voteWon,
} from './membership/words.ts'

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
  {
    weight: 1,
    arbitrary: fc.tuple(fc.subarray(['n1', 'n2', 'n3']), fc.boolean()).map(([names, is]) => members(names, is)),
  },
  { weight: 1, arbitrary: node.map((name) => fenced(name)) },
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
    input: fc.constantFrom(of('n1'), of('n1', ['n1']), of('n1', ['n1', 'n2'])),
    event: anyEvent,
    resolve: (event, { context }) =>
      typeof event.epoch === 'number' ? { ...event, epoch: Math.max(0, context.epoch + event.epoch) } : event,
    check: () => watch(),
  })
})

test('every state is reached and every transition taken', () => {
  const epochs = [1, 2, 3]
  const events = [
    { type: 'timing.changed', timing },
    { ...start, epoch: 1 },
    stop,
    leaseLost,
    vice('n2'),
    resign(null),
    members(['n1', 'n2']),
    members(['n2'], false),
    fenced('n2'),
    suspected('n2'),
    ended('n2'),
    resigned('n2'),
    ...epochs.flatMap((epoch) => [heard('n2', epoch), offered('n2', epoch), raised(epoch)]),
    ...epochs.flatMap((epoch) => [preVoteWon, voteWon, refused, committed].map((say) => say(epoch))),
  ]
  expectCoverage(membership, {
    explorations: [of('n1', ['n1', 'n2']), of('n1', ['n1'])].map((input) => ({
      input,
      events: ({ context }) => (context.epoch > 3 ? [] : events),
      keyOf: ({ value, context: { epoch, leader, vice, successor, isStopping, isEligible } }) =>
        JSON.stringify([value, epoch, leader, vice, successor, isStopping, isEligible]),
    })),
  })
})
