/**
 * Steps across assignments, in clusters of all models: what must hold at every prefix of the steps does (`stepsDriver.ts` looks after
 * each), in whatever order they are carried out, and they come to an end.
 */
import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { plan, stepsOfAll } from '../../../../machines/logic/placement/index.ts'
import { freshInput, nodeBecomes, rehearse } from '../../../../machines/logic/placement/rehearse.ts'
import { type ComponentId, hostOf, nodeOf } from '../../../../machines/model/ids.ts'
import type { IntendedRole } from '../../../../machines/model/status.ts'
import {
  dependenciesOf,
  mixedConfiguration,
  pick,
  type Random,
  randomFrom,
  randomRoles,
} from '../../../support/mixedModels.ts'
import { carryOut } from '../../../support/stepsDriver.ts'
import { StepsWorld } from '../../../support/stepsWorld.ts'

const clusters = fc.record({
  seed: fc.nat(),
  nodeCount: fc.integer({ min: 2, max: 5 }),
  assignmentCount: fc.integer({ min: 1, max: 8 }),
})

function forAll(numRuns: number, check: (world: StepsWorld, random: Random) => void): void {
  fc.assert(
    fc.property(clusters, ({ seed, ...size }) => {
      const random = randomFrom(seed)
      const configuration = mixedConfiguration(random, size)
      check(new StepsWorld(configuration, randomRoles(random, configuration)), random)
    }),
    { numRuns, includeErrorInReport: true },
  )
}

const decideAnew = (world: StepsWorld, random: Random, without?: string) =>
  world.decide(randomRoles(random, world.input.configuration, without ? { without } : {}))

test('from any decision to any other, in any order, to the end', () => {
  forAll(400, (world, random) => {
    decideAnew(world, random)
    carryOut(world, random)
    expect(world.steps()).toEqual([])
  })
})

test('a cold start', () => {
  forAll(200, (world, random) => {
    world.stopAll()
    carryOut(world, random)
    expect(world.steps()).toEqual([])
  })
})

test('another decision midway', () => {
  forAll(200, (world, random) => {
    decideAnew(world, random)
    let left = 4
    const disturb = () => {
      if (left === 0 || random() > 0.05) return
      left -= 1
      decideAnew(world, random)
    }
    carryOut(world, random, { disturb })
    expect(world.steps()).toEqual([])
  })
})

test('components that fail, and a node lost midway: nobody takes what is not free', () => {
  forAll(400, (world, random) => {
    const lost = pick(random, Object.keys(world.input.nodes))
    const later = ['unreachable', 'isolated'] as const
    let turn = 0
    const disturb = () => {
      turn += 1
      const availability = turn === 5 ? later[0] : turn === 15 ? later[1] : null
      if (availability) world.setNode(lost, availability)
      if (turn === 15) decideAnew(world, random, lost)
    }
    decideAnew(world, random)
    carryOut(world, random, { disturb, failing: turn > 60 ? 0 : 0.1 })
    const isStuck = Object.values(world.input.statuses).some(({ phase }) => phase === 'stopFailed')
    if (!isStuck && turn >= 15) expect(world.steps()).toEqual([])
  })
})

test('what goes on from the plan before is what is planned anew', () => {
  forAll(100, (world, random) => {
    let last = plan(world.input)
    const disturb = () => {
      last = plan(world.input, last)
      expect(last.steps).toEqual(stepsOfAll({ ...world.input }))
    }
    decideAnew(world, random)
    carryOut(world, random, { disturb, failing: 0.05 })
  })
})

test('the rehearsal of any plan ends: a cold start, a node that is lost, and its return', () => {
  forAll(40, ({ input: { configuration } }, random) => {
    const node = pick(random, Object.keys(configuration.nodes))
    const started = rehearse(freshInput(configuration))
    const lost = rehearse(nodeBecomes(started.after, node, 'ended'))
    const returned = rehearse(nodeBecomes(lost.after, node, 'alive'))
    expect([started, lost, returned].map(({ isSettled }) => isSettled)).toEqual([true, true, true])
  })
})

test('what is withheld goes offline, comes back, and is another life', () => {
  forAll(200, (world, random) => {
    const { statuses, intents } = world.input
    const host = hostOf(pick(random, Object.keys(statuses) as ComponentId[]))
    const places = (Object.keys(statuses) as ComponentId[]).filter((place) => hostOf(place) === host)
    const isDown = () => places.every((place) => world.input.statuses[place]!.role === 'offline')
    const roleOf = (place: ComponentId) => Object.values(intents).flatMap(({ roles }) => roles[place] ?? [])[0]!.role
    const wasUp = places.filter((place) => roleOf(place) !== 'offline')
    const tokens = wasUp.map((place) => statuses[place]!.token.index)
    world.change({ withheld: { [host]: true } })
    carryOut(world, random)
    expect(isDown()).toBe(true)
    world.change({ withheld: {} })
    carryOut(world, random)
    expect(world.steps()).toEqual([])
    for (const [at, place] of wasUp.entries()) {
      expect(world.input.statuses[place]!.role).toBe(roleOf(place))
      expect(world.input.statuses[place]!.token.index).toBeGreaterThan(tokens[at]!)
    }
  })
})

test('what was without its sponsor for too long stops, and is served again after it', () => {
  forAll(200, (world, random) => {
    const dependents = dependenciesOf(world.input.configuration).map(({ dependent }) => dependent)
    const lapsed = dependents.filter(() => random() < 0.5)
    world.change({ lapsed: Object.fromEntries(lapsed.map((name) => [name, true as const])) })
    decideAnew(world, random)
    carryOut(world, random)
    for (const name of lapsed)
      for (const [place, { role }] of Object.entries(world.input.intents[name]!.roles) as [ComponentId, IntendedRole][])
        if (role === 'primary') expect(world.input.statuses[place]!.role).not.toBe('primary')
    world.change({ lapsed: {} })
    carryOut(world, random)
    expect(world.steps()).toEqual([])
  })
})

test('nothing is commanded in maintenance', () => {
  forAll(200, (world, random) => {
    const node = pick(random, Object.keys(world.input.nodes))
    const nothing = { nodes: {}, assignments: {}, components: {}, isMaintained: false }
    world.change({ administrative: { ...nothing, nodes: { [node]: 'maintenance' } } })
    decideAnew(world, random)
    carryOut(world, random)
    expect(world.log.filter((line) => line.includes(' is told ') && nodeOf(line as ComponentId) === node)).toEqual([])
    world.change({ administrative: nothing })
    carryOut(world, random)
    expect(world.steps()).toEqual([])
  })
})
