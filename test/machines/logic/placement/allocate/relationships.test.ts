/** Relationships, wishes and capacity (SPEC R5, R6): what is not allowed, what is wished for, and what is said when it cannot be. */
import { describe, expect, test } from 'bun:test'
import type { AssignmentConfiguration } from '../../../../../machines/model/configuration.ts'
import type { Relationship } from '../../../../../machines/model/relationships.ts'
import { clusterOf, inputOf, memory, nodesWith, placed, reasonFor } from '../../../../support/allocation.ts'

const single = { standby: 'cold' as const }

/** Services that run on one node each. */
function singles(
  nodes: Parameters<typeof clusterOf>[0]['nodes'],
  assignments: Readonly<Record<string, Partial<AssignmentConfiguration>>>,
  relationships: Readonly<Record<string, Relationship>> = {},
) {
  return clusterOf({
    nodes,
    components: Object.fromEntries(Object.keys(assignments).map((name) => [name, single])),
    assignments: Object.fromEntries(
      Object.entries(assignments).map(([name, of]) => [name, { redundancy: 'none' as const, ...of }]),
    ),
    relationships,
  })
}

const members = (...names: string[]) => names.map((assignment) => ({ assignment }))

describe('capacity', () => {
  test('what does not fit goes elsewhere, and what fits nowhere says how much it lacks', () => {
    const cluster = singles(nodesWith({ n1: 4, n2: 3 }), { a: memory(3, 0), b: memory(3, 0), c: memory(3, 0) })
    const input = inputOf(cluster)
    expect(placed(input)).toEqual({ a: 'n1 primary', b: 'n2 primary', c: '' })
    expect(reasonFor(input, 'c')).toBe(
      'no component can be primary: needs 3 memory, n1 has 1; needs 3 memory, n2 has 0',
    )
  })

  test('all are placed where that is possible at all', () => {
    const cluster = singles(nodesWith({ n1: 3, n2: 2 }), { a: memory(2, 0), b: memory(3, 0) })
    expect(placed(inputOf(cluster))).toEqual({ a: 'n2 primary', b: 'n1 primary' })
  })

  test('the more important displaces the less important when there is not room for both, and only then', () => {
    const sizes = { a: memory(2, 0), b: { ...memory(2, 0), priority: 1 } }
    const roles = { a: 'n1 primary' }
    expect(placed(inputOf(singles(nodesWith({ n1: 2 }), sizes), { roles }))).toEqual({ a: '', b: 'n1 primary' })
    expect(placed(inputOf(singles(nodesWith({ n1: 2, n2: 2 }), sizes), { roles }))).toEqual({
      a: 'n1 primary',
      b: 'n2 primary',
    })
  })

  test('the equally important displaces nobody, not even two for one', () => {
    const cluster = singles(nodesWith({ n1: 2 }), { a: memory(2, 0), b: memory(1, 0), c: memory(1, 0) })
    expect(placed(inputOf(cluster, { roles: { a: 'n1 primary' } }))).toEqual({ a: 'n1 primary', b: '', c: '' })
    expect(placed(inputOf(cluster))).toEqual({ a: '', b: 'n1 primary', c: 'n1 primary' })
  })

  test('one that runs moves to make room for one that cannot run', () => {
    const cluster = singles(nodesWith({ n1: 3, n2: 2 }), { a: memory(2, 0), b: memory(3, 0) })
    expect(placed(inputOf(cluster, { roles: { a: 'n1 primary' } }))).toEqual({ a: 'n2 primary', b: 'n1 primary' })
  })

  test('room is kept for what reserves it, should the node that hurts most fail', () => {
    const wanted = { a: { ...memory(2, 0), reserve: true, priority: 1 }, b: memory(2, 0) }
    const two = inputOf(singles(nodesWith({ n1: 2, n2: 2 }), wanted))
    expect(placed(two)).toEqual({ a: 'n1 primary', b: '' })
    expect(reasonFor(two, 'b')).toBe(
      'no component can be primary: needs 2 memory, n1 has 0; needs 2 memory, which is reserved on n2',
    )
    expect(placed(inputOf(singles(nodesWith({ n1: 2, n2: 4 }), wanted)))).toEqual({ a: 'n1 primary', b: 'n2 primary' })
  })

  test('what runs is not stopped for a reserve', () => {
    const cluster = singles(nodesWith({ n1: 2, n2: 2 }), { a: { ...memory(2, 0), reserve: true }, b: memory(2, 0) })
    const roles = { a: 'n1 primary', b: 'n2 primary' }
    expect(placed(inputOf(cluster, { roles }))).toEqual(roles)
  })
})

