import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { type ComponentContext, type ComponentInput, component } from '../../machines/component.ts'
import { activeRoles, isRoleChangeAllowed, type Role, roles } from '../../machines/model/roles.ts'
import type { ComponentStatus } from '../../machines/model/status.ts'
import { compareTokens, type Token, zeroToken } from '../../machines/model/token.ts'
import { type Message, stateName } from '../../src/engine/step.ts'
import { expectCoverage, fuzz, type Step } from '../support/machines.ts'
import * as words from './component/words.ts'

const token = fc.record({ epoch: fc.constantFrom(1, 2), index: fc.nat(5) })
const role = fc.constantFrom(...roles)
/** How many lives ago; the kit's `resolve` turns it into an incarnation. */
const age = fc.constantFrom(0, 0, 0, 0, 0, 0, 1)
/** How much newer than the last command: mostly the next or the same one. */
const advance = fc.constantFrom(1, 1, 1, 0, 0, -1)
const peers = fc.subarray([words.peer('n2/ledger secondary 1.2'), words.peer('n3/ledger primary 1.3')])
const why = { code: fc.constantFrom('probe.failed', 'role.failed'), detail: fc.constantFrom('', 'exit code 1') }

function message(type: string, fields: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<Message> {
  return fc.record({ type: fc.constant(type), ...fields }) as fc.Arbitrary<Message>
}

const event: fc.Arbitrary<Message> = fc.oneof(
  {
    weight: 6,
    arbitrary: message('role.assign', { role, advance, level: fc.nat(5), timeLimitMs: fc.nat(5000), peers }),
  },
  { weight: 1, arbitrary: message('role.assign', { role, token, level: fc.nat(5), timeLimitMs: fc.nat(5000), peers }) },
  { weight: 1, arbitrary: message('peers.change', { advance, peers }) },
  { weight: 5, arbitrary: message('process.ready', { age, endpoint: fc.constantFrom(null, 'a:1', 'a:2') }) },
  { weight: 1, arbitrary: message('process.startFailed', { age, ...why }) },
  { weight: 3, arbitrary: message('process.exited', { age, detail: why.detail }) },
  { weight: 1, arbitrary: message('process.stopFailed', { age, detail: why.detail }) },
  { weight: 5, arbitrary: message('role.done', { advance: fc.constantFrom(0, 0, 0, -1), age }) },
  { weight: 2, arbitrary: message('role.failed', { advance: fc.constantFrom(0, 0, -1), age, ...why }) },
  { weight: 1, arbitrary: message('health.failed', { age, ...why }) },
  { weight: 1, arbitrary: message('health.restored', { age }) },
  { weight: 1, arbitrary: message('load.changed', { age, loadPercent: fc.nat(200) }) },
  { weight: 1, arbitrary: message('role.announced', { age, role }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      words.leaseLost,
      words.leaseLost,
      words.leaseGained,
      words.nodeLeave,
      words.containerEnded,
    ),
  },
  { weight: 1, arbitrary: fc.constantFrom(...(['hot', 'warm', 'cold'] as const).map(words.typeChanged)) },
)

const input: fc.Arbitrary<ComponentInput> = fc
  .record({
    standby: fc.constantFrom('hot', 'warm', 'cold'),
    exclusive: fc.boolean(),
    withoutQuorum: fc.constantFrom('stop', 'demote', 'freeze', 'ignore'),
    standsDown: fc.boolean(),
    recovery: fc.constantFrom({}, { first: 'reset' }, { byCode: { 'probe.failed': 'switchover' } }),
    firstIncarnation: fc.constantFrom(1, 7),
  })
  .map((drawn) => ({ ...words.input, ...drawn }) as ComponentInput)

function roleOf(snapshot: { value: unknown }): Role {
  return stateName(snapshot.value).split('.')[0] as Role
}

/** Puts what fits the moment in place of the relative values. */
function resolve(drawn: Message, snapshot: { value: unknown; context: ComponentContext }): Message {
  const { advance, age, ...rest } = drawn as Message & { advance?: number; age?: number }
  const { token: held, incarnation } = snapshot.context
  return {
    ...(drawn.type === 'role.done' || drawn.type === 'role.failed' ? { role: roleOf(snapshot) } : {}),
    ...rest,
    ...(advance === undefined ? {} : { token: { epoch: held.epoch, index: held.index + advance } }),
    ...(age === undefined ? {} : { incarnation: incarnation - age }),
  }
}

/** The world as it is told: which process there is, and what was said of it. */
function watch(of: ComponentInput) {
  let present: number | null = null
  let lastStarted = of.firstIncarnation - 1
  let highest: Token = zeroToken
  let isActive = false
  let told: ComponentStatus | null = null

  return ({ event, before, after, effects }: Step) => {
    const { context } = after as { context: ComponentContext }
    expect(isRoleChangeAllowed({ from: roleOf(before), to: roleOf(after) })).toBe(true)
    expect(compareTokens(context.token, highest)).toBeGreaterThanOrEqual(0)
    highest = context.token

    if (event.type === 'process.exited' && event.incarnation === present) present = null
    for (const effect of effects) {
      if (effect.type === 'process.start') {
        expect(present).toBeNull()
        expect(effect.incarnation).toBe(lastStarted + 1)
        present = lastStarted = effect.incarnation as number
      }
      if (effect.type === 'process.stop') expect(effect.incarnation).toBe(present)
      if (effect.type === 'component.active') {
        expect(effect.isActive).toBe(!isActive)
        isActive = effect.isActive as boolean
      }
      if (effect.type === 'role.invoke') expect(roleOf(after)).toBe(effect.role as Role)
      if (effect.type === 'status.report') told = effect.status as ComponentStatus
    }

    // What the world last heard is what is.
    expect(`${told?.role}.${told?.phase}`).toBe(stateName(after.value))
    expect(told).toMatchObject({
      token: context.token,
      incarnation: context.incarnation,
      failure: context.failure,
      endpoint: context.endpoint,
    })
    expect(told?.announced ?? null).toBe(context.announced)
    expect(told?.loadPercent ?? null).toBe(context.loadPercent)
    expect(context.process === 'absent').toBe(present === null)
    // No process is said to be inactive that may have an active role; none is active that is not there.
    if (isActive) expect(present).not.toBeNull()
    const hasActiveRole = ['primary.assuming', 'primary.ready', 'quiescing.assuming', 'quiescing.ready']
    if (hasActiveRole.includes(stateName(after.value)) && present !== null) expect(isActive).toBe(true)
    // What cannot be told to stand down has gone before it counts as having done so.
    const hasStoodDown = ['quiescing.assuming', 'quiescing.ready', 'spare.ready', 'secondary.ready']
    if (of.exclusive && !context.standsDown && hasStoodDown.includes(stateName(after.value)))
      expect(isActive).toBe(false)
    // Without the lease an exclusive component is on its way out of every active role.
    if (event.type === 'lease.lost' && of.exclusive && isActive) expect(activeRoles).not.toContain(roleOf(after))
  }
}

test('whatever befalls it: roles change as SPEC R1 allows, one process at most, tokens never go back', () => {
  fuzz(component, {
    input,
    event,
    resolve,
    check: watch,
    runCount: 800,
    rendering: words.rendering,
  })
})

test('every state is reached and every transition taken', () => {
  /** All that could happen, told in terms of the moment; tokens stay small because the key leaves them out. */
  const events = (snapshot: { context: ComponentContext }): Message[] => {
    const { incarnation, token: held } = snapshot.context
    const at = (advance: number) => `1.${held.index + advance}`
    return [
      ...roles.flatMap((to) => [words.assign(to, at(1)), words.assign(to, at(0)), words.assign(to, at(-1))]),
      ...roles.flatMap((of) => [words.done(of, at(0), incarnation), words.failed(of, at(0), incarnation)]),
      words.peersChange(at(0), 'n2/ledger secondary 1.2'),
      words.ready(incarnation, 'a:1'),
      words.ready(incarnation, 'a:2'),
      words.startFailed(incarnation),
      words.exited(incarnation),
      words.stopFailed(incarnation),
      words.healthFailed(incarnation),
      words.restored(incarnation),
      words.load(50, incarnation),
      words.announced('primary', incarnation),
      words.leaseLost,
      words.leaseGained,
      words.nodeLeave,
      words.containerEnded,
      ...(['hot', 'warm', 'cold'] as const).map(words.typeChanged),
    ]
  }
  const keyOf = (snapshot: { value: unknown; context: ComponentContext }) => {
    const { process, isActive, endpoint, failure, peers, standby, isLeaseLost } = snapshot.context
    const place = `${stateName(snapshot.value)} ${standby} ${process} ${isActive} ${isLeaseLost}`
    return `${place} ${endpoint} ${failure?.code} ${peers.length}`
  }
  expectCoverage(component, {
    explorations: [
      ...(['hot', 'warm', 'cold'] as const).map((standby) => ({ ...words.input, standby })),
      { ...words.input, withoutQuorum: 'demote' as const, recovery: { first: 'reset' as const } },
      { ...words.input, exclusive: false, withoutQuorum: 'ignore' as const },
    ].map((input) => ({ input, events, keyOf })),
  })
})
