/**
 * Two nodes without a third vote (SPEC M1, E5): when one is lost, the other stops what is exclusive, and goes on alone only once the
 * lost one is known to be off, by a fence agent or an operator.
 */
import { afterEach, expect, test } from 'bun:test'
import type { ClusterView } from '../../machines/model/view.ts'
import { isWhole } from '../../src/demo/localCluster.ts'
import { signalAll } from '../../src/demo/processes.ts'
import { Writer } from '../../src/demo/writer.ts'
import { realClock } from '../../src/engine/clock.ts'
import { fencesOf, freeze, makePair, other, overlapMs, spansOf, type Third } from '../support/pair.ts'
import { cleanUp, lostCount, nodeOf, type SystemCluster, testTimeoutMs, titleOf } from '../support/system.ts'

afterEach(cleanUp)

const isServedBy = (node: string) => (view: ClusterView) => {
  const { primary, endpoint } = view.assignments[0]!
  return view.master === node && primary !== null && nodeOf(primary) === node && endpoint !== null
}
const isServedAlone = (node: string) => (view: ClusterView) =>
  isServedBy(node)(view) && view.nodes.find(({ name }) => name === other(node))!.availability === 'ended'
const isStoppedOn = (node: string) => (view: ClusterView) =>
  view.master === null &&
  view.quorum.aliveVoterCount === 1 &&
  view.components.every(({ component, role }) => nodeOf(component) !== node || role !== 'primary')
const areVoters = (view: ClusterView) => view.nodes.every(({ vote }) => vote === 'voter')
const isWholePair = (view: ClusterView) => isWhole(view) && areVoters(view)

async function started(third: Third): Promise<{ cluster: SystemCluster; master: string; vice: string }> {
  const cluster = await makePair({ third })
  cluster.startAll()
  const { master, vice } = await cluster.until('the cluster is whole', isWholePair)
  return { cluster, master: master!, vice: vice! }
}

async function set(cluster: SystemCluster, key: string, node: string): Promise<void> {
  const { exitCode, stderr } = await cluster.rolecall('config', 'set', key, 'kept', '--name', node)
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 })
}

async function expectKept(cluster: SystemCluster, keys: readonly string[]): Promise<void> {
  for (const node of cluster.nodes) {
    for (const key of keys) {
      const { stdout } = await cluster.rolecall('config', 'get', key, '--name', node)
      expect({ node, key, value: stdout.trim() }).toEqual({ node, key, value: 'kept' })
    }
  }
}

test.each(['master', 'vice'] as const)(
  'the %s is lost and nothing proves that it is off: the other stops until an operator says so',
  async (which) => {
    const { cluster, master, vice } = await started('nothing')
    const lost = which === 'master' ? master : vice
    const survivor = other(lost)
    const before = await cluster.rolecall('problems', '--name', survivor)
    expect(before.stdout).toContain('failover.barred')
    expect(before.stdout).toContain(`${survivor} will not take over from ${lost}`)
    await set(cluster, 'app/before', survivor)

    const killed = { node: lost, atUs: realClock.wallUs() }
    cluster.killNode(lost)
    const stopped = await cluster.until('the survivor has stopped', isStoppedOn(survivor), { of: [survivor] })
    expect(stopped.quorum).toEqual({ isQuorate: false, voterCount: 2, aliveVoterCount: 1, neededCount: 2 })
    expect(stopped.problems.map(({ code }) => code)).toEqual(expect.arrayContaining(['quorum.lost', 'failover.barred']))
    const status = await cluster.rolecall('status', '--name', survivor)
    expect(status.exitCode).toBe(106)
    expect(status.stdout).toContain(`${survivor} will not take over from ${lost}`)
    expect(stopped.problems.find(({ code }) => code === 'failover.barred')!.next).toBe(
      `rolecall fence confirm ${lost} --yes`,
    )
    // It is known to have ended, and that changes nothing.
    expect(stopped.nodes.find(({ name }) => name === lost)!.availability).toBe('ended')

    const confirmed = await cluster.rolecall('fence', 'confirm', lost, '--yes', '--name', survivor)
    expect(confirmed).toEqual({ exitCode: 0, stdout: `${lost} is taken to be off\n`, stderr: '' })
    await cluster.until('the survivor serves alone', isServedBy(survivor), { of: [survivor] })
    await set(cluster, 'app/alone', survivor)

    cluster.start(lost)
    await cluster.until('both are voters again', isWholePair)
    await expectKept(cluster, ['app/before', 'app/alone'])
    await cluster.stop()
    expect(overlapMs(spansOf(cluster, [killed]))).toBe(0)
  },
  testTimeoutMs,
)

