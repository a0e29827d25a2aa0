/**
 * Disks that were replaced, came back old, or belong to another cluster (SPEC M1): whoever forgot its votes does not vote, and
 * nothing that was acknowledged is lost.
 */
import { afterEach, expect, test } from 'bun:test'
import { cpSync, readdirSync, rmSync } from 'node:fs'
import type { ClusterView } from '../../machines/model/view.ts'
import { isWhole } from '../../src/demo/localCluster.ts'
import { cleanUp, clusterName, configurationHead, eventually, SystemCluster, testTimeoutMs } from '../support/system.ts'

afterEach(cleanUp)

const all = ['n1', 'n2', 'n3']

async function started(configuration?: string): Promise<SystemCluster> {
  const name = clusterName()
  const cluster = new SystemCluster({ name, configuration: configuration ?? (await configurationHead(name)) })
  cluster.startAll()
  await cluster.until('it is whole', (view) => isWhole(view) && areVoters(view))
  return cluster
}

const areVoters = ({ nodes }: ClusterView) => nodes.every(({ vote }) => vote === 'voter')

async function set(cluster: SystemCluster, key: string, value: string): Promise<void> {
  await eventually(`${key} is set`, async () => (await cluster.rolecall('config', 'set', key, value)).exitCode === 0)
}

const readOn = async (cluster: SystemCluster, node: string, key: string) =>
  (await cluster.rolecall('config', 'get', key, '--stale', '--name', node)).stdout.trim()

/** Every process of it is gone, its restart is up to the test. */
async function killed(cluster: SystemCluster, node: string): Promise<void> {
  cluster.killNode(node)
  await cluster.exited(node)
}

test(
  'a disk that is replaced does not vote: with the third node away nothing is decided; then it is filled and votes',
  async () => {
    const cluster = await started()
    await set(cluster, 'kept/first', 'one')
    await killed(cluster, 'n3')
    await set(cluster, 'kept/second', 'two')
    await killed(cluster, 'n2')
    rmSync(cluster.stateDirectory('n2'), { recursive: true })
    cluster.start('n2')
    // n1 has the whole log, n2 nothing, and n3 lacks what was acknowledged without it: n1 and the new disk are no majority.
    await cluster.until(
      'the newcomer says what it waits for',
      ({ problems, nodes }) =>
        nodes.find(({ name }) => name === 'n1')!.availability === 'alive' &&
        problems.some(({ code, subject }) => code === 'node.joining' && subject === 'n2'),
      { of: ['n2'] },
    )
    const alone = await cluster.until('n1 hears it', ({ nodes }) => nodes[1]!.availability === 'alive', { of: ['n1'] })
    expect(alone.quorum.isQuorate).toBe(false)
    await Bun.sleep(1000)
    for (const of of ['n1', 'n2']) {
      const view = (await cluster.view([of]))!
      expect({ master: view.master, isQuorate: view.quorum.isQuorate }).toEqual({ master: null, isQuorate: false })
    }
    expect((await cluster.rolecall('config', 'set', 'kept/third', 'never', '--timeout', '1s')).exitCode).not.toBe(0)

    cluster.start('n3')
    await cluster.until('all are voters again', (view) => isWhole(view) && areVoters(view))
    for (const node of all) {
      await eventually(`${node} has everything`, async () => (await readOn(cluster, node, 'kept/second')) === 'two')
      expect(await readOn(cluster, node, 'kept/first')).toBe('one')
    }
    // And its vote counts: without n3 again, n1 and n2 go on.
    await killed(cluster, 'n3')
    await set(cluster, 'kept/last', 'three')
  },
  testTimeoutMs,
)

test(
  'a disk that came back old is found out, set aside, and filled anew',
  async () => {
    const cluster = await started()
    await set(cluster, 'kept/first', 'one')
    const [state, copy] = [cluster.stateDirectory('n2'), `${cluster.stateDirectory('n2')}.copy`]
    await killed(cluster, 'n2')
    cpSync(state, copy, { recursive: true })
    for (const key of ['kept/second', 'kept/third']) {
      cluster.start('n2')
      await cluster.until('n2 is back', (view) => isWhole(view) && areVoters(view), { of: ['n2'] })
      await set(cluster, key, 'two')
      await killed(cluster, 'n2')
    }
    rmSync(state, { recursive: true })
    cpSync(copy, state, { recursive: true })
    cluster.start('n2')
    await eventually('it is set aside', () =>
      readdirSync(state).some((name) => name.startsWith('repository.outdated-')),
    )
    await cluster.until('it votes again', (view) => isWhole(view) && areVoters(view))
    await eventually('it has everything', async () => (await readOn(cluster, 'n2', 'kept/third')) === 'two')
    expect(cluster.log('n2')).toContain('the disk here is an old copy')
    expect(cluster.isRunning('n2')).toBe(true)
  },
  testTimeoutMs,
)

test(
  'a node with the state of another cluster of the same name and secret is refused on both sides',
  async () => {
    const cluster = await started()
    await set(cluster, 'kept/ours', 'yes')
    const state = cluster.stateDirectory('n3')
    await killed(cluster, 'n3')
    // Another cluster comes to be from empty disks, with the same file: then n3 alone is put back.
    for (const node of ['n1', 'n2']) await killed(cluster, node)
    const aside = all.map((node) => [cluster.stateDirectory(node), `${cluster.stateDirectory(node)}.ours`] as const)
    for (const [from, to] of aside) {
      cpSync(from, to, { recursive: true })
      rmSync(from, { recursive: true })
    }
    cluster.startAll()
    await cluster.until('the other cluster is whole', (view) => isWhole(view) && areVoters(view))
    await killed(cluster, 'n3')
    rmSync(state, { recursive: true })
    cpSync(`${state}.ours`, state, { recursive: true })
    cluster.start('n3')
    await cluster.until(
      'the others refuse it',
      ({ problems }) => problems.some(({ code, subject }) => code === 'node.foreign' && subject === 'n3'),
      { of: ['n1'] },
    )
    const view = await cluster.until(
      'it refuses the others',
      ({ problems }) => problems.some(({ code }) => code === 'node.foreign'),
      { of: ['n3'] },
    )
    expect(view.quorum.isQuorate).toBe(false)
    expect(await readOn(cluster, 'n1', 'kept/ours')).toBe('')
    await set(cluster, 'kept/theirs', 'yes')
    expect(await readOn(cluster, 'n3', 'kept/theirs')).toBe('')
  },
  testTimeoutMs,
)
