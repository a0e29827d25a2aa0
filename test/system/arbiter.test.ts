/** Two nodes with an arbiter: the loss of any one of the three stops nothing, the loss of two stops everything (SPEC M1). */
import { afterEach, expect, test } from 'bun:test'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { ClusterView } from '../../machines/model/view.ts'
import { isWhole } from '../../src/demo/localCluster.ts'
import { Writer } from '../../src/demo/writer.ts'
import { realClock } from '../../src/engine/clock.ts'
import { arbiterLog, endArbiters, makePair, other, overlapMs, spansOf, startArbiter } from '../support/pair.ts'
import {
  cleanUp,
  eventually,
  lostCount,
  nodeOf,
  rolecall,
  type SystemCluster,
  testTimeoutMs,
} from '../support/system.ts'

afterEach(() => {
  endArbiters()
  cleanUp()
})

const isServedBy = (node: string) => (view: ClusterView) => {
  const { primary, endpoint } = view.assignments[0]!
  return view.master === node && primary !== null && nodeOf(primary) === node && endpoint !== null
}
const hasProblem = (code: string) => (view: ClusterView) => view.problems.some((problem) => problem.code === code)
const isSound = (view: ClusterView) => isWhole(view) && view.problems.length === 0

async function started(): Promise<{ cluster: SystemCluster; arbiter: Bun.Subprocess; view: ClusterView }> {
  const cluster = await makePair({ third: 'arbiter' })
  const arbiter = startArbiter([cluster])
  cluster.startAll()
  const view = await cluster.until('the cluster is whole', isSound)
  return { cluster, arbiter, view }
}

test(
  'the node of the master is lost: the other takes everything over, and nothing that was acknowledged is lost',
  async () => {
    const { cluster, view } = await started()
    expect(view.quorum).toEqual({ isQuorate: true, voterCount: 3, aliveVoterCount: 3, neededCount: 2 })
    expect(view.arbiter).toMatchObject({ name: 'third', isAlive: true })
    const writer = new Writer({ cluster, assignment: 'ledger', wallUs: realClock.wallUs })
    writer.start()
    const lost = view.master!
    const killed = { node: lost, atUs: realClock.wallUs() }
    cluster.killNode(lost)
    const survivor = other(lost)
    await cluster.until('the other has all', isServedBy(survivor), { of: [survivor] })
    const writtenCount = writer.acknowledged.length
    cluster.start(lost)
    await cluster.until('the cluster is whole again', isSound)
    await writer.stop()
    expect(writer.acknowledged.length).toBeGreaterThan(writtenCount)
    expect(await lostCount(cluster, writer.acknowledged)).toBe(0)
    await cluster.stop()
    expect(overlapMs(spansOf(cluster, [killed]))).toBe(0)
  },
  testTimeoutMs,
)

test(
  'without its arbiter a pair goes on, and says so; without a node as well it stops',
  async () => {
    const { cluster, arbiter, view } = await started()
    arbiter.kill('SIGKILL')
    const without = await cluster.until('the arbiter is missed', hasProblem('arbiter.silent'))
    const { master, epoch, assignments } = without
    expect({ master, epoch, primary: assignments[0]!.primary }).toEqual({
      master: view.master,
      epoch: view.epoch,
      primary: view.assignments[0]!.primary,
    })
    expect(without.quorum).toMatchObject({ isQuorate: true, aliveVoterCount: 2, neededCount: 2 })
    const again = startArbiter([cluster])
    const back = await cluster.until('the arbiter is back', isSound)
    expect(back).toMatchObject({ master: view.master, epoch: view.epoch })

    again.kill('SIGKILL')
    await cluster.until('the arbiter is missed', hasProblem('arbiter.silent'))
    const survivor = nodeOf(view.assignments[0]!.primary!)
    cluster.killNode(other(survivor))
    const alone = await cluster.until('its primary has stopped', isStoppedOn(survivor), { of: [survivor] })
    expect(alone.quorum).toMatchObject({ isQuorate: false, aliveVoterCount: 1, neededCount: 2 })
    expect(alone.problems.map(({ code }) => code)).toEqual(expect.arrayContaining(['quorum.lost', 'arbiter.silent']))
    const status = await cluster.rolecall('status', '--name', survivor)
    expect(status.stdout).toContain('no: 1 of 3 voters alive, 2 needed')
    expect(status.exitCode).toBe(106)

    // Either of the two brings the majority back.
    startArbiter([cluster])
    await cluster.until('it is served again', isServedBy(survivor), { of: [survivor] })
    await cluster.stop()
    expect(overlapMs(spansOf(cluster, []))).toBe(0)
  },
  testTimeoutMs,
)

