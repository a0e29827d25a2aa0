/** Each redundancy model (SPEC R3): the first start, and what becomes of it when something is lost. */
import { describe, expect, test } from 'bun:test'
import { clusterOf, inputOf, placed, reasonFor, shared } from '../../../../support/allocation.ts'

const four = ['n1', 'n2', 'n3', 'n4']

describe('N+M: some components are primary, the others secondary for all of them', () => {
  const cluster = clusterOf({
    nodes: four,
    components: { pool: shared(1, 3, false) },
    assignments: Object.fromEntries(['a', 'b', 'c'].map((name) => [name, { component: 'pool', redundancy: 'N+M' }])),
  })
  const settled = { a: 'n1 primary, n4 secondary', b: 'n2 primary, n4 secondary', c: 'n3 primary, n4 secondary' }

  test('first start: three primaries, and one that stands by for all', () => {
    expect(placed(inputOf(cluster))).toEqual(settled)
  })

  test('it stays so', () => {
    expect(placed(inputOf(cluster, { roles: settled }))).toEqual(settled)
  })

  test('a node is lost: its standby follows, and stands by for nobody else any more', () => {
    const input = inputOf(cluster, { roles: settled, away: { n1: 'ended' } })
    expect(placed(input)).toEqual({ a: 'n4 primary', b: 'n2 primary', c: 'n3 primary' })
    expect(reasonFor(input, 'b')).toBe(
      'no secondary: the node of n1/pool/b is ended; n3/pool serves 1 as primary and 0 as secondary already; n4/pool serves 1 as primary and 0 as secondary already',
    )
  })

  test('it returns, and stands by for all', () => {
    const roles = { a: 'n4 primary', b: 'n2 primary', c: 'n3 primary' }
    expect(placed(inputOf(cluster, { roles }))).toEqual({
      a: 'n4 primary, n1 secondary',
      b: 'n2 primary, n1 secondary',
      c: 'n3 primary, n1 secondary',
    })
  })
})

describe('N-way: primary for one, secondary for another', () => {
  const cluster = clusterOf({
    nodes: ['n1', 'n2', 'n3'],
    components: { pool: shared(2, 2, true) },
    assignments: Object.fromEntries(['a', 'b', 'c'].map((name) => [name, { component: 'pool', redundancy: 'N-way' }])),
  })

  test('first start: one primary and one secondary each', () => {
    const roles = Object.values(placed(inputOf(cluster))).flatMap((each) => each.split(', '))
    expect(roles.sort()).toEqual([
      'n1 primary',
      'n1 secondary',
      'n2 primary',
      'n2 secondary',
      'n3 primary',
      'n3 secondary',
    ])
  })

  test('a node is lost: what was primary there moves to its secondary, and nothing else but lost secondaries moves', () => {
    const roles = { a: 'n1 primary, n2 secondary', b: 'n2 primary, n3 secondary', c: 'n3 primary, n1 secondary' }
    expect(placed(inputOf(cluster, { roles, away: { n1: 'ended' } }))).toEqual({
      a: 'n2 primary, n3 secondary',
      b: 'n2 primary, n3 secondary',
      c: 'n3 primary, n2 secondary',
    })
  })
})

