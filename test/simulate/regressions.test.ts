import { describe, expect, test } from 'bun:test'
import { z } from 'zod'
import { faultKinds } from '../../src/simulate/faultKinds.ts'
import { profiles } from '../../src/simulate/profile.ts'
import { simulate } from '../../src/simulate/simulation.ts'
import recorded from '../recordings/seeds.json'

/** Seeds that failed once, each with what was found by it. What a seed does changes with the code: it is kept as long as it costs little. */
const seeds = z
  .array(
    z.strictObject({
      seed: z.number().int().min(0).max(0xffff_ffff),
      nodes: z.number().int().min(1).max(7),
      minutes: z.number().positive().max(20),
      heartbeatMs: z.number().positive().optional(),
      profile: z.enum(profiles).optional(),
      faults: z.array(z.enum(faultKinds)).optional(),
      /** With every one of `faults` enabled. */
      faultRate: z.number().positive().optional(),
      found: z.string().min(1),
    }),
  )
  .parse(recorded)

describe('seeds that failed once', () => {
  test('are recorded once each', () => {
    const commands = seeds.map(({ found: _, ...command }) => JSON.stringify(command))
    expect(new Set(commands).size).toBe(commands.length)
  })

  for (const { seed, nodes, minutes, heartbeatMs, profile, faults, faultRate, found } of seeds) {
    test(`${seed}: ${found}`, () => {
      const { violations } = simulate(seed, {
        nodeCount: nodes,
        minutes,
        ...(heartbeatMs !== undefined && { heartbeatIntervalMs: heartbeatMs }),
        ...(profile !== undefined && { profile }),
        ...(faults !== undefined && { faults }),
        ...(faultRate !== undefined && { faultRate, isEveryFault: true }),
      })
      expect(violations.map(({ checker, atMs, text }) => `at ${atMs} ms, ${checker}: ${text}`)).toEqual([])
    }, 120_000)
  }
})
