import { expect, test } from 'bun:test'
import fc from 'fast-check'
import {
  checked,
  firstHeard,
  forgiven,
  heard,
  type Suspicion,
  silenceMs,
  unheard,
  vouched,
} from '../../../machines/logic/suspicion.ts'
import { timing } from '../../support/configuration.ts'

/** Checks every 10 ms; what the status became, and when. */
function watch(
  from: Suspicion,
  span: { fromMs: number; toMs: number; multiplier?: number },
  vouch?: (nowMs: number) => number,
) {
  const changes: string[] = []
  let s = from
  for (let nowMs = span.fromMs; nowMs <= span.toMs; nowMs += 10) {
    if (vouch) s = vouched(s, vouch(nowMs))
    const next = checked(s, { nowMs, multiplier: span.multiplier ?? 1 }, timing)
    if (next.status !== s.status) changes.push(`${nowMs} ${next.status}`)
    s = next
  }
  return { s, changes }
}

test('silence is suspected, then confirmed', () => {
  const { changes } = watch(firstHeard(1000), { fromMs: 1000, toMs: 2000 })
  expect(changes).toEqual(['1100 suspected', '1120 confirmed'])
})

test('so is that of a peer nobody ever heard', () => {
  const { changes } = watch(unheard(0), { fromMs: 0, toMs: 2000 })
  expect(changes).toEqual(['100 suspected', '120 confirmed'])
})

test('one packet ends a suspicion that is not confirmed', () => {
  const { s } = watch(firstHeard(0), { fromMs: 0, toMs: 110 })
  expect(s.status).toBe('suspected')
  expect(heard(s, 115, timing).status).toBe('alive')
})

test('the multiplier stretches the time to suspicion', () => {
  const { changes } = watch(firstHeard(0), { fromMs: 0, toMs: 1000, multiplier: 3 })
  expect(changes).toEqual(['300 suspected', '320 confirmed'])
})

test('a peer that others hear is not confirmed silent, until it can hold no node lease any more', () => {
  const { changes } = watch(firstHeard(0), { fromMs: 0, toMs: 2000 }, (nowMs) => nowMs - 5)
  expect(changes).toEqual(['100 suspected', `${timing.nodeLeaseMs} confirmed`])
})

test('others that heard it last when we did do not hold the confirmation up', () => {
  const { changes } = watch(firstHeard(0), { fromMs: 0, toMs: 2000 }, () => 20)
  expect(changes).toEqual(['100 suspected', '120 confirmed'])
})

test('our own lateness is not held against the peer, up to the silence there was', () => {
  const late = forgiven(firstHeard(0), { nowMs: 300, lateMs: 280 })
  expect(silenceMs(late, 300)).toBe(20)
  expect(watch(late, { fromMs: 300, toMs: 1000 }).changes).toEqual(['380 suspected', '400 confirmed'])
  expect(silenceMs(forgiven(firstHeard(290), { nowMs: 300, lateMs: 280 }), 300)).toBe(0)
  expect(silenceMs(heard(late, 310, timing), 330)).toBe(20)
})

test('a peer that flaps counts as alive again only when heard for a while without a gap', () => {
  let { s } = watch(firstHeard(0), { fromMs: 0, toMs: 200 })
  const statuses: string[] = []
  // Heard twice, a gap as long as a silence, then steadily.
  for (const nowMs of [1000, 1020, 1130, 1150, 1170, 1190, 1210, 1229, 1230, 1250]) {
    s = heard(s, nowMs, timing)
    statuses.push(`${nowMs} ${s.status}`)
  }
  expect(statuses.filter((status) => status.endsWith('alive'))).toEqual(['1230 alive', '1250 alive'])
})

const move = fc.oneof(
  fc.record({ type: fc.constant('heard' as const), afterMs: fc.nat(150) }),
  fc.record({ type: fc.constant('vouched' as const), afterMs: fc.nat(50), agoMs: fc.nat(200) }),
  fc.record({ type: fc.constant('late' as const), afterMs: fc.nat(400) }),
  fc.record({ type: fc.constant('checked' as const), afterMs: fc.nat(60), multiplier: fc.integer({ min: 1, max: 5 }) }),
)

test('whatever happens: only packets bring a peer back, and only silence long enough takes it away', () => {
  fc.assert(
    fc.property(fc.array(move, { maxLength: 60 }), (moves) => {
      let nowMs = 0
      let s = firstHeard(0)
      for (const m of moves) {
        nowMs += m.afterMs
        const before = s
        if (m.type === 'heard') s = heard(s, nowMs, timing)
        else if (m.type === 'vouched') s = vouched(s, nowMs - m.agoMs)
        else if (m.type === 'late') s = forgiven(s, { nowMs, lateMs: m.afterMs })
        else s = checked(s, { nowMs, multiplier: m.multiplier }, timing)
        expect(s.heardAtMs).toBeGreaterThanOrEqual(before.heardAtMs)
        expect(s.forgivenMs).toBeLessThanOrEqual(nowMs - s.heardAtMs)
        if (s.status === before.status) continue
        if (s.status === 'alive') expect(m.type).toBe('heard')
        else expect(nowMs - s.heardAtMs).toBeGreaterThanOrEqual(timing.suspectAfterMs)
        if (s.status === 'confirmed') expect(before.status).toBe('suspected')
      }
    }),
  )
})