describe('load-sharing: several primaries', () => {
  const cluster = (primaries: { required: number; preferred: number }) =>
    clusterOf({
      nodes: four,
      components: { web: { exclusive: false, standby: 'cold' } },
      assignments: { web: { redundancy: 'load-sharing', primaries } },
    })

  test('as many as are preferred; left out, everywhere', () => {
    expect(placed(inputOf(cluster({ required: 1, preferred: 2 })))).toEqual({ web: 'n1 primary, n2 primary' })
    const everywhere = clusterOf({
      nodes: ['n1', 'n2'],
      components: { web: { exclusive: false } },
      assignments: { web: { redundancy: 'load-sharing' } },
    })
    expect(placed(inputOf(everywhere))).toEqual({ web: 'n1 primary, n2 primary' })
  })

  test('one that fell is restarted in place; one whose node is lost is replaced', () => {
    const roles = { web: 'n1 primary, n2 primary' }
    const two = cluster({ required: 2, preferred: 2 })
    expect(placed(inputOf(two, { roles, failed: ['n1/web'] }))).toEqual({ web: 'n1 primary, n2 primary' })
    expect(placed(inputOf(two, { roles, away: { n1: 'unreachable' } }))).toEqual({ web: 'n2 primary, n3 primary' })
  })

  test('fewer than required is said', () => {
    const input = inputOf(cluster({ required: 3, preferred: 3 }), { away: { n1: 'ended', n2: 'left' } })
    expect(reasonFor(input, 'web')).toBe(
      '2 of 3 required primaries: the node of n1/web is ended; the node of n2/web is left',
    )
  })

  describe('load (SPEC R6)', () => {
    const roles = { web: 'n1 primary, n2 primary' }
    const loads = (one: number, two: number, three = 0) =>
      inputOf(cluster({ required: 1, preferred: 2 }), {
        roles,
        statuses: { 'n1/web': { loadPercent: one }, 'n2/web': { loadPercent: two }, 'n3/web': { loadPercent: three } },
      })

    test('the busiest is relieved from 90 percent on, by a node with 50 at most', () => {
      expect(placed(loads(89, 20))).toEqual({ web: 'n1 primary, n2 primary' })
      expect(placed(loads(90, 20))).toEqual({ web: 'n2 primary, n3 primary' })
      expect(placed(loads(90, 20, 51))).toEqual({ web: 'n2 primary, n4 primary' })
    })

    test('one at a time', () => {
      expect(placed(loads(95, 120))).toEqual({ web: 'n1 primary, n3 primary' })
    })

    test('not while another is on its way', () => {
      const input = loads(95, 20)
      const onItsWay = { ...input.statuses['n2/web']!, phase: 'assuming' as const }
      expect(placed({ ...input, statuses: { ...input.statuses, 'n2/web': onItsWay } })).toEqual({
        web: 'n1 primary, n2 primary',
      })
    })
  })
})

describe('more than one secondary', () => {
  const cluster = clusterOf({
    nodes: four,
    components: { db: {} },
    assignments: { db: { secondaries: { required: 1, preferred: 2 } } },
  })

  test('as many as are preferred, in the order of the nodes', () => {
    expect(placed(inputOf(cluster))).toEqual({ db: 'n1 primary, n2 secondary, n3 secondary' })
  })

  test('the one in step follows, not the first', () => {
    const input = inputOf(cluster, {
      roles: { db: 'n1 primary, n2 secondary, n3 secondary' },
      away: { n1: 'ended' },
      statuses: { 'n2/db': { phase: 'assuming' } },
    })
    expect(placed(input)).toEqual({ db: 'n3 primary, n2 secondary, n4 secondary' })
  })
})

describe('ranks and fail-back', () => {
  const cluster = (of: object) =>
    clusterOf({
      nodes: ['n1', 'n2', 'n3'],
      components: { a: { standby: 'cold' }, b: { standby: 'cold' }, c: { standby: 'cold' } },
      assignments: {
        a: { redundancy: 'none', ...of },
        b: { redundancy: 'none', ...of },
        c: { redundancy: 'none', ...of },
      },
    })
  const moved = { a: 'n2 primary', b: 'n2 primary', c: 'n3 primary' }

  test('ranked: all on the first node; equal: spread', () => {
    expect(placed(inputOf(cluster({})))).toEqual({ a: 'n1 primary', b: 'n1 primary', c: 'n1 primary' })
    const spread = Object.values(placed(inputOf(cluster({ distribution: 'equal' }))))
    expect(spread.sort()).toEqual(['n1 primary', 'n2 primary', 'n3 primary'])
  })

  test('nothing moves back by itself, unless it is configured to', () => {
    expect(placed(inputOf(cluster({}), { roles: moved }))).toEqual(moved)
    expect(placed(inputOf(cluster({ failBack: true }), { roles: moved }))).toEqual({
      a: 'n1 primary',
      b: 'n1 primary',
      c: 'n1 primary',
    })
  })

  test('a hot standby fails back through being in step', () => {
    const hot = clusterOf({
      nodes: ['n1', 'n2', 'n3'],
      components: { db: {} },
      assignments: { db: { failBack: true } },
    })
    const away = { db: 'n2 primary, n3 secondary' }
    expect(placed(inputOf(hot, { roles: away }))).toEqual({ db: 'n2 primary, n1 secondary' })
    expect(placed(inputOf(hot, { roles: { db: 'n2 primary, n1 secondary' } }))).toEqual({
      db: 'n1 primary, n2 secondary',
    })
    expect(placed(inputOf(hot, { roles: { db: 'n1 primary, n2 secondary' } }))).toEqual({
      db: 'n1 primary, n2 secondary',
    })
  })
})