describe('wishes', () => {
  test('weights of one kind add up, and the heavier wins', () => {
    const together: Relationship = { kind: 'together', members: members('a', 'b'), level: 'node', strength: 3 }
    const of = (weight: number) => ({ a: { wishes: { n1: 9 } }, b: { wishes: { n2: weight } } })
    expect(placed(inputOf(singles(['n1', 'n2'], of(2), { t: together })))).toEqual({ a: 'n1 primary', b: 'n1 primary' })
    expect(placed(inputOf(singles(['n1', 'n2'], of(5), { t: together })))).toEqual({ a: 'n1 primary', b: 'n2 primary' })
    expect(placed(inputOf(singles(['n1', 'n2'], of(5), { t: together, u: together })))).toEqual({
      a: 'n1 primary',
      b: 'n1 primary',
    })
  })

  test('rather not, forbidden, and required', () => {
    expect(placed(inputOf(singles(['n1', 'n2'], { a: { wishes: { n1: -1 } } })))).toEqual({ a: 'n2 primary' })
    const forbidden = singles(['n1'], { a: { wishes: { n1: 'forbidden' } } })
    expect(reasonFor(inputOf(forbidden), 'a')).toBe('no component can be primary: n1 forbidden by its wishes')
    expect(placed(inputOf(singles(['n1', 'n2'], { a: { wishes: { n2: 'required' } } })))).toEqual({ a: 'n2 primary' })
  })

  test('move nothing by themselves', () => {
    const cluster = singles(['n1', 'n2'], { a: { wishes: { n2: 100 } } })
    expect(placed(inputOf(cluster, { roles: { a: 'n1 primary' } }))).toEqual({ a: 'n1 primary' })
  })
})

describe('together and apart', () => {
  const shelves = {
    n1: { containment: { shelf: 'a' } },
    n2: { containment: { shelf: 'a' } },
    n3: { containment: { shelf: 'b' } },
  }

  test('required together: both where both can be', () => {
    const together: Relationship = { kind: 'together', members: members('a', 'b'), level: 'node', strength: 'required' }
    const cluster = singles(['n1', 'n2'], { a: {}, b: { wishes: { n1: 'forbidden' } } }, { t: together })
    expect(placed(inputOf(cluster))).toEqual({ a: 'n2 primary', b: 'n2 primary' })
    expect(placed(inputOf(cluster, { roles: { a: 'n2 primary', b: 'n2 primary' }, away: { n2: 'ended' } }))).toEqual({
      a: 'n1 primary',
      b: '',
    })
  })

  test('required apart, at any level', () => {
    const apart: Relationship = { kind: 'apart', members: members('a', 'b'), level: 'shelf', strength: 'required' }
    const cluster = singles(shelves, { a: {}, b: {} }, { t: apart })
    expect(placed(inputOf(cluster))).toEqual({ a: 'n1 primary', b: 'n3 primary' })
    const input = inputOf(cluster, { away: { n3: 'ended' } })
    expect(reasonFor(input, 'b')).toBe(
      "no component can be primary: n1/b forbidden by 't' (a is on n1); n2/b forbidden by 't' (a is on n1); the node of n3/b is ended",
    )
  })

  test('apart from itself: primary and secondary on different shelves', () => {
    const cluster = clusterOf({
      nodes: shelves,
      components: { db: {} },
      assignments: { db: {} },
      relationships: { t: { kind: 'apart', members: members('db'), level: 'shelf', strength: 'required' } },
    })
    expect(placed(inputOf(cluster))).toEqual({ db: 'n1 primary, n3 secondary' })
  })

  test('preferred apart gives way', () => {
    const apart: Relationship = { kind: 'apart', members: members('a', 'b'), level: 'node', strength: 1 }
    expect(placed(inputOf(singles(['n1', 'n2'], { a: {}, b: {} }, { t: apart })))).toEqual({
      a: 'n1 primary',
      b: 'n2 primary',
    })
    expect(placed(inputOf(singles(['n1'], { a: {}, b: {} }, { t: apart })))).toEqual({
      a: 'n1 primary',
      b: 'n1 primary',
    })
  })
})

