/** What the black boxes of real nodes hold beside steps: programs' own records, deaths, what the guard saw, how lives ended. */
import { afterEach, expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { isWhole } from '../../src/demo/localCluster.ts'
import { signalAll } from '../../src/demo/processes.ts'
import { readTimeline, type TimelineEntry } from '../../src/recorder/index.ts'
import { cleanUp, nodeOf, rolecall, type SystemCluster, startLedger, testTimeoutMs } from '../support/system.ts'

afterEach(cleanUp)

/** The node process of a node, which its guard starts again. */
function nodeProcessOf(cluster: SystemCluster, node: string): number {
  const isNodeProcess = (pid: number) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('node-process')
  return cluster.processesOf(node).find(isNodeProcess)!
}

async function until(cluster: SystemCluster, node: string, isThere: (entries: readonly TimelineEntry[]) => boolean) {
  for (let attempt = 0; attempt < 300; attempt += 1) {
    const { entries } = readTimeline([cluster.stateDirectory(node)])
    if (isThere(entries)) return entries
    await Bun.sleep(100)
  }
  throw new Error(`the black box of ${node} does not have it`)
}

const has =
  (type: string, count = 1) =>
  (entries: readonly TimelineEntry[]) =>
    entries.filter(({ event }) => event.type === type).length >= count

test(
  'a program dies, a node process is killed, one hangs, and all of it is stopped and started again',
  async () => {
    const cluster = await startLedger()
    const { primary: node } = await cluster.placesOf('ledger')
    const component = await cluster.primaryOf('ledger')
    expect(nodeOf(component)).toBe(node)
    signalAll(cluster.processesOfComponent(component), 'SIGSEGV')
    await until(cluster, node, has('process.died'))
    await cluster.until('it is back', isWhole)

    process.kill(nodeProcessOf(cluster, node), 'SIGKILL')
    await until(cluster, node, has('node.ended'))
    await cluster.until('it is back', isWhole)

    process.kill(nodeProcessOf(cluster, node), 'SIGSTOP')
    await until(cluster, node, has('node.hung'))
    await cluster.until('it is back', isWhole)

    await cluster.stop()
    cluster.start(node)
    const entries = await until(cluster, node, has('life.began', 3))
    await cluster.stop()

    const notes = entries.filter(({ kind }) => kind === 'note')
    const of = (type: string) => notes.filter(({ event }) => event.type === type)
    const died = of('process.died')[0]!
    expect(died).toMatchObject({
      actor: `component/${component}`,
      event: { signal: 'SIGSEGV', exitCode: null, pid: expect.any(Number), core: { pattern: expect.any(String) } },
    })
    // What it follows from is the step that took note of the end.
    const step = entries.find(({ id }) => id === died.cause)!
    expect(step).toMatchObject({ actor: `component/${component}`, kind: 'step' })

    expect(of('node.ended').map(({ actor, event }) => [actor, event.signal, event.incarnation])).toEqual([
      ['guard', 'SIGKILL', 1],
      ['guard', 'SIGKILL', 2],
    ])
    expect(of('node.hung')).toMatchObject([{ actor: 'guard', incarnation: 3, event: { incarnation: 2 } }])
    expect(of('life.began').map(({ event }) => event.last)).toMatchObject([
      { incarnation: 1, end: 'killed', tail: 'whole' },
      { incarnation: 2, end: 'killed', tail: 'whole' },
      { incarnation: 3, end: 'ended', exitCode: 0, tail: 'whole' },
    ])
    expect(of('life.ended').map(({ incarnation }) => incarnation)).toContain(3)
    expect(of('log.said').map(({ event }) => event.text)).toContainEqual(
      expect.stringContaining('was killed, or crashed'),
    )

    const records = entries.filter(({ kind }) => kind === 'application')
    expect(records.map(({ event }) => event.type)).toContain('journal.loaded')
    const serving = records.find(({ event }) => event.type === 'serving.began')!
    expect(serving).toMatchObject({ actor: `component/${component}`, event: { data: { entries: expect.any(Number) } } })
    expect(entries.find(({ id }) => id === serving.cause)).toMatchObject({ actor: `component/${component}` })

    const state = cluster.nodes.map((each) => cluster.stateDirectory(each))
    expect(await rolecall(['replay', ...state, '--verify'])).toMatchObject({ exitCode: 0 })
    expect(cluster.log(node)).toContain('was killed, or crashed')
  },
  testTimeoutMs,
)
