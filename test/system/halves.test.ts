/** The two halves of a node, guard and node process: whichever hangs or is killed, the other sees to it that nothing acts unseen. */
import { afterEach, expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { isWhole } from '../../src/demo/localCluster.ts'
import { signalAll } from '../../src/demo/processes.ts'
import { Writer } from '../../src/demo/writer.ts'
import { realClock } from '../../src/engine/clock.ts'
import {
  binary,
  cleanUp,
  clusterName,
  configurationHead,
  eventually,
  isAlive,
  lostCount,
  nodeOf,
  SystemCluster,
  startLedger,
  testTimeoutMs,
  titleOf,
  traceOf,
} from '../support/system.ts'

afterEach(cleanUp)

function nodeProcessOf(cluster: SystemCluster, node: string): number {
  return cluster.processesOf(node).find((each) => titleOf(each).includes(' node-process '))!
}

function writerTo(cluster: SystemCluster): { writer: Writer; more: () => Promise<unknown> } {
  const writer = new Writer({ cluster, assignment: 'ledger', wallUs: realClock.wallUs })
  writer.start()
  const more = () => {
    const { length } = writer.acknowledged
    return eventually('entries are acknowledged', () => writer.acknowledged.length > length + 30)
  }
  return { writer, more }
}

function servedElsewhere(cluster: SystemCluster, node: string) {
  return cluster.until(
    'served elsewhere',
    ({ assignments: [ledger] }) => ledger!.primary !== null && nodeOf(ledger!.primary) !== node,
    { of: cluster.nodes.filter((other) => other !== node) },
  )
}

test(
  'SIGSTOP of the node process alone: the others see that it hangs, its guard ends it and starts it again, roles have moved',
  async () => {
    const cluster = await startLedger()
    const { writer, more } = writerTo(cluster)
    await more()
    const { primary } = await cluster.placesOf('ledger')
    const others = cluster.nodes.filter((node) => node !== primary)
    const hung = nodeProcessOf(cluster, primary)
    signalAll([hung], 'SIGSTOP')
    const seen = await cluster.until(
      'the others see it',
      ({ problems }) => problems.some(({ code }) => code === 'node.hung'),
      { of: others },
    )
    // Its heartbeats come: it is not gone.
    expect(seen.nodes.find(({ name }) => name === primary)!.availability).toBe('alive')
    await eventually('it is ended', () => !isAlive(hung))
    await servedElsewhere(cluster, primary)
    const view = await cluster.until('it is back', isWhole)
    expect(view.nodes.find(({ name }) => name === primary)!.incarnation).toBe(2)
    expect(cluster.log(primary)).toContain('the node process hangs')
    await more()
    await writer.stop()
    expect(await lostCount(cluster, writer.acknowledged)).toBe(0)
  },
  testTimeoutMs,
)

test(
  'SIGSTOP of the guard alone: the exclusive primary stops by itself before another takes over, and the node ends',
  async () => {
    const cluster = await startLedger()
    const { writer, more } = writerTo(cluster)
    await more()
    const { primary } = await cluster.placesOf('ledger')
    const guard = cluster.guardPid(primary)
    const programs = cluster.processesOfComponent(`${primary}/ledger`)
    expect(programs.some(isAlive)).toBe(true)
    signalAll([guard], 'SIGSTOP')
    await eventually('its programs have ended', () => !programs.some(isAlive))
    const stoppedAtUs = realClock.wallUs()
    await servedElsewhere(cluster, primary)
    await more()
    await eventually('the node process ends what is left', () => !cluster.isRunning(primary))
    await eventually('nothing of it is left', () => cluster.marked(primary).length === 0)
    const successor = traceOf(cluster).find(
      ({ event, component }) => event === 'active' && nodeOf(component) !== primary,
    )!
    expect(successor.atUs).toBeGreaterThan(stoppedAtUs)
    cluster.start(primary)
    await cluster.until('it is back', isWhole)
    await writer.stop()
    expect(await lostCount(cluster, writer.acknowledged)).toBe(0)
  },
  testTimeoutMs,
)

test(
  'one half after the other is killed, here and there: the cluster comes back each time, loses nothing, and leaves nothing',
  async () => {
    const cluster = await startLedger()
    const { writer, more } = writerTo(cluster)
    // Every half of every node once, in an order that changes roles on the way.
    for (const [index, node] of [...cluster.nodes, ...cluster.nodes].entries()) {
      await more()
      const isGuard = (index + cluster.nodes.indexOf(node)) % 2 === 0 ? index < 3 : index >= 3
      const victim = isGuard ? cluster.guardPid(node) : nodeProcessOf(cluster, node)
      signalAll([victim], 'SIGKILL')
      await eventually('it is gone', () => !isAlive(victim))
      if (isGuard) {
        await eventually('nothing of it is left', () => cluster.marked(node).length === 0)
        await cluster.exited(node)
        cluster.start(node)
      }
      await cluster.until(`whole again after ${isGuard ? 'the guard' : 'the node process'} of ${node}`, isWhole)
    }
    await more()
    await writer.stop()
    expect(await lostCount(cluster, writer.acknowledged)).toBe(0)
    await cluster.stop()
    for (const node of cluster.nodes) expect(cluster.marked(node)).toEqual([])
  },
  testTimeoutMs,
)

/** Policy and real-time priority, of the main thread: sched(7). */
function schedulingOf(pid: number): { policy: number; priority: number } {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return { priority: Number(fields[37]), policy: Number(fields[38]) }
}

const SCHED_OTHER = 0
const SCHED_FIFO = 1

const service = `types:
  sleeper: { command: ["/bin/sleep", "1000"] }
components:
  sleeper: { type: sleeper, nodes: [n1, n2] }
assignments:
  sleeper: { component: sleeper, redundancy: 2N }
`

test(
  'the guard runs in real time and nothing else does; where that is not permitted, status and log say so',
  async () => {
    const setpriv = Bun.which('setpriv')
    if (!setpriv) return console.warn('passed over: no setpriv')
    const name = clusterName()
    // The last node is not permitted to: root without the capability.
    const without = [setpriv, '--bounding-set=-sys_nice', '--', binary]
    const configuration = (await configurationHead(name)) + service
    const cluster = new SystemCluster({ name, configuration, command: without })
    cluster.startAll()
    const view = await cluster.until('the cluster is whole', isWhole)
    const problem = view.problems.find(({ code }) => code === 'guard.unprivileged')
    expect(problem?.text).toStartWith('heartbeats run without real-time priority')
    expect((await cluster.rolecall('status')).stdout).toContain('heartbeats run without real-time priority')
    expect(cluster.log('n1')).toContain('heartbeats run without real-time priority')
    expect(schedulingOf(cluster.guardPid('n1')).policy).toBe(SCHED_OTHER)
    await cluster.stop()

    const other = new SystemCluster({ name, configuration })
    other.startAll()
    const { problems } = await other.until('the cluster is whole', isWhole)
    if (problems.some(({ code }) => code === 'guard.unprivileged'))
      return console.warn('passed over: real-time priority is not permitted here')
    const [guard, ...below] = other.processesOf('n1')
    expect(schedulingOf(guard!)).toEqual({ policy: SCHED_FIFO, priority: 10 })
    expect(below.length).toBeGreaterThan(1)
    for (const pid of below) expect(schedulingOf(pid).policy).toBe(SCHED_OTHER)
  },
  testTimeoutMs,
)
