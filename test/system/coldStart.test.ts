/**
 * The whole cluster starts cold, in any order: everything is served once there is a quorum, nothing is started twice, and no
 * node starts more at a time than it may (SPEC S1, R10).
 */
import { afterEach, expect, test } from 'bun:test'
import { startingCountMax } from '../../machines/logic/placement/index.ts'
import type { isWhole } from '../../src/demo/localCluster.ts'
import { readTimeline, type TimelineEntry } from '../../src/recorder/index.ts'
import { cleanUp, clusterName, configurationHead, eventually, SystemCluster, testTimeoutMs } from '../support/system.ts'

afterEach(cleanUp)

const names = Array.from({ length: 12 }, (_, place) => `s${String(place).padStart(2, '0')}`)

/** Patient, so that no lease ends on a machine that is busy with other things: that, too, would start something again. */
const services = `timing: { suspectAfter: 1500ms, leaderLease: 1500ms, nodeLease: 2500ms }
types:
  sleeper:
    command: [sleep, "3600"]
    probe: { exec: ["/bin/sh", "-c", "sleep 0.1"], interval: 1s }
components:
${names.map((name) => `  ${name}: { type: sleeper, nodes: [n1, n2, n3] }`).join('\n')}
assignments:
${names.map((name) => `  ${name}: { component: ${name}, redundancy: none }`).join('\n')}
`

/** Of the lives since the last look: how many starts there were of each component, and how many at a time on each node. */
function startsIn(entries: readonly TimelineEntry[]): { counts: Map<string, number>; mostAtOnce: number } {
  const counts = new Map<string, number>()
  const starting = new Map<string, Set<string>>()
  let mostAtOnce = 0
  for (const { actor, node, event, effects } of entries) {
    if (!actor.startsWith('component/')) continue
    const here = starting.get(node) ?? new Set()
    starting.set(node, here)
    if (event.type === 'process.ready' || event.type === 'process.exited') here.delete(actor)
    if (!effects.some(({ type }) => type === 'process.start')) continue
    const service = actor.slice(actor.lastIndexOf('/') + 1)
    counts.set(service, (counts.get(service) ?? 0) + 1)
    mostAtOnce = Math.max(mostAtOnce, here.add(actor).size)
  }
  return { counts, mostAtOnce }
}

function timeline(cluster: SystemCluster): readonly TimelineEntry[] {
  return readTimeline(cluster.nodes.map((node) => cluster.stateDirectory(node))).entries
}

const onceEach = new Map(names.map((name) => [name, 1]))

test(
  'all killed at once, or ended in order: started in any order, with delays, all is served again, each started once',
  async () => {
    const name = clusterName()
    const cluster = new SystemCluster({ name, configuration: (await configurationHead(name)) + services })
    let seenCount = 0
    const startInOrder = async (order: readonly string[], delayMs: number) => {
      for (const node of order) {
        cluster.start(node)
        await Bun.sleep(delayMs)
      }
      await cluster.until('all is served', isServed)
      const entries = timeline(cluster)
      const { counts, mostAtOnce } = startsIn(entries.slice(seenCount))
      expect([...counts].sort()).toEqual([...onceEach])
      expect(mostAtOnce).toBeLessThanOrEqual(startingCountMax)
      expect(mostAtOnce).toBeGreaterThan(1)
    }
    await startInOrder(['n1', 'n2', 'n3'], 0)
    for (const node of cluster.nodes) cluster.killNode(node)
    await Promise.all(cluster.nodes.map((node) => cluster.exited(node)))
    await eventually('nothing of them is left', () => cluster.nodes.every((node) => cluster.marked(node).length === 0))
    seenCount = timeline(cluster).length
    await startInOrder(['n3', 'n1', 'n2'], 300)
    await cluster.stop()
    seenCount = timeline(cluster).length
    await startInOrder(['n2', 'n3', 'n1'], 700)
  },
  testTimeoutMs,
)

function isServed(view: Parameters<typeof isWhole>[0]): boolean {
  return view.assignments.length === names.length && view.assignments.every(({ health }) => health === 'served')
}
