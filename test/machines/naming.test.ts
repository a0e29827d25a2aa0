import { expect, test } from 'bun:test'
import { assign, emit } from 'xstate'
import { actionNameOf, named } from '../../machines/naming.ts'

test('actions are known by their keys, and what makes them by its parameters too', () => {
  const actions = named({ note: assign({}), say: (what: string) => emit({ type: what }) })
  expect(actionNameOf(actions.note)).toEqual({ name: 'note', params: [] })
  expect(actionNameOf(actions.say('heard'))).toEqual({ name: 'say', params: ['heard'] })
  expect(actionNameOf(assign({}))).toBeNull()
})

test('they stay the actions they were', () => {
  const note = assign({})
  expect(named({ note }).note).toBe(note)
})
