import { expect, test } from 'bun:test'
import { and, assign, not, or, setup } from 'xstate'
import { initialStep, step } from '../../src/engine/step.ts'
import { guardsOf } from '../../src/recorder/guards.ts'

const machine = setup({
  types: {
    context: {} as { level: number },
    events: {} as { type: 'door.push'; force: number } | { type: 'door.knock' },
  },
  guards: {
    isStrong: ({ event }) => event.type === 'door.push' && event.force > 5,
    isOver: ({ context }, level: number) => context.level > level,
  },
  actions: { raise: assign({ level: ({ context }) => context.level + 10 }) },
}).createMachine({
  id: 'door',
  context: { level: 0 },
  initial: 'closed',
  states: {
    closed: {
      on: {
        'door.push': [
          { guard: and(['isStrong', { type: 'isOver', params: 3 }]), target: 'broken' },
          { guard: or([not('isStrong'), { type: 'isOver', params: 100 }]), target: 'closed', actions: 'raise' },
          { target: 'open', actions: 'raise' },
        ],
        'door.knock': 'open',
      },
    },
    open: { always: { guard: { type: 'isOver', params: 5 }, target: 'wide' } },
    wide: {},
    broken: {},
  },
})

const { snapshot: closed } = initialStep(machine, undefined)

test('what held of the transition that was taken, and what kept others from being', () => {
  expect(guardsOf(machine, closed, { type: 'door.push', force: 1 })).toEqual([
    { guard: 'isStrong', held: false },
    { guard: 'isOver(3)', held: false },
    { guard: 'isOver(100)', held: false },
  ])
  const raised = step(machine, closed, { type: 'door.push', force: 1 }).snapshot
  expect(guardsOf(machine, raised, { type: 'door.push', force: 9 })).toEqual([
    { guard: 'isStrong', held: true },
    { guard: 'isOver(3)', held: true },
  ])
})

test('what it did of itself afterwards counts, too', () => {
  expect(guardsOf(machine, closed, { type: 'door.push', force: 9 })).toContainEqual({ guard: 'isOver(5)', held: true })
})

test('no guard, or an event that it does not heed: nothing', () => {
  expect(guardsOf(machine, closed, { type: 'door.knock' })).toEqual([])
  expect(guardsOf(machine, closed, { type: 'door.paint' })).toEqual([])
})
