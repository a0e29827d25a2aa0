/** Whichever processes of a node are killed, in whatever combination: nothing of it acts unseen, and the service goes on. */
import { afterEach, expect, test } from 'bun:test'
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isWhole } from '../../src/demo/localCluster.ts'
import { environmentOf, signalAll } from '../../src/demo/processes.ts'
import { Writer } from '../../src/demo/writer.ts'
import { realClock } from '../../src/engine/clock.ts'
import {
  cleanUp,
  clusterName,
  configurationHead,
  eventually,
  isAlive,
  lostCount,
  makeLedger,
  nodeOf,
  SystemCluster,
  startLedger,
  temporaryDirectory,
  testTimeoutMs,
  titleOf,
} from '../support/system.ts'

afterEach(cleanUp)

function nodeProcessOf(cluster: SystemCluster, node: string): number {
  const [pid, ...others] = cluster.processesOf(node).filter((each) => titleOf(each).includes(' node-process '))
  expect({ pid, others }).toEqual({ pid: expect.any(Number), others: [] })
  return pid!
}

async function gone(cluster: SystemCluster, node: string): Promise<void> {
  await eventually(`nothing of ${node} is left`, () => cluster.marked(node).length === 0)
}

/** A client writes while `strike` hits the primary's node; then the ledger must be served elsewhere with all of it. */
async function whileWriting(cluster: SystemCluster, strike: (node: string) => Promise<void>): Promise<void> {
  const writer = new Writer({ cluster, assignment: 'ledger', wallUs: realClock.wallUs })
  writer.start()
  await eventually('entries are acknowledged', () => writer.acknowledged.length > 50)
  const { primary } = await cluster.placesOf('ledger')
  await strike(primary)
  const view = await cluster.until('served elsewhere', ({ assignments: [ledger] }) => {
    return ledger!.primary !== null && nodeOf(ledger!.primary) !== primary
  })
  expect(view.assignments[0]!.primary).not.toBeNull()
  const { length } = writer.acknowledged
  await eventually('entries are acknowledged again', () => writer.acknowledged.length > length + 50)
  await writer.stop()
  expect(await lostCount(cluster, writer.acknowledged)).toBe(0)
}

test(
  'kill -9 of the node process alone: its components die, others serve, and it comes back by itself',
  async () => {
    const cluster = await startLedger()
    await whileWriting(cluster, async (node) => {
      const victim = nodeProcessOf(cluster, node)
      const components = cluster.processesOfComponent(`${node}/ledger`)
      expect(components.length).toBeGreaterThan(0)
      signalAll([victim], 'SIGKILL')
      await eventually('its components are gone', () => !components.some(isAlive))
      expect(cluster.isRunning(node)).toBe(true)
    })
    const view = await cluster.until('it is back', isWhole)
    expect(view.nodes.map(({ incarnation }) => incarnation).sort()).toEqual([1, 1, 2])
  },
  testTimeoutMs,
)

test(
  'kill -9 of the guard alone: nothing of the node is left',
  async () => {
    const cluster = await startLedger()
    await whileWriting(cluster, async (node) => {
      signalAll([cluster.guardPid(node)], 'SIGKILL')
      await gone(cluster, node)
    })
    for (const node of cluster.nodes) if (!cluster.isRunning(node)) cluster.start(node)
    await cluster.until('it is back', isWhole)
  },
  testTimeoutMs,
)

/** Its children ignore what can be ignored; with `setsid` they leave its process group and session, too. */
const parent = `#!/bin/sh
trap '' TERM HUP INT
child='trap "" TERM HUP INT; echo $$ >> "$0"; while :; do sleep 1; done'
sh -c "$child" children &
setsid sh -c "$child" strays &
while :; do sleep 1; done
`

test(
  'kill -9 of guard and node process at once: grandchildren that ignore signals die, strays at the latest when it returns',
  async () => {
    const directory = temporaryDirectory()
    writeFileSync(join(directory, 'parent'), parent)
    chmodSync(join(directory, 'parent'), 0o755)
    const name = clusterName()
    const service = `types:
  parent: { command: ["./parent"], stop: { timeout: 200ms } }
components:
  parent: { type: parent, nodes: [n1, n2] }
assignments:
  parent: { component: parent, redundancy: 2N }
`
    const cluster = new SystemCluster({ name, directory, configuration: (await configurationHead(name)) + service })
    cluster.startAll()
    await cluster.until('the cluster is whole', isWhole)
    const { primary } = await cluster.placesOf('parent')
    const [child, stray] = await eventually('both have begun', () => {
      const pids = ['children', 'strays'].map((file) => pidsIn(join(directory, file)))
      return pids.every((each) => each.length === 1) && pids.map(([pid]) => pid!)
    })
    expect(environmentOf(child!, 'ROLECALL_COMPONENT')).toBe(`${primary}/parent`)
    signalAll([cluster.guardPid(primary), nodeProcessOf(cluster, primary)], 'SIGKILL')
    await eventually('its group is gone', () => !isAlive(child!))
    await eventually('all but the stray is gone', () => cluster.marked(primary).every((pid) => groupOf(pid) === stray))
    cluster.start(primary)
    // Whoever is asked may not have heard yet that the node was away.
    await eventually('the stray is gone', () => !isAlive(stray!))
    await cluster.until('it is back', isWhole)
  },
  testTimeoutMs,
)

test(
  'two clusters with the same names on one machine leave each other’s processes alone',
  async () => {
    const first = await startLedger()
    const second = await makeLedger({ change: (text) => text.replace(/^cluster: .*$/m, `cluster: ${first.name}`) })
    const before = first.nodes.flatMap((node) => first.processesOf(node)).sort()
    second.startAll()
    await second.until('the second is whole', isWhole)
    expect(first.nodes.flatMap((node) => first.processesOf(node)).sort()).toEqual(before)
    expect(isWhole((await first.view())!)).toBe(true)
  },
  testTimeoutMs,
)

function pidsIn(file: string): number[] {
  try {
    return readFileSync(file, 'utf8').trim().split('\n').map(Number)
  } catch {
    return []
  }
}

function groupOf(pid: number): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[2])
  } catch {
    return null
  }
}
