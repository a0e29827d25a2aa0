import { expect, test } from 'bun:test'
import { Leaving } from '../../src/node/leaving.ts'
import { ManualClock } from '../support/manualClock.ts'

function leaving(of: { stopsAfterMs: number; resignsAfterMs: number; hasMaster?: boolean; isStubborn?: boolean }) {
  const clock = new ManualClock()
  const said: string[] = []
  let isOrdered = false
  let resignedAtMs = Number.POSITIVE_INFINITY
  const made: Leaving = new Leaving({
    clock,
    announce: () => said.at(-1) !== 'announce' && said.push('announce'),
    hasMaster: () => of.hasMaster ?? true,
    areComponentsStopped: () => isOrdered || clock.nowMs() >= of.stopsAfterMs,
    stopComponents: () => {
      said.push('stopComponents')
      isOrdered = of.isStubborn !== true
    },
    isMaster: () => clock.nowMs() < resignedAtMs,
    resign: () => {
      said.push('resign')
      resignedAtMs = clock.nowMs() + of.resignsAfterMs
    },
    sayLeft: () => said.push(made.isClosed() ? 'sayLeft' : 'sayLeft while roles are taken'),
    done: () => said.push('done'),
  })
  return { clock, said, made }
}

/** Promises settle between steps of the clock. */
async function run(clock: ManualClock, forMs: number): Promise<void> {
  for (let ms = 0; ms < forMs; ms += 10) {
    clock.advance(10)
    await Promise.resolve()
    await Promise.resolve()
    await Promise.resolve()
  }
}

test('roles first, then the mastership, then the good-bye (SPEC S8)', async () => {
  const { clock, said, made } = leaving({ stopsAfterMs: 100, resignsAfterMs: 50 })
  void made.leave()
  expect(made.isLeaving()).toBe(true)
  await run(clock, 1000)
  expect(said).toEqual(['announce', 'resign', 'sayLeft', 'done'])
})

test('what nobody takes over is stopped at the limit', async () => {
  const { clock, said, made } = leaving({ stopsAfterMs: Number.POSITIVE_INFINITY, resignsAfterMs: 50 })
  void made.leave()
  await run(clock, 10_000)
  expect(said.filter((what) => what !== 'announce')).toEqual(['stopComponents', 'resign', 'sayLeft', 'done'])
})

test('without a master there is nobody to hand over to', async () => {
  const { clock, said, made } = leaving({ stopsAfterMs: Number.POSITIVE_INFINITY, resignsAfterMs: 0, hasMaster: false })
  void made.leave()
  await run(clock, 500)
  expect(said.filter((what) => what !== 'announce')).toEqual(['stopComponents', 'resign', 'sayLeft', 'done'])
})

test('what would not stop is not said to have left: that is for the guard to say, when it has killed it', async () => {
  const { clock, said, made } = leaving({ stopsAfterMs: Number.POSITIVE_INFINITY, resignsAfterMs: 0, isStubborn: true })
  void made.leave()
  await run(clock, 10_000)
  expect(said.filter((what) => what !== 'announce')).toEqual(['stopComponents', 'resign', 'done'])
})
