/** Dependencies through the whole loop of the CRIM: what is decided is kept in the repository, and the next master goes on from it. */
import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import type { Configuration } from '../../../machines/model/configuration.ts'
import type { Dependency } from '../../../machines/model/relationships.ts'
import { compareTokens } from '../../../machines/model/token.ts'
import { configuration } from '../../support/configuration.ts'
import { RoleCluster } from '../../support/roleCluster.ts'

function cluster(mode: Dependency['mode'], toleranceMs = 5000): RoleCluster {
  const base = configuration()
  const { nodes } = base.components.service!
  const of: Configuration = {
    ...base,
    components: { db: { type: 'service', nodes, instances: {} }, app: { type: 'service', nodes, instances: {} } },
    assignments: { db: { component: 'db', redundancy: '2N' }, app: { component: 'app', redundancy: '2N' } },
    relationships: {
      needs: { kind: 'dependency', dependent: 'app', sponsor: 'db', instanceCountMin: 1, toleranceMs, mode },
    },
  }
  return new RoleCluster(of)
}

const lives = (of: RoleCluster, node: string) =>
  of.nodes.get(node)!.components.map(({ id, run }) => `${id} ${run.snapshot.context.incarnation}`)

/** Commands that made something primary, or took that from it. */
const commands = (log: readonly string[]) =>
  log.flatMap((line) => /crim < role.command (\S+ (?:primary|quiescing|offline))/.exec(line)?.[1] ?? [])

test('the sponsor is primary before its dependent is told to be', () => {
  const of = cluster('full')
  of.settle()
  const log = of.log
  const ready = log.findIndex((line) => line.startsWith('crim > status.reported n1/db primary.ready'))
  expect(log.findIndex((line) => line.startsWith('crim < role.command n1/app primary'))).toBeGreaterThan(ready)
  expect(of.rolesFor('app')).toContain('n1/app primary.ready')
})

test('a switch-over of the sponsor restarts its dependent once, under a new token', () => {
  const of = cluster('restart')
  of.settle()
  const before = of.log.length
  of.request({ operation: 'switchover', assignment: 'db', to: 'n2' } as never)
  of.settle()
  expect(commands(of.log.slice(before))).toEqual([
    'n1/db quiescing',
    'n2/db primary',
    'n1/app quiescing',
    'n1/app offline',
    'n1/app primary',
  ])
  const { db, app } = of.crim.intents
  expect(app!.sponsors).toEqual({ db: db!.roles['n2/db']!.token })
  expect(compareTokens(app!.roles['n1/app']!.token, db!.roles['n2/db']!.token)).toBeGreaterThan(0)
})

test('another master restarts nothing', () => {
  const of = cluster('restart')
  of.settle()
  of.request({ operation: 'switchover', assignment: 'db', to: 'n2' } as never)
  of.settle()
  const before = [lives(of, 'n1'), lives(of, 'n2')]
  of.changeMaster()
  of.settle()
  expect([lives(of, 'n1'), lives(of, 'n2')]).toEqual(before)
  expect(of.crim.waits).toEqual([])
})

describe('in any order, with the master changing', () => {
  test.each(['full', 'restart'] as const)('mode %s', (mode) => {
    const choices = fc.array(fc.nat(40), { minLength: 1, maxLength: 20 })
    const turns = fc.array(fc.constantFrom('deliver', 'deliver', 'deliver', 'master', 'kill', 'switch'), {
      maxLength: 120,
    })
    fc.assert(
      fc.property(choices, turns, fc.constantFrom(0, 5000), (order, list, toleranceMs) => {
        const of = cluster(mode, toleranceMs)
        of.settle()
        for (const [turn, what] of list.entries()) {
          if (what === 'master') of.changeMaster()
          else if (what === 'kill') of.killProcess('n1/db')
          else if (what === 'switch') of.request({ operation: 'switchover', assignment: 'db', to: null } as never)
          else of.deliver(order[turn % order.length]! + turn)
          for (const name of ['db', 'app']) expect(of.actingFor(name).length).toBeLessThanOrEqual(1)
        }
        of.settle()
        for (const name of ['db', 'app'])
          expect(of.rolesFor(name).filter((role) => role.endsWith('primary.ready'))).toHaveLength(1)
        expect(of.crim.waits).toEqual([])
        if (mode === 'restart') {
          const token = (name: string) =>
            Object.values(of.crim.intents[name]!.roles).find((r) => r.role === 'primary')!.token
          expect(of.crim.intents.app!.sponsors).toEqual({ db: token('db') })
        }
      }),
      { numRuns: 60, includeErrorInReport: true },
    )
  })
})
