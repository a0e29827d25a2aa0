import { expect, test } from 'bun:test'
import type { NodeAvailability } from '../../../machines/model/status.ts'
import { Watcher } from '../../../src/node/http/watcher.ts'
import type { Parts } from '../../../src/node/parts.ts'

/** A node n1 that sees n2 and n3, and hears the master's word. */
class Scene {
  nowMs = 0
  leader: string | null = 'n1'
  readonly availabilities: Record<string, NodeAvailability> = { n2: 'alive', n3: 'alive' }
  primary: string | null = 'n2/ledger'
  failure: object | null = null
  #listener = () => {}
  readonly watcher: Watcher

  constructor() {
    const scene = this
    const parts = {
      self: 'n1',
      peers: ['n2', 'n3'],
      clock: { nowMs: () => scene.nowMs },
      configuration: { nodes: { n2: { links: [{}, {}] }, n3: { links: [{}] } } },
      engine: {
        has: () => true,
        snapshot: (actor: string) => ({ context: { availability: scene.availabilities[actor.slice('node/'.length)] } }),
      },
      sight: { linkHeardMs: () => scene.nowMs - 120 },
      replica: {
        get leader() {
          return scene.leader
        },
      },
      publisher: {
        changes: (listener: () => void) => {
          scene.#listener = listener
        },
        get word() {
          const components = ['n1', 'n2', 'n3'].map((node) => ({ component: `${node}/ledger`, failure: scene.failure }))
          return { assignments: [{ name: 'ledger', primary: scene.primary }], components }
        },
      },
    } as unknown as Parts
    this.watcher = new Watcher(parts)
    this.watcher.start()
  }

  /** Something has changed, and was looked at. */
  async changed(
    change: Partial<Pick<Scene, 'primary' | 'leader' | 'failure'>> & { passedMs?: number } = {},
  ): Promise<void> {
    const { passedMs = 0, ...rest } = change
    this.nowMs += passedMs
    Object.assign(this, rest)
    this.#listener()
    await Bun.sleep(30)
  }
}

const countsOf = ({ watcher }: Scene) => ({
  failovers: watcher.failoverCounts.get('ledger'),
  switchovers: watcher.switchoverCounts.get('ledger'),
})
const sumOf = (lines: readonly string[]) => Number(lines.find((line) => line.startsWith('x_sum'))?.split(' ')[1])

test('counts begin at 0, so that the first one is a rise', async () => {
  const scene = new Scene()
  await scene.changed()
  expect(countsOf(scene)).toEqual({ failovers: 0, switchovers: 0 })
})

test('a primary whose node is lost is failed over from, and the outage is measured to the next one', async () => {
  const scene = new Scene()
  await scene.changed()
  scene.availabilities.n2 = 'unreachable'
  await scene.changed()
  await scene.changed({ passedMs: 1500, primary: 'n3/ledger' })
  expect(countsOf(scene)).toEqual({ failovers: 1, switchovers: 0 })
  expect(sumOf(scene.watcher.outageSeconds.lines('x'))).toBeCloseTo(1.5)
  expect(sumOf(scene.watcher.detectionSeconds.lines('x'))).toBeCloseTo(0.12)
})

test('one that fell out of its role, too; one that was relieved is a switch-over', async () => {
  const scene = new Scene()
  await scene.changed()
  await scene.changed({ primary: null, failure: { code: 'process.exited', detail: '' } })
  await scene.changed({ passedMs: 40, primary: 'n1/ledger', failure: null })
  expect(countsOf(scene)).toEqual({ failovers: 1, switchovers: 0 })
  await scene.changed({ primary: null })
  await scene.changed({ passedMs: 10, primary: 'n3/ledger' })
  expect(countsOf(scene)).toEqual({ failovers: 1, switchovers: 1 })
  expect(scene.watcher.outageSeconds.lines('x').at(-1)).toBe('x_count{assignment="ledger"} 2')
})

test('the same one again is an outage and no fail-over', async () => {
  const scene = new Scene()
  await scene.changed()
  await scene.changed({ primary: null, failure: { code: 'process.exited', detail: '' } })
  await scene.changed({ passedMs: 100, primary: 'n2/ledger', failure: null })
  expect(countsOf(scene)).toEqual({ failovers: 0, switchovers: 0 })
  expect(sumOf(scene.watcher.outageSeconds.lines('x'))).toBeCloseTo(0.1)
})

test('a master that follows another is a change, one that is back is none', async () => {
  const scene = new Scene()
  await scene.changed()
  await scene.changed({ leader: null })
  await scene.changed({ leader: 'n1' })
  expect(scene.watcher.mastershipChangeCount).toBe(0)
  await scene.changed({ leader: 'n3' })
  expect(scene.watcher.mastershipChangeCount).toBe(1)
})
