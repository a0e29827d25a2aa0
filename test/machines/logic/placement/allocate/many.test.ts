/** More than are decided exactly: placed one after the other, with room made where it is short. */
import { describe, expect, test } from 'bun:test'
import { plan } from '../../../../../machines/logic/placement/index.ts'
import { clusterOf, inputOf, memory, nodesWith, placed, shared } from '../../../../support/allocation.ts'

const names = (count: number) => Array.from({ length: count }, (_, index) => `a${String(index).padStart(2, '0')}`)
const countOf = (of: Readonly<Record<string, string>>, text: string) =>
  Object.values(of).filter((roles) => roles.includes(text)).length

describe('twelve in a pool of N+M', () => {
  const cluster = clusterOf({
    nodes: ['n1', 'n2', 'n3', 'n4'],
    components: { pool: shared(12, 12, false) },
    assignments: Object.fromEntries(names(12).map((name) => [name, { component: 'pool', redundancy: 'N+M' }])),
  })
  const first = placed(inputOf(cluster))

  test('one component is left to stand by for all', () => {
    const standbys = new Set(Object.values(first).map((roles) => roles.split(', ')[1]))
    expect(standbys.size).toBe(1)
    for (const node of ['n1', 'n2', 'n3']) expect(countOf(first, `${node} primary`)).toBe(4)
  })

  test('what a lost node served moves to the one that stands by, and nothing else moves', () => {
    const after = placed(inputOf(cluster, { roles: first, away: { n1: 'ended' } }))
    expect(countOf(after, 'n4 primary')).toBe(4)
    for (const node of ['n2', 'n3'])
      for (const [name, roles] of Object.entries(first))
        if (roles.includes(`${node} primary`)) expect(after[name]).toContain(`${node} primary`)
  })
})

describe('twelve that fill three nodes', () => {
  const cluster = (more: object = {}) =>
    clusterOf({
      nodes: nodesWith({ n1: 4, n2: 4, n3: 4 }),
      components: Object.fromEntries([...names(12), ...Object.keys(more)].map((name) => [name, { standby: 'cold' }])),
      assignments: {
        ...Object.fromEntries(
          names(12).map((name, index) => [name, { redundancy: 'none', ...memory(1, 0), priority: index }]),
        ),
        ...more,
      },
    })
  const first = placed(inputOf(cluster()))

  test('all fit', () => {
    expect(countOf(first, 'primary')).toBe(12)
    expect(plan(inputOf(cluster())).isExhaustive).toBe(false)
    expect(plan(inputOf(cluster(), { roles: first })).isExhaustive).toBe(true)
  })

  test('a more important one displaces the least important on one node, and nobody else', () => {
    const wanted = { big: { redundancy: 'none', ...memory(2, 0), priority: 99 } }
    const after = placed(inputOf(cluster(wanted), { roles: first }))
    expect(after.big).toContain('primary')
    const lost = names(12).filter((name) => after[name] === '')
    expect(lost.length).toBe(2)
    for (const name of names(12)) if (!lost.includes(name)) expect(after[name]).toBe(first[name]!)
  })

  test('one as important as none of them displaces nobody', () => {
    const after = placed(
      inputOf(cluster({ small: { redundancy: 'none', ...memory(1, 0), priority: -1 } }), { roles: first }),
    )
    expect(after).toEqual({ ...first, small: '' })
  })

  test('when a node is lost the most important stay served', () => {
    const after = placed(inputOf(cluster(), { roles: first, away: { n1: 'ended' } }))
    expect(names(12).filter((name) => after[name] !== '')).toEqual(names(12).slice(4))
  })
})