describe('groups and dependencies', () => {
  const group = clusterOf({
    nodes: ['n1', 'n2'],
    components: { ip: single, db: single, web: single },
    assignments: { ip: { redundancy: 'none' }, db: { redundancy: 'none' }, web: { redundancy: 'none' } },
    groups: { site: { members: ['ip', 'db', 'web'] } },
  })
  const onOne = { ip: 'n1 primary', db: 'n1 primary', web: 'n1 primary' }

  test('a group moves as one', () => {
    expect(placed(inputOf(group))).toEqual(onOne)
    expect(placed(inputOf(group, { roles: onOne, away: { n1: 'ended' } }))).toEqual({
      ip: 'n2 primary',
      db: 'n2 primary',
      web: 'n2 primary',
    })
  })

  test('one that cannot be served keeps those behind it from being served, and nobody before it', () => {
    const locked = { 'n1/db': true, 'n2/db': true } as const
    const input = inputOf(group, { roles: onOne, rest: { locked } })
    expect(placed(input)).toEqual({ ip: 'n1 primary', db: '', web: '' })
    expect(reasonFor(input, 'web')).toBe(
      "no component can be primary: n1/web forbidden by 'group site' (db is not served); n2/web forbidden by 'group site' (db is not served)",
    )
  })

  // Its steps stop it meanwhile (`stepsYield.ts`).
  test('one whose sponsor has been gone for too long keeps its place, and says what it waits for', () => {
    const dependency: Relationship = {
      kind: 'dependency',
      dependent: 'b',
      sponsor: 'a',
      instanceCountMin: 1,
      toleranceMs: 9,
      mode: 'full',
    }
    const cluster = singles(['n1'], { a: {}, b: {} }, { d: dependency })
    const input = inputOf(cluster, { roles: { a: 'n1 primary', b: 'n1 primary' }, rest: { lapsed: { b: true } } })
    expect(placed(input)).toEqual({ a: 'n1 primary', b: 'n1 primary' })
    expect(reasonFor(input, 'b')).toBe('waiting for a, unserved for longer than it can be without')
  })

  test('after at least two are up', () => {
    const cluster = (nodes: readonly string[]) =>
      clusterOf({
        nodes,
        components: { store: { exclusive: false, standby: 'cold' }, web: single },
        assignments: { store: { redundancy: 'load-sharing' }, web: { redundancy: 'none' } },
        relationships: {
          d: {
            kind: 'dependency',
            dependent: 'web',
            sponsor: 'store',
            instanceCountMin: 2,
            toleranceMs: 0,
            mode: 'full',
          },
        },
      })
    expect(placed(inputOf(cluster(['n1', 'n2']))).web).toBe('n1 primary')
    expect(placed(inputOf(cluster(['n1']))).web).toBe('')
  })
})

describe('components that need others on their node', () => {
  const cluster = (relationship: Relationship) =>
    clusterOf({
      nodes: ['n1', 'n2', 'n3'],
      components: { agent: { exclusive: false, standby: 'cold', nodes: ['n2', 'n3'] }, app: single },
      assignments: { agent: { redundancy: 'load-sharing' }, app: { redundancy: 'none' } },
      relationships: { r: relationship },
    })

  test.each([
    { kind: 'component-dependency', dependent: 'app', sponsor: 'agent' },
    { kind: 'containment', container: 'agent', contained: 'app' },
  ] as const)('$kind', (relationship) => {
    expect(placed(inputOf(cluster(relationship))).app).toBe('n2 primary')
    const roles = { agent: 'n2 primary, n3 primary', app: 'n2 primary' }
    const lost = inputOf(cluster(relationship), { roles, rest: { locked: { 'n2/agent': true } } })
    expect(placed(lost)).toEqual({ agent: 'n3 primary', app: 'n3 primary' })
    expect(reasonFor(inputOf(cluster(relationship), { away: { n2: 'ended', n3: 'ended' } }), 'app')).toContain(
      "n1/app forbidden by 'r' (agent has no role on n1)",
    )
  })
})

describe('releases (SPEC R12)', () => {
  const nodes = { n1: { release: '1' }, n2: { release: '2' }, n3: { release: '1' } }
  const cluster = (incompatible: readonly (readonly [string, string])[], more: object = {}) =>
    clusterOf({ nodes, components: { db: { ...more } }, assignments: { db: {} }, incompatible })

  test('equal releases are preferred', () => {
    expect(placed(inputOf(cluster([])))).toEqual({ db: 'n1 primary, n3 secondary' })
  })

  test('incompatible ones are refused', () => {
    const two = cluster([['2', '1']], { nodes: ['n1', 'n2'] })
    expect(placed(inputOf(two))).toEqual({ db: 'n1 primary' })
    expect(reasonFor(inputOf(two), 'db')).toBe("no secondary: n2/db forbidden by 'releases' (2 beside 1)")
  })

  test('a program that gives its own release is taken at its word', () => {
    const two = cluster([['2', '1']], { nodes: ['n1', 'n2'] })
    expect(placed(inputOf(two, { statuses: { 'n2/db': { release: '1' } } }))).toEqual({
      db: 'n1 primary, n2 secondary',
    })
  })
})
