/** What operators, recovery and components themselves say (SPEC C4, R7, R8, R9), and what is planned around it. */
import { describe, expect, test } from 'bun:test'
import type { ComponentId } from '../../../../../machines/model/ids.ts'
import type { ComponentStatus } from '../../../../../machines/model/status.ts'
import { clusterOf, inputOf, type Now, placed, reasonFor, roleAt } from '../../../../support/allocation.ts'

const nodes = ['n1', 'n2', 'n3']
const roles = { db: 'n1 primary, n2 secondary' }
const db = clusterOf({ nodes, components: { db: {} }, assignments: { db: {} } })

describe('what operators have set', () => {
  const withNode = (state: 'standby' | 'held' | 'maintenance', now: Now = {}) =>
    inputOf(db, { roles, ...now, administrative: { nodes: { n1: state } } })

  test('a node on standby hands over, and hosts nothing', () => {
    expect(placed(withNode('standby'))).toEqual({ db: 'n2 primary, n3 secondary' })
    expect(roleAt(withNode('standby'), 'n1/db')).toBe('offline')
  })

  test('a node that is held keeps what it has and is given nothing', () => {
    expect(placed(withNode('held'))).toEqual(roles)
    expect(placed(withNode('held', { roles: { db: 'n2 primary, n3 secondary' }, away: { n3: 'ended' } }))).toEqual({
      db: 'n2 primary',
    })
    const held = withNode('held', { roles: { db: 'n2 primary' }, away: { n3: 'ended' } })
    expect(reasonFor(held, 'db')).toBe('no secondary: n1 is held: it is given nothing more; the node of n3/db is ended')
  })

  test('a standby on a node that is held still follows its primary', () => {
    const swapped = { db: 'n2 primary, n1 secondary' }
    expect(placed(withNode('held', { roles: swapped, away: { n2: 'ended' } })).db).toContain('n1 primary')
  })

  test('in maintenance nothing is touched, and what runs is taken to run on', () => {
    expect(placed(withNode('maintenance', { away: { n1: 'ended' } }))).toEqual(roles)
    expect(placed(withNode('maintenance', { failed: ['n1/db'] }))).toEqual(roles)
    const all = inputOf(db, { roles, failed: ['n1/db', 'n2/db'], administrative: { isMaintained: true } })
    expect(placed(all)).toEqual(roles)
    const component = { components: { 'n1/db': 'maintenance' as const } }
    expect(placed(inputOf(db, { roles, failed: ['n1/db'], administrative: component }))).toEqual(roles)
    const assignment = { assignments: { db: 'maintenance' as const } }
    expect(placed(inputOf(db, { roles, failed: ['n1/db'], administrative: assignment }))).toEqual(roles)
  })

  test('an assignment that is locked is not served', () => {
    const input = inputOf(db, { roles, administrative: { assignments: { db: 'locked' } } })
    expect(placed(input)).toEqual({ db: '' })
    expect(roleAt(input, 'n3/db')).toBe('offline')
  })

  test('what is withheld keeps its role meanwhile, and nobody takes its place', () => {
    expect(placed(inputOf(db, { roles, rest: { withheld: { 'n1/db': true } } }))).toEqual(roles)
    const gone = inputOf(db, { roles, away: { n1: 'ended' }, rest: { withheld: { 'n1/db': true } } })
    expect(placed(gone)).toEqual({ db: 'n2 primary, n3 secondary' })
  })

  test('a lock of a shared component is one of all its places', () => {
    const pool = clusterOf({
      nodes,
      components: { pool: { serves: { primaryCountMax: 2, secondaryCountMax: 2, isMixed: true }, standby: 'warm' } },
      assignments: { a: { component: 'pool' }, b: { component: 'pool' } },
    })
    const input = inputOf(pool, { rest: { locked: { 'n1/pool': true } } })
    expect(roleAt(input, 'n1/pool/a')).toBe('offline')
    expect(roleAt(input, 'n1/pool/b')).toBe('offline')
    expect(placed(input)).toEqual({ a: 'n2 primary, n3 secondary', b: 'n2 primary, n3 secondary' })
  })
})

