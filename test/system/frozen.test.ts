/** A node that is frozen may wake at any time: nobody takes over before it must have stopped by itself, and when it wakes it acts no more. */
import { afterEach, expect, test } from 'bun:test'
import { isWhole } from '../../src/demo/localCluster.ts'
import { signalAll } from '../../src/demo/processes.ts'
import { Writer } from '../../src/demo/writer.ts'
import { realClock } from '../../src/engine/clock.ts'
import { readTimeline } from '../../src/recorder/index.ts'
import {
  cleanUp,
  eventually,
  lostCount,
  nodeOf,
  startLedger,
  type TraceLine,
  testTimeoutMs,
  traceOf,
} from '../support/system.ts'

afterEach(cleanUp)

const isLower = (a: TraceLine['token'], b: TraceLine['token']) =>
  a.epoch < b.epoch || (a.epoch === b.epoch && a.index < b.index)

/** What was acknowledged under a token when a later one was at work already. */
function acknowledgedLate(lines: readonly TraceLine[]): TraceLine[] {
  let latest: TraceLine['token'] = { epoch: 0, index: 0 }
  return lines.filter(({ event, token }) => {
    if (event === 'active' && isLower(latest, token)) latest = token
    return event === 'acknowledged' && isLower(token, latest)
  })
}

test(
  'SIGSTOP of all processes of the primary’s node, then SIGCONT',
  async () => {
    const cluster = await startLedger()
    const writer = new Writer({ cluster, assignment: 'ledger', wallUs: realClock.wallUs })
    writer.start()
    const more = async () => {
      const { length } = writer.acknowledged
      await eventually('entries are acknowledged', () => writer.acknowledged.length > length + 50)
    }
    await more()
    const { primary: frozen } = await cluster.placesOf('ledger')
    const others = cluster.nodes.filter((node) => node !== frozen)
    const pids = cluster.processesOf(frozen)
    signalAll(pids, 'SIGSTOP')
    try {
      const taken = await cluster.until(
        'another has taken over',
        ({ assignments: [ledger] }) => ledger!.primary !== null && nodeOf(ledger!.primary) !== frozen,
        { of: others },
      )
      expect(taken.nodes.find(({ name }) => name === frozen)!.availability).toBe('isolated')
      await more()
    } finally {
      signalAll(pids, 'SIGCONT')
    }
    const view = await cluster.until('the frozen one is back', isWhole, { of: others })
    expect(view.components.find(({ component }) => nodeOf(component) === frozen)!.role).not.toBe('primary')
    await more()
    await writer.stop()
    expect(await lostCount(cluster, writer.acknowledged)).toBe(0)
    await cluster.stop()

    const lines = traceOf(cluster)
    expect(lines.filter(({ event }) => event === 'acknowledged').length).toBeGreaterThan(100)
    expect(acknowledgedLate(lines)).toEqual([])
    const active = lines.filter(({ event }) => event === 'active')
    expect(active.map(({ component }) => nodeOf(component) === frozen)).toEqual([true, false])

    // The order of the decision, from the black boxes of those who stayed: isolated first, then the new primary.
    const { entries } = readTimeline(others.map((node) => cluster.stateDirectory(node)))
    const isolated = entries.findIndex(({ actor, state }) => actor === `node/${frozen}` && state.includes('isolated'))
    const assigned = entries.findIndex(
      ({ actor, event }) =>
        event.type === 'role.assign' &&
        event.role === 'primary' &&
        actor.startsWith('component/') &&
        nodeOf(actor.slice('component/'.length)) !== frozen,
    )
    expect(isolated).toBeGreaterThan(-1)
    expect(assigned).toBeGreaterThan(isolated)
  },
  testTimeoutMs,
)
