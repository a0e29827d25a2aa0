/** In the simulated world, too, programs in a container end with it. */
import { expect, test } from 'bun:test'
import { simulate } from '../../src/simulate/simulation.ts'

test('a container that crashes takes along what is in it, on its node and no other', () => {
  const running = new Set<string>()
  /** Containers that ended while their contents ran, and what is in them that has not ended yet. */
  let count = 0
  const left = new Map<string, number>()
  const late: string[] = []
  const seen = simulate(1, {
    nodeCount: 3,
    heartbeatIntervalMs: 200,
    minutes: 3,
    profile: 'mixed',
    parts: ['containment'],
    faults: ['component'],
    isEveryFault: true,
    observer: {
      observe(of) {
        for (const [component, atMs] of left) if (of.atMs > atMs + 50) late.push(component)
        if (of.type === 'component.started') running.add(of.component)
        if (of.type === 'node.ended') for (const component of left.keys()) left.delete(component)
        if (of.type !== 'component.ended') return
        running.delete(of.component)
        left.delete(of.component)
        const contained = of.component.replace('/shelf', '/drawer')
        if (contained === of.component || !running.has(contained)) return
        left.set(contained, of.atMs)
        count += 1
      },
    },
    inspect: ({ configuration }) => expect(configuration.relationships?.['drawer-in-shelf']?.kind).toBe('containment'),
  })
  expect(seen.violations).toEqual([])
  expect(count).toBeGreaterThan(3)
  expect(late).toEqual([])
}, 120_000)