describe('self-determining components', () => {
  const own = clusterOf({ nodes, components: { db: { selfDetermining: true } }, assignments: { db: {} } })
  const saying = (said: Readonly<Record<ComponentId, ComponentStatus['announced']>>, now: Now = {}) =>
    inputOf(own, {
      ...now,
      statuses: Object.fromEntries(
        Object.entries(said).map(([place, announced]) => [
          place,
          announced === undefined ? {} : { role: 'spare', phase: 'ready', announced },
        ]),
      ),
    })

  test('what they announce is planned around', () => {
    const input = saying({ 'n1/db': 'spare', 'n2/db': 'secondary', 'n3/db': 'primary' })
    expect(placed(input)).toEqual({ db: 'n3 primary, n2 secondary' })
  })

  test('until they say something they are spares', () => {
    expect(placed(saying({}))).toEqual({ db: '' })
    expect(roleAt(saying({}), 'n1/db')).toBe('spare')
  })

  test('of two that say primary the one on the node of lower rank keeps it, and the other is told to be spare', () => {
    const input = saying({ 'n3/db': 'primary', 'n2/db': 'primary' }, { roles: { db: 'n3 primary' } })
    expect(placed(input)).toEqual({ db: 'n2 primary' })
    expect(roleAt(input, 'n3/db')).toBe('spare')
    expect(reasonFor(input, 'db')).toBe('n3/db says that it is primary too: n2/db, whose node comes first, keeps it')
  })

  test('those that do not run, and so say nothing, are what they were meant to be', () => {
    const types = { components: { db: { selfDetermining: true, standby: 'warm' } }, assignments: { db: {} } } as const
    const silent = clusterOf({ nodes, ...types })
    const db = 'n3 primary, n2 secondary'
    expect(placed(inputOf(silent, { roles: { db } }))).toEqual({ db })
    const stopped = { role: 'spare', phase: 'ready' } as const
    const statuses = { 'n1/db': stopped, 'n2/db': stopped, 'n3/db': stopped }
    expect(placed(inputOf(silent, { roles: { db }, statuses }))).toEqual({ db })
    expect(placed(inputOf(silent, { roles: { db }, failed: ['n2/db', 'n3/db'] })).db).toStartWith('n3 primary')
  })

  test('one that is locked is not primary, whatever it says', () => {
    const input = saying({ 'n1/db': 'primary' })
    expect(placed({ ...input, locked: { 'n1/db': true } })).toEqual({ db: '' })
  })
})

describe('proxied components', () => {
  const cluster = clusterOf({
    nodes,
    components: { gateway: {}, device: { proxy: 'gateway' } },
    assignments: { gateway: {}, device: { redundancy: 'none' } },
  })
  const now = { gateway: 'n1 primary, n2 secondary', device: 'n1 primary' }

  test('are used where their proxy is primary', () => {
    expect(placed(inputOf(cluster, { roles: { gateway: 'n2 primary, n1 secondary' } })).device).toBe('n2 primary')
  })

  test('another proxy takes over', () => {
    expect(placed(inputOf(cluster, { roles: now, failed: ['n1/gateway'] }))).toEqual({
      gateway: 'n2 primary, n3 secondary',
      device: 'n2 primary',
    })
  })

  test('without a proxy they are not served, and the reason says so', () => {
    const locked = { 'n1/gateway': true, 'n2/gateway': true, 'n3/gateway': true } as const
    const input = inputOf(cluster, { roles: now, rest: { locked } })
    expect(placed(input)).toEqual({ gateway: '', device: '' })
    expect(reasonFor(input, 'device')).toContain(
      "n1/device forbidden by 'proxy gateway' (its proxy gateway is not primary on n1)",
    )
  })
})

describe('requests', () => {
  test('a switch-over that nobody sound can follow changes nothing', () => {
    const input = inputOf(db, { roles, failed: ['n2/db'], rest: { requests: { db: { to: 'n2/db' } } } })
    expect(placed(input)).toEqual({ db: 'n1 primary, n3 secondary' })
  })

  test('of several primaries the named one becomes one', () => {
    const web = clusterOf({
      nodes,
      components: { web: { exclusive: false } },
      assignments: { web: { redundancy: 'load-sharing', primaries: { required: 1, preferred: 2 } } },
    })
    const input = inputOf(web, {
      roles: { web: 'n1 primary, n2 primary' },
      rest: { requests: { web: { to: 'n3/web' } } },
    })
    expect(placed(input).web).toContain('n3 primary')
  })
})
