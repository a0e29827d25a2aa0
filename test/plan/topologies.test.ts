/** What-if on every topology of the examples: the same rest by leaps and by steps, fixpoints, documents, and who is blamed. */
import { describe, expect, test } from 'bun:test'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { forecast, freshInput, placementOf, rehearse, settle } from '../../machines/logic/placement/rehearse.ts'
import { loadConfiguration } from '../../src/configuration/load.ts'
import { planSchema } from '../../src/plan/planSchema.ts'
import { apply } from '../../src/plan/whatIf.ts'

const folder = join(import.meta.dir, '../../examples/topologies')
const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'))

describe.each(files)('%s', (file) => {
  const configuration = loadConfiguration(join(folder, file), { isSecretNeeded: false })
  const settled = settle(freshInput(configuration))

  test('it comes to the same rest by leaps as step by step, and nothing is left to do', () => {
    const stepped = rehearse(freshInput(configuration))
    expect(stepped.isSettled).toBe(true)
    expect(placementOf(stepped.after)).toEqual(placementOf(settled))
    expect(rehearse(settled)).toMatchObject({ steps: [], moveCount: 0, isSettled: true })
  })

  test('whatever node is lost and returns, it settles, and the document is right', () => {
    for (const node of Object.keys(configuration.nodes)) {
      const target = { kind: 'node', node } as const
      const lost = apply(settled, { what: 'fail', target })
      const document = forecast({ before: settled, after: lost, events: [] })
      expect(document.isSettled).toBe(true)
      expect(planSchema.safeParse(JSON.parse(JSON.stringify(document))).success).toBe(true)
      const back = rehearse(apply(rehearse(lost).after, { what: 'return', target }))
      expect(back).toMatchObject({ isSettled: true, waits: [] })
      expect(rehearse(back.after).steps).toEqual([])
    }
  })
})