test.each(['master', 'vice'] as const)(
  'the %s is frozen: the other fences it, goes on alone, and takes it back as a learner',
  async (which) => {
    const { cluster, master, vice } = await started('fences')
    const lost = which === 'master' ? master : vice
    const survivor = other(lost)
    expect((await cluster.view())!.problems).toEqual([])
    const writer = new Writer({ cluster, assignment: 'ledger', wallUs: realClock.wallUs })
    writer.start()
    await set(cluster, 'app/before', lost)
    const { pids, atUs } = freeze(cluster, lost)
    await cluster.until('the survivor serves alone', isServedAlone(survivor), { of: [survivor] })
    signalAll(pids, 'SIGKILL')
    expect(new Set(fencesOf(cluster))).toEqual(new Set([`off ${lost}`]))
    await set(cluster, 'app/alone', survivor)

    const kinds = new Set<string>()
    cluster.start(lost)
    await cluster.until('both are voters again', (view) => {
      kinds.add(view.nodes.find(({ name }) => name === lost)!.vote)
      return isWholePair(view)
    })
    expect(kinds).toEqual(new Set(['learner', 'voter']))
    await writer.stop()
    expect(await lostCount(cluster, writer.acknowledged)).toBe(0)
    await expectKept(cluster, ['app/before', 'app/alone'])
    await cluster.stop()
    expect(overlapMs(spansOf(cluster, [{ node: lost, atUs }]))).toBe(0)
  },
  testTimeoutMs,
)

test(
  'a node of a fenced pair that has ended is fenced too, unless it comes back soon',
  async () => {
    const { cluster, master } = await started('fences')
    const survivor = other(master)
    // The node process alone: its guard starts it again at once.
    const nodeProcess = cluster.processesOf(master).find((pid) => titleOf(pid).includes(' node-process '))!
    signalAll([nodeProcess], 'SIGKILL')
    await cluster.until(
      'it lives again',
      (view) => isWholePair(view) && view.nodes.some((node) => node.incarnation === 2),
      {
        of: [survivor],
      },
    )
    expect(fencesOf(cluster)).toEqual([])

    const { master: lost } = (await cluster.view([survivor]))!
    cluster.killNode(lost!)
    const last = other(lost!)
    await cluster.until('the other is master', ({ master }) => master === last, { of: [last] })
    expect(fencesOf(cluster)).toEqual([`off ${lost}`])
    cluster.start(lost!)
    await cluster.until('both are voters again', isWholePair)
    await cluster.stop()
  },
  testTimeoutMs,
)

test(
  'a node that starts alone neither fences the other nor goes on without it',
  async () => {
    const { cluster, vice } = await started('fences')
    await set(cluster, 'app/before', vice)
    await cluster.stop()
    cluster.start(vice)
    const alone = await cluster.until('it has started', ({ problems }) => problems.length > 0, { of: [vice] })
    expect(alone.master).toBeNull()
    await Bun.sleep(1500)
    expect((await cluster.view([vice]))!.master).toBeNull()
    expect(fencesOf(cluster)).toEqual([])
    cluster.start(other(vice))
    await cluster.until('both are there', isWholePair)
    await expectKept(cluster, ['app/before'])
  },
  testTimeoutMs,
)
