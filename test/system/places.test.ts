/**
 * One process that serves several assignments, on real nodes (SPEC R2, R3): N-way on two of them, each primary of its own and secondary
 * of the other's.
 */
import { afterEach, expect, test } from 'bun:test'
import type { ClusterView } from '../../machines/model/view.ts'
import { isWhole } from '../../src/demo/localCluster.ts'
import { endArbiters, other, pair } from '../support/pair.ts'
import {
  haveItSay,
  pidIn,
  poolInstances,
  poolLog,
  primariesOf,
  rolesIn,
  startPoolCluster,
  startsIn,
} from '../support/poolCluster.ts'
import { cleanUp, testTimeoutMs } from '../support/system.ts'

afterEach(() => {
  endArbiters()
  cleanUp()
})

const startPool = () =>
  startPoolCluster(
    (program) => `
types:
  pool:
${program}
    serves: { primaries: 2, secondaries: 2, mixed: true }
    recovery: { byCode: { cache.bad: reset } }
components:
  pool:
    type: pool
    nodes: [n1, n2]
    instances:
${poolInstances}
assignments:
  web1: { component: pool, redundancy: N-way }
  web2: { component: pool, redundancy: N-way }
`,
  )

test(
  'N-way on two nodes: one process on each; when a node is lost the other serves both, without a restart',
  async () => {
    const cluster = await startPool()
    const view = await cluster.until('the cluster is whole', isWhole)
    const { web1, web2 } = primariesOf(view) as { web1: string; web2: string }
    expect([web1, web2].sort()).toEqual([...pair])
    expect(view.components.map(({ component }) => component).sort()).toEqual([
      'n1/pool/web1',
      'n1/pool/web2',
      'n2/pool/web1',
      'n2/pool/web2',
    ])
    for (const [node, own, its] of [
      [web1, 'web1', 'web2'],
      [web2, 'web2', 'web1'],
    ] as const) {
      const lines = poolLog(cluster, node)
      expect(startsIn(lines)).toHaveLength(1)
      expect(rolesIn(lines)).toContain(`primary ${own}`)
      expect(rolesIn(lines)).toContain(`secondary ${its}`)
    }

    cluster.killNode(web1)
    const survivor = other(web1)
    const served = await cluster.until(
      'the other serves both',
      (now) => Object.values(primariesOf(now)).every((node) => node === survivor),
      { of: [survivor] },
    )
    expect(served.assignments.map(({ health }) => health)).toEqual(['degraded', 'degraded'])
    const lines = poolLog(cluster, survivor)
    expect(startsIn(lines)).toHaveLength(1)
    expect(rolesIn(lines)).toContain('primary web1')

    cluster.start(web1)
    const again = await cluster.until('the cluster is whole again', isWhole)
    // No fail-back: what came back is secondary of both, in one process.
    expect(primariesOf(again)).toEqual({ web1: survivor, web2: survivor })
    expect(startsIn(poolLog(cluster, web1))).toHaveLength(2)
  },
  testTimeoutMs,
)

test(
  'a program that is killed has failed for both of its assignments, and comes back as secondary of both',
  async () => {
    const cluster = await startPool()
    const { web1, web2 } = primariesOf(await cluster.until('the cluster is whole', isWhole)) as Record<string, string>
    process.kill(pidIn(poolLog(cluster, web1!)), 'SIGKILL')
    const view = await cluster.until(
      'the other serves both, the killed one follows',
      (now) => isWhole(now) && primariesOf(now).web1 === web2,
    )
    expect(primariesOf(view)).toEqual({ web1: web2!, web2: web2! })
    expect(startsIn(poolLog(cluster, web1!))).toHaveLength(2)
    expect(startsIn(poolLog(cluster, web2!))).toHaveLength(1)
  },
  testTimeoutMs,
)

test(
  'an error that a soft reset answers leaves every role where it is',
  async () => {
    const cluster = await startPool()
    const before = await cluster.until('the cluster is whole', isWhole)
    const { web1 } = primariesOf(before) as { web1: string }
    haveItSay(cluster, web1, { code: 'cache.bad', detail: 'page 7', assignment: 'web1' })
    await cluster.until('the program was reset', () => poolLog(cluster, web1).includes('reset'))
    const isWell = (view: ClusterView) => isWhole(view) && view.components.every(({ failure }) => failure === null)
    const after = await cluster.until('all is well again', isWell)
    expect(primariesOf(after)).toEqual(primariesOf(before))
    expect(startsIn(poolLog(cluster, web1))).toHaveLength(1)
    expect(rolesIn(poolLog(cluster, web1))).not.toContain('quiescing web1')
  },
  testTimeoutMs,
)

test(
  'a self-test takes all of a component’s places offline, and back',
  async () => {
    const cluster = await startPool()
    await cluster.until('the cluster is whole', isWhole)
    const { exitCode, stdout } = await cluster.rolecall('selftest', 'n1/pool', '--force')
    expect({ exitCode, stdout }).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('passed') })
    const lines = poolLog(cluster, 'n1')
    expect(lines).toContain('self-test')
    // The program that was there ended, and the one that was tested had no role.
    const tested = lines.slice(lines.findIndex((line, at) => at > 0 && line.startsWith('started')))
    expect(tested.slice(1, 3)).toEqual(['self-test', 'stop'])
    await cluster.until('the cluster is whole again', isWhole)
  },
  testTimeoutMs,
)
