import { describe, expect, setDefaultTimeout, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type FaultKind, faultKinds } from '../../src/simulate/faultKinds.ts'
import { simulate } from '../../src/simulate/simulation.ts'

// On a machine under load a simulation takes long, and is not wrong for that.
setDefaultTimeout(120_000)

const quick = { nodeCount: 3, heartbeatIntervalMs: 100, minutes: 0.1 }

/** What to type to see it again. */
function problemsOf(result: ReturnType<typeof simulate>): string[] {
  return result.violations.map(({ checker, text }) => `seed ${result.seed}: ${checker}: ${text}`)
}

describe('a simulation', () => {
  test('without faults elects a master, places every role and stays so', () => {
    const changes: string[] = []
    const result = simulate(1, {
      ...quick,
      nodeCount: 5,
      faults: [],
      observer: { observe: (seen) => /^mastership.acquired|^calm.began/.test(seen.type) && changes.push(seen.type) },
    })
    expect(problemsOf(result)).toEqual([])
    expect(changes.slice(0, 2)).toEqual(['mastership.acquired', 'calm.began'])
    expect(result.counts.fault).toBe(0)
  })

  test('is the same for the same seed, and another for another', () => {
    const [first, again, other] = [7, 7, 8].map((seed) => simulate(seed, quick))
    expect(again!.digest).toBe(first!.digest)
    expect(again!.counts).toEqual(first!.counts)
    expect(other!.digest).not.toBe(first!.digest)
  })

  test('does not change by being watched', () => {
    const plain = simulate(9, quick)
    const watched = simulate(9, { ...quick, observer: { observe() {} }, inspect() {} })
    expect(watched.digest).toBe(plain.digest)
  })

  test('writes black boxes that replay exactly', () => {
    const directory = mkdtempSync(join(tmpdir(), 'rolecall-simulation-'))
    try {
      const result = simulate(3, { ...quick, blackBoxDirectory: directory })
      expect(problemsOf(result)).toEqual([])
      expect(result.figures.replayedStepCount).toBeGreaterThan(100)
      expect(result.digest).toBe(simulate(3, quick).digest)
    } finally {
      rmSync(directory, { recursive: true })
    }
  })

  test.each(faultKinds.map((kind): [FaultKind] => [kind]))(
    'with %s alone keeps every invariant',
    (kind) => {
      // At the plain rate some kinds do not come at all with this seed.
      const faultRate = kind === 'disk-old' ? 1 : 2
      const result = simulate(11, { ...quick, minutes: 1, faults: [kind], isEveryFault: true, faultRate })
      expect(problemsOf(result)).toEqual([])
      expect(result.faults).toEqual([kind])
      if (kind !== 'drift' && kind !== 'versions' && kind !== 'operator') expect(result.counts.fault).toBeGreaterThan(0)
    },
    60_000,
  )

  test('of sixty seeds keeps every invariant', () => {
    const results = Array.from({ length: 60 }, (_, index) => simulate(1_000 + index, quick))
    expect(results.flatMap(problemsOf)).toEqual([])
  }, 240_000)
})
