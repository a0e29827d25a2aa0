import { expect, test } from 'bun:test'
import { createStore } from '../../../../src/manage/console/state/store.ts'

function storeOf() {
  const frames: (() => void)[] = []
  const store = createStore<readonly string[], string>({
    initial: [],
    reduce: (state, action) => (action === '' ? state : [...state, action]),
    schedule: (work) => frames.push(work),
  })
  let count = 0
  store.subscribe(() => {
    count += 1
  })
  return { store, frames, drawn: () => count }
}

test('whatever comes within a frame is drawn once', () => {
  const { store, frames, drawn } = storeOf()
  for (const action of ['a', 'b', 'c']) store.enqueue(action)
  expect([frames.length, drawn(), store.state()]).toEqual([1, 0, []])
  frames[0]!()
  expect([drawn(), store.state()]).toEqual([1, ['a', 'b', 'c']])
  store.enqueue('d')
  expect(frames).toHaveLength(2)
})

test('what is done at once comes after what was gathered', () => {
  const { store, frames, drawn } = storeOf()
  store.enqueue('a')
  store.dispatch('b')
  expect([store.state(), drawn()]).toEqual([['a', 'b'], 1])
  frames[0]!()
  expect([store.state(), drawn()]).toEqual([['a', 'b'], 1])
})

test('what changes nothing draws nothing', () => {
  const { store, drawn } = storeOf()
  store.dispatch('')
  expect(drawn()).toBe(0)
})
