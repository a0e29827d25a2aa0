import { describe, expect, test } from 'bun:test'
import { type DetailState, details, fullDetail, judge } from '../../src/recorder/detail.ts'

const after = (state: DetailState, loads: readonly (readonly [now: number, oneHigher: number])[]) =>
  loads.reduce((one, [now, oneHigher]) => judge(one, { now, oneHigher }), state)

describe('detail', () => {
  test('is lowered a level with each second over the budget, and no further than there are levels', () => {
    expect(after(fullDetail, [[1, 1]]).detail).toBe('full')
    expect(after(fullDetail, [[1.1, 1.1]]).detail).toBe('incidents')
    const overAndOver = Array<[number, number]>(5).fill([3, 3])
    expect(after(fullDetail, overAndOver).detail).toBe('changes')
  })

  test('is raised only after three seconds in a row in which the level above would have been cheap', () => {
    const low: DetailState = { detail: 'changes', calmCount: 0 }
    const calm = [0.1, 0.5] as const
    expect(after(low, [calm, calm]).detail).toBe('changes')
    expect(after(low, [calm, calm, calm])).toEqual({ detail: 'incidents', calmCount: 0 })
    expect(after(low, [calm, calm, [0.1, 0.9], calm, calm]).detail).toBe('changes')
    expect(after(low, [calm, calm, calm, calm, calm, calm])).toEqual(fullDetail)
    expect(after(fullDetail, [calm, calm, calm, calm])).toEqual(fullDetail)
  })

  test('what would go over the budget again is not gone back to, however long it lasts', () => {
    let state: DetailState = { detail: 'incidents', calmCount: 0 }
    for (let second = 0; second < 100; second += 1) state = judge(state, { now: 0.3, oneHigher: 2 })
    expect(state.detail).toBe('incidents')
    expect(details).toContain(state.detail)
  })
})
