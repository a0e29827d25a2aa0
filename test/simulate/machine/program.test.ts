/** What a program does that stood still with its machine, when it wakes. */
import { expect, test } from 'bun:test'
import { SimulatedProgram } from '../../../src/simulate/machine/program.ts'
import type { SimulatedSdk } from '../../../src/simulate/machine/sdk.ts'
import { randomOf } from '../../../src/simulate/random.ts'
import { MachineClock } from '../../../src/simulate/world/clocks.ts'
import { World } from '../../../src/simulate/world/world.ts'

const token = { epoch: 1, index: 1 }

/** `safe` is exclusive, `open` is not; it has stood still from 100 to 200 ms. */
function awakened(roles: Record<string, 'primary' | 'secondary'> = { safe: 'primary', open: 'primary' }) {
  const world = new World()
  const seen: string[] = []
  const program = new SimulatedProgram({
    world,
    machine: new MachineClock(world),
    random: randomOf(1, 'program'),
    faults: { hangRate: 0, failRate: 0, crashRate: 0, slowRate: 0 },
    component: 'n1/service',
    incarnation: 1,
    isAware: true,
    isExclusive: (assignment) => assignment === 'safe',
    isSelfDetermining: false,
    isLeaseHeld: () => false,
    initial: null,
    slowMs: 10,
    onRole: ({ assignment, role }) => seen.push(`${assignment} ${role}`),
    onToken: (holder) => seen.push(holder),
    onExit: () => {},
  })
  program.granted(150)
  const sdk = { answer: () => {} } as unknown as SimulatedSdk
  let commandCount = 0
  const tell = (assignment: string, role: 'primary' | 'secondary') => {
    const component = `n1/service/${assignment}` as const
    const told = { component, incarnation: 1, assignment, role, token, timeLimitMs: 100, peers: [], level: 1 }
    program.told((commandCount += 1), told as Parameters<SimulatedProgram['told']>[1], sdk)
  }
  for (const [assignment, role] of Object.entries(roles)) tell(assignment, role)
  world.runUntil(100)
  program.pause()
  world.runUntil(200)
  seen.length = 0
  program.resume()
  return { world, program, seen, tell }
}

test('for what must be exclusive it does nothing until it has a lease, for other things it goes on', () => {
  const { world, program, seen } = awakened()
  expect(seen).toEqual(['open primary', 'resource open'])
  world.runUntil(1_000)
  expect(new Set(seen)).toEqual(new Set(['open primary', 'resource open']))
  program.granted(1_000)
  world.runUntil(2_000)
  expect(new Set(seen)).toEqual(new Set(['open primary', 'resource open', 'safe primary', 'resource safe']))
})

test('told to be primary meanwhile it stands by no more, and acts once it has a lease', () => {
  const { world, program, seen, tell } = awakened({ safe: 'secondary' })
  tell('safe', 'primary')
  world.runUntil(1_000)
  expect(new Set(seen)).toEqual(new Set(['program n1/service/safe 1', 'safe offline']))
  program.granted(1_000)
  world.runUntil(2_000)
  expect(seen).toContain('safe primary')
})