const isStoppedOn = (node: string) => (view: ClusterView) =>
  !view.quorum.isQuorate &&
  view.components.some(({ component, role }) => nodeOf(component) === node && role !== 'primary')

test(
  'one arbiter serves two clusters, and leaves in order',
  async () => {
    const clusters = [await makePair({ third: 'arbiter' }), await makePair({ third: 'arbiter' })]
    const arbiter = startArbiter(clusters)
    for (const cluster of clusters) cluster.startAll()
    for (const cluster of clusters) {
      const { master } = await cluster.until('the cluster is whole', isSound)
      cluster.killNode(master!)
      await cluster.until('the other has all', isServedBy(other(master!)), { of: [other(master!)] })
      cluster.start(master!)
      await cluster.until('the cluster is whole again', isSound)
    }
    const twin = await rolecall(['arbiter', '--config', clusters[0]!.configurationFile])
    expect({ exitCode: twin.exitCode, stderr: twin.stderr }).toEqual({
      exitCode: 69,
      stderr: expect.stringMatching(new RegExp(`runs already, as process.*${arbiter.pid}`)),
    })
    arbiter.kill('SIGTERM')
    expect(await arbiter.exited).toBe(0)
    for (const cluster of clusters) await cluster.until('the arbiter has gone', hasProblem('arbiter.silent'))
    expect(readFileSync(arbiterLog(clusters[0]!), 'utf8')).toContain('leaving')
    const box = join(clusters[0]!.directory, 'state')
    const replay = await rolecall(['replay', box, '--verify'])
    expect({ exitCode: replay.exitCode, stdout: replay.stdout }).toEqual({
      exitCode: 0,
      stdout: expect.stringMatching(/of 3 nodes[\s\S]* 0 mismatches/),
    })
  },
  2 * testTimeoutMs,
)

/** The whole of it: its lives are counted anew, too, and have been. */
test.each(['repository', '.'])(
  'an arbiter whose disk is replaced (%p) is a stranger until it is made a member anew',
  async (what) => {
    const { cluster, arbiter, view } = await started()
    arbiter.kill('SIGKILL')
    await arbiter.exited
    rmSync(resolve(cluster.directory, 'state', 'third', what), { recursive: true })
    startArbiter([cluster])
    const timesToldCount = () => readFileSync(arbiterLog(cluster), 'utf8').match(/the voters are/g)?.length
    await eventually('it has a log again', () => timesToldCount() === 2)
    const survivor = other(view.master!)
    await cluster.until('it is known as a member', ({ quorum }) => quorum.voterCount === 3, { of: [survivor] })
    cluster.killNode(view.master!)
    await cluster.until('its vote counts', isServedBy(survivor), { of: [survivor] })
  },
  testTimeoutMs,
)

test('what cannot be an arbiter is said with its place', async () => {
  const cluster = await makePair({ third: 'nothing' })
  const without = await rolecall(['arbiter', '--config', cluster.configurationFile])
  expect(without).toMatchObject({ exitCode: 78, stderr: expect.stringContaining('expected an arbiter, found none') })
  const text = readFileSync(cluster.configurationFile, 'utf8')
  const file = join(cluster.directory, 'other.yaml')
  writeFileSync(file, `${text}arbiter: { name: third, links: ["127.0.0.1:7", "127.0.0.2:7"] }\n`)
  const twice = await rolecall(['arbiter', '--config', file, '--config', file])
  expect(twice.exitCode).toBe(78)
  for (const words of ['expected an address of its own', 'expected a folder of its own'])
    expect(twice.stderr).toContain(words)
})
