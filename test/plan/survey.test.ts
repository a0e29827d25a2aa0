import { describe, expect, test } from 'bun:test'
import type { PlanInput } from '../../machines/logic/placement/index.ts'
import { isSingleLossHarmful, type Survey, survey, surveyCases, tellingPairs } from '../../src/plan/survey.ts'
import { settled, threeNodes } from './support.ts'

function surveyed(input: PlanInput): Survey {
  const run = survey(input)
  let next = run.next()
  while (!next.done) next = run.next()
  return next.value
}

/** `n1: ledger` */
const lost = ({ cases }: Pick<Survey, 'cases'>) =>
  cases.map(({ nodes, lost }) => `${nodes.join(' + ')}: ${lost.join(', ') || '-'}`)

describe('three nodes', () => {
  test('each alone is borne; of two the quorum is gone, and what is exclusive with it', () => {
    const found = surveyed(settled())
    expect(lost(found)).toEqual([
      'n1: -',
      'n2: -',
      'n3: -',
      'n1 + n2: ledger, web',
      'n1 + n3: ledger, web',
      'n2 + n3: ledger, web',
    ])
    expect(isSingleLossHarmful(found)).toBe(false)
    expect(tellingPairs(found)).toHaveLength(3)
    expect(found.cases.filter(({ isQuorate }) => isQuorate)).toHaveLength(3)
  })

  test('what only one node can do is lost with it; the others are not to blame', () => {
    const found = surveyed(settled(threeNodes.replace('nodes: [n2, n1]', 'nodes: [n2]')))
    expect(lost(found).slice(0, 3)).toEqual(['n1: -', 'n2: web', 'n3: -'])
    expect(isSingleLossHarmful(found)).toBe(true)
  })

  test('what is not served before is nobody’s fault', () => {
    const input = settled()
    const found = surveyed({ ...input, locked: { 'n1/web': true, 'n2/web': true } })
    expect(found.lostBefore).toEqual(['web'])
    expect(lost(found).slice(0, 3)).toEqual(['n1: -', 'n2: -', 'n3: -'])
  })
})

describe('five nodes', () => {
  const five = threeNodes
    .replace('types:', '  n4: { links: [10.0.0.4:7101] }\n  n5: { links: [10.0.0.5:7101] }\ntypes:')
    .replace('nodes: [n1, n2, n3]', 'nodes: [n1, n2]')

  test('a pair that has all there is of something tells more than either alone', () => {
    const found = surveyed(settled(five))
    expect(lost({ cases: tellingPairs(found) })).toEqual(['n1 + n2: ledger, web'])
    expect(found.cases.find(({ nodes }) => nodes.join() === 'n1')!.degraded).toEqual(['ledger'])
  })

  test('nodes that are gone already are not lost again', () => {
    const input = settled(five)
    expect(surveyCases({ ...input, nodes: { ...input.nodes, n5: 'ended' } })).toHaveLength(4 + 6)
  })
})

test('of more than 64 nodes no pairs are looked at', () => {
  const input = settled()
  const names = Array.from({ length: 65 }, (_, place) => `m${place}`)
  const nodes = Object.fromEntries(names.map((name) => [name, input.configuration.nodes.n1!]))
  const many = { ...input, configuration: { ...input.configuration, nodes } }
  expect(surveyCases({ ...many, nodes: Object.fromEntries(names.map((name) => [name, 'alive'])) })).toHaveLength(65)
})
