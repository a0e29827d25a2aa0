import { expect, test } from 'bun:test'
import { Notables, type Recorded } from '../../src/clusterLog/notable.ts'

const base = { time: { us: 1, count: 0 }, actor: 'lamp' }
let sequence = 0
const of = (more: Partial<Recorded>): Recorded => ({
  kind: 'step',
  ...base,
  sequence: ++sequence,
  ...more,
})

test('starts, changes of state, effects and ends matter; steps without any outcome do not', () => {
  const notables = new Notables('n1', 2)
  const start = notables.take(of({ kind: 'start', machine: 'lamp', state: 'dark', effects: [] }))
  expect(start).toMatchObject({
    node: 'n1',
    incarnation: 2,
    kind: 'start',
    machine: 'lamp',
    fromState: null,
    state: 'dark',
    event: { type: 'start' },
  })
  expect(notables.take(of({ state: 'dark', event: { type: 'lamp.seen' }, effects: [] }))).toBeNull()
  expect(
    notables.take(of({ state: 'dark', event: { type: 'lamp.seen' }, effects: [{ type: 'peers.introduce' }] })),
  ).toBeNull()
  const cause = { node: 'n2', incarnation: 1, sequence: 4 }
  const pressed = notables.take(of({ state: 'lit', event: { type: 'lamp.pressed' }, cause, effects: [] }))
  expect(pressed).toMatchObject({ fromState: 'dark', state: 'lit', cause: 'n2:1:4', machine: 'lamp' })
  const told = notables.take(of({ state: 'lit', event: { type: 'lamp.asked' }, effects: [{ type: 'lamp.tell' }] }))
  expect(told).toMatchObject({ fromState: 'lit', state: 'lit', effects: [{ type: 'lamp.tell' }] })
  expect(notables.take(of({ kind: 'end', state: 'lit' }))).toMatchObject({ kind: 'end', event: { type: 'end' } })
})

test('a snapshot tells what an actor was in, and goes nowhere itself', () => {
  const notables = new Notables('n1', 1)
  expect(notables.take(of({ kind: 'snapshot', machine: 'lamp', state: 'dark' }))).toBeNull()
  expect(notables.take(of({ kind: 'omitted', of: 'snapshot', state: 'dark' }))).toBeNull()
  expect(notables.take(of({ state: 'dark', event: { type: 'lamp.seen' } }))).toBeNull()
  const omitted = notables.take(of({ kind: 'omitted', of: 'step', state: 'lit', eventType: 'lamp.told' }))
  expect(omitted).toMatchObject({ kind: 'omitted', machine: 'lamp', event: { type: 'lamp.told' }, fromState: 'dark' })
})

test('of an actor that is not known yet a step is told, for it may be a change', () => {
  expect(new Notables('n1', 1).take(of({ state: 'lit', event: { type: 'lamp.seen' } }))).toMatchObject({
    fromState: null,
  })
})

test('quiet steps that were only counted are not told', () => {
  expect(new Notables('n1', 1).take(of({ kind: 'quiet', actor: 'recorder', state: '', fromSequence: 3 }))).toBeNull()
})

test('what an application or the node itself notes is always told, and changes no state', () => {
  const notables = new Notables('n1', 1)
  notables.take(of({ kind: 'start', machine: 'lamp', state: 'dark' }))
  for (const kind of ['application', 'note']) {
    const noted = notables.take(of({ kind, state: '', event: { type: 'bulb.ordered' } }))
    expect(noted).toMatchObject({ kind, event: { type: 'bulb.ordered' } })
  }
  expect(notables.take(of({ state: 'dark', event: { type: 'lamp.seen' } }))).toBeNull()
})
