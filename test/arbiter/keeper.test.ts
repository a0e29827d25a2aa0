import { expect, test } from 'bun:test'
import { Keeper } from '../../src/arbiter/keeper.ts'
import type { ArbiterPorts } from '../../src/arbiter/ports.ts'
import { loadConfiguration } from '../../src/configuration/load.ts'
import { MemoryDisk } from '../../src/repository/memoryStore.ts'
import type { StoreError } from '../../src/repository/storeError.ts'
import { writeConfiguration } from '../configuration/support.ts'
import { ManualClock } from '../support/manualClock.ts'

const text = `cluster: demo
nodes:
  n1: { links: [127.0.0.1:7101] }
  n2: { links: [127.0.0.1:7111] }
arbiter: { name: third, links: [127.0.0.1:7121] }
`

/** A world in which nothing is heard, and what a life was given can be failed. */
function world() {
  const clock = new ManualClock()
  const disk = new MemoryDisk({ clock, id: 'disk' })
  const told: string[] = []
  let lives = 0
  let fail = (_: StoreError): void => {}
  let outdate = (_: number, __: string): void => {}
  let isOpenable = true
  const ports = {
    clock,
    seed: () => 1,
    turn: (callback: () => void) => void clock.setTimer(0, callback),
    nextIncarnation: () => ++lives,
    openRecorder: () => ({ append() {}, close: () => told.push('recorder closed') }),
    openLiveness: () => ({ alive() {}, ended: () => told.push('said to have ended'), endedPeers: [], close() {} }),
    openStore: async () => {
      if (!isOpenable) throw new Error('no room')
      const store = disk.open()
      store.onFailure = (callback) => {
        fail = callback
      }
      return store
    },
    openHeartbeatNetwork: async () => ({ send() {}, links: () => ({}), setPeers() {}, close() {} }),
    openNetwork: async ({ onLaterLife }: { onLaterLife: typeof outdate }) => {
      outdate = onLaterLife
      return { send() {}, close() {} }
    },
    setAside: (_: string, known: number) => {
      told.push(`set aside, ${known}`)
      return null
    },
  } as unknown as ArbiterPorts
  const keeper = new Keeper(loadConfiguration(writeConfiguration(text)), ports)
  return {
    keeper,
    told,
    lives: () => lives,
    fail: () => fail({ message: 'disk full' } as StoreError),
    outdate: () => outdate(7, 'n1'),
    allowOpening: (isAllowed: boolean) => {
      isOpenable = isAllowed
    },
    /** What is closed and opened takes turns of the event loop between steps of the clock. */
    async pass(ms: number) {
      for (let passedMs = 0; passedMs < ms; passedMs += 100) {
        clock.advance(100)
        await Bun.sleep(0)
      }
    },
  }
}

test('a life that ends is cleared away, and the next begins, later each time', async () => {
  const { keeper, told, lives, fail, allowOpening, pass } = world()
  await keeper.open()
  expect(lives()).toBe(1)
  allowOpening(false)
  fail()
  fail()
  await pass(500)
  expect(told).toEqual(['recorder closed', 'said to have ended'])
  expect(lives()).toBe(1)
  await pass(1000)
  expect(lives()).toBe(2)
  allowOpening(true)
  await pass(1000)
  expect(lives()).toBe(2)
  await pass(1500)
  expect(lives()).toBe(3)
  await keeper.close()
  await pass(100_000)
  expect(lives()).toBe(3)
})

test('an old disk is set aside once nothing writes to it any more', async () => {
  const { keeper, told, lives, outdate, pass } = world()
  await keeper.open()
  outdate()
  await pass(500)
  expect(told).toEqual(['recorder closed', 'said to have ended', 'set aside, 7'])
  await pass(1000)
  expect(lives()).toBe(2)
  await keeper.close()
})
