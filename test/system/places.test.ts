/**
 * One process that serves several assignments, on real nodes (SPEC R2, R3): N-way on two of them, each primary of its own and secondary
 * of the other's.
 */
import { afterEach, expect, test } from 'bun:test'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ClusterView } from '../../machines/model/view.ts'
import { isWhole } from '../../src/demo/localCluster.ts'
import { freePorts, loopbackHosts } from '../../src/demo/ports.ts'
import { endArbiters, other, pair, startArbiter } from '../support/pair.ts'
import {
  cleanUp,
  clusterName,
  configurationHead,
  nodeOf,
  SystemCluster,
  temporaryDirectory,
  testTimeoutMs,
} from '../support/system.ts'

afterEach(() => {
  endArbiters()
  cleanUp()
})

const program = join(import.meta.dir, '../support/poolProgram.ts')

async function startPool(): Promise<SystemCluster> {
  const [port] = await freePorts(1)
  const name = clusterName()
  const directory = temporaryDirectory()
  const instances = pair.map((node) => `      ${node}: { environment: { LOG: pool-${node}.log, SAY: say-${node} } }\n`)
  const configuration = `${await configurationHead(name, pair)}
arbiter: { name: third, links: [${loopbackHosts.map((host) => `"${host}:${port}"`).join(', ')}] }
types:
  pool:
    aware: true
    command: ["${process.execPath}", "${program}"]
    environment: { DIR: "${directory}" }
    serves: { primaries: 2, secondaries: 2, mixed: true }
    recovery: { byCode: { cache.bad: reset } }
components:
  pool:
    type: pool
    nodes: [n1, n2]
    instances:
${instances.join('')}
assignments:
  web1: { component: pool, redundancy: N-way }
  web2: { component: pool, redundancy: N-way }
`
  const cluster = new SystemCluster({ name, directory, configuration, nodes: pair })
  cluster.startAll()
  startArbiter([cluster])
  return cluster
}

/** What the program on a node has noted. */
function logOf({ directory }: SystemCluster, node: string): string[] {
  return readFileSync(join(directory, `pool-${node}.log`), 'utf8')
    .trimEnd()
    .split('\n')
}

const rolesIn = (lines: readonly string[]) => lines.map((line) => line.split(' ').slice(0, 2).join(' '))
const startsOf = (lines: readonly string[]) => lines.filter((line) => line.startsWith('started'))

/** The nodes of the primaries, by assignment. */
function primariesOf({ assignments }: ClusterView): Record<string, string | null> {
  return Object.fromEntries(assignments.map(({ name, primary }) => [name, primary === null ? null : nodeOf(primary)]))
}

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
      const lines = logOf(cluster, node)
      expect(startsOf(lines)).toHaveLength(1)
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
    const lines = logOf(cluster, survivor)
    expect(startsOf(lines)).toHaveLength(1)
    expect(rolesIn(lines)).toContain('primary web1')

    cluster.start(web1)
    const again = await cluster.until('the cluster is whole again', isWhole)
    // No fail-back: what came back is secondary of both, in one process.
    expect(primariesOf(again)).toEqual({ web1: survivor, web2: survivor })
    expect(startsOf(logOf(cluster, web1))).toHaveLength(2)
  },
  testTimeoutMs,
)

test(
  'a program that is killed has failed for both of its assignments, and comes back as secondary of both',
  async () => {
    const cluster = await startPool()
    const { web1, web2 } = primariesOf(await cluster.until('the cluster is whole', isWhole)) as Record<string, string>
    const [started] = startsOf(logOf(cluster, web1!))
    process.kill(Number(started!.split(' ').at(-1)), 'SIGKILL')
    const view = await cluster.until(
      'the other serves both, the killed one follows',
      (now) => isWhole(now) && primariesOf(now).web1 === web2,
    )
    expect(primariesOf(view)).toEqual({ web1: web2!, web2: web2! })
    expect(startsOf(logOf(cluster, web1!))).toHaveLength(2)
    expect(startsOf(logOf(cluster, web2!))).toHaveLength(1)
  },
  testTimeoutMs,
)

test(
  'an error that a soft reset answers leaves every role where it is',
  async () => {
    const cluster = await startPool()
    const before = await cluster.until('the cluster is whole', isWhole)
    const { web1 } = primariesOf(before) as { web1: string }
    const say = (words: object) => writeFileSync(join(cluster.directory, `say-${web1}`), JSON.stringify(words))
    say({ code: 'cache.bad', detail: 'page 7', assignment: 'web1' })
    await cluster.until('the program was reset', () => logOf(cluster, web1).includes('reset'))
    const isWell = (view: ClusterView) => isWhole(view) && view.components.every(({ failure }) => failure === null)
    const after = await cluster.until('all is well again', isWell)
    expect(primariesOf(after)).toEqual(primariesOf(before))
    expect(startsOf(logOf(cluster, web1))).toHaveLength(1)
    expect(rolesIn(logOf(cluster, web1))).not.toContain('quiescing web1')
  },
  testTimeoutMs,
)
