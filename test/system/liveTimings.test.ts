/** Timings change while the cluster runs: what a fail-over waits for before and after, by the black boxes, and who is waited for. */
import { afterEach, expect, test } from 'bun:test'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { ClusterView } from '../../machines/model/view.ts'
import { isWhole } from '../../src/demo/localCluster.ts'
import { signalAll } from '../../src/demo/processes.ts'
import { readTimeline, type TimelineEntry } from '../../src/recorder/index.ts'
import {
  cleanUp,
  eventually,
  nodeOf,
  rolecall,
  type SystemCluster,
  startLedger,
  testTimeoutMs,
} from '../support/system.ts'

afterEach(cleanUp)

/** Freezes the node of the primary until another has taken over and `meanwhile` is done. */
async function failOver(cluster: SystemCluster, meanwhile: (frozen: string) => Promise<void>): Promise<void> {
  const { primary: frozen } = await cluster.placesOf('ledger')
  const others = cluster.nodes.filter((node) => node !== frozen)
  const pids = cluster.processesOf(frozen)
  signalAll(pids, 'SIGSTOP')
  try {
    await cluster.until(
      'another has taken over',
      ({ assignments: [ledger] }) => ledger!.primary !== null && nodeOf(ledger!.primary) !== frozen,
      { of: others },
    )
    await meanwhile(frozen)
  } finally {
    signalAll(pids, 'SIGCONT')
  }
  await cluster.until('the frozen one is back', isWhole)
}

/** Since the node was last heard, or since this one became master: what is over by then, and the timer. */
function isolationWaitsMs(entries: readonly TimelineEntry[]): number[] {
  return entries.flatMap(({ actor, event, timers }) => {
    if (!actor.startsWith('node/')) return []
    const waitedMs = typeof event.waitedMs === 'number' ? event.waitedMs : 0
    return timers.flatMap((timer) =>
      timer.op === 'arm' && timer.id.includes('isolation') ? [timer.delayMs + waitedMs] : [],
    )
  })
}

const candidaciesMs = (entries: readonly TimelineEntry[]): number[] =>
  entries.flatMap(({ timers }) =>
    timers.flatMap((timer) => (timer.op === 'arm' && timer.id.includes('candidacyTimeout') ? [timer.delayMs] : [])),
  )

test(
  'nodeLease and electionTimeout: settled when all have applied them, waited by from then on',
  async () => {
    const cluster = await startLedger()
    const config = (...words: string[]) => cluster.rolecall('config', ...words)
    const taken = async (...words: string[]) => {
      const outcome = await config(...words)
      expect(`${outcome.exitCode} ${outcome.stderr}`).toBe('0 ')
    }
    const settled = (what: string) =>
      eventually(what, async () => (await config('get', 'cluster/timing')).stdout.includes(what))
    await settled('400')
    await failOver(cluster, async () => {})

    await taken('set', 'configuration/timing/electionTimeout', '"200ms"')
    await taken('set', 'configuration/timing/nodeLease', '"900ms"')
    await settled('900')
    await failOver(cluster, async (frozen) => {
      await taken('set', 'configuration/timing/selfStop', '"600ms"')
      const others = cluster.nodes.filter((node) => node !== frozen)
      const { problems } = await cluster.until(
        'the frozen node is waited for',
        (view) => view.problems.some(({ code }) => code === 'timing.unsettled'),
        { of: others },
      )
      await eventually('only the frozen node is waited for', async () => {
        const view = await cluster.view(others)
        return view?.problems.find(({ code }) => code === 'timing.unsettled')?.text.includes(`waits for ${frozen}:`)
          ? true
          : null
      })
      expect(problems.some(({ code }) => code === 'timing.unsettled')).toBe(true)
      expect((await config('get', 'cluster/timing')).stdout).not.toContain('600')
    })
    await settled('600')
    await cluster.until(
      'nobody is waited for',
      ({ problems }) => !problems.some(({ code }) => code === 'timing.unsettled'),
    )
    await cluster.stop()

    const state = cluster.nodes.map((node) => cluster.stateDirectory(node))
    const { entries } = readTimeline(state)
    const first = entries.findIndex(
      ({ event }) => event.type === 'timing.changed' && JSON.stringify(event).includes('"nodeLeaseMs":900'),
    )
    expect(first).toBeGreaterThan(-1)
    // 1.01 × nodeLease + 1.01/0.99 × selfStop + takeOverMargin
    const before = isolationWaitsMs(entries.slice(0, first))
    const after = isolationWaitsMs(entries.slice(first))
    expect(before.length).toBeGreaterThan(0)
    expect(new Set(before)).toEqual(new Set([1165]))
    expect(after.filter((waitMs) => waitMs === 1670).length).toBeGreaterThan(0)
    expect(Math.min(...after)).toBeGreaterThanOrEqual(1670)
    const raised = entries.findIndex(
      ({ event }) => event.type === 'timing.changed' && JSON.stringify(event).includes('"electionTimeoutMs":200'),
    )
    expect(raised).toBeGreaterThan(-1)
    expect(Math.max(0, ...candidaciesMs(entries.slice(0, raised)))).toBeLessThanOrEqual(200)
    expect(Math.min(200, ...candidaciesMs(entries.slice(first)))).toBe(200)
    const replayed = await rolecall(['replay', ...state, '--verify', '--json'])
    expect(JSON.parse(replayed.stdout)).toMatchObject({ isExact: true, mismatchCount: 0 })
  },
  testTimeoutMs,
)

test(
  'a node whose disk is wiped begins with the shorter leases of its file, and votes again when it goes by the repository',
  async () => {
    const cluster = await startLedger()
    const config = (...words: string[]) => cluster.rolecall('config', ...words)
    const settled = (what: string) =>
      eventually(what, async () => (await config('get', 'cluster/timing')).stdout.includes(what))
    await settled('400')
    expect((await config('set', 'configuration/timing/nodeLease', '"900ms"')).exitCode).toBe(0)
    await settled('900')
    const { other } = await cluster.placesOf('ledger')
    cluster.killNode(other)
    await cluster.exited(other)
    rmSync(join(cluster.stateDirectory(other), 'repository'), { recursive: true, force: true })
    cluster.start(other)
    const isBack = (view: ClusterView) =>
      isWhole(view) && view.nodes.find(({ name }) => name === other)?.vote === 'voter'
    await cluster.until('it votes again', isBack, { of: [other] })
    const admitted = readTimeline([cluster.stateDirectory(other)]).entries.findLast(
      ({ event }) => event.type === 'members.changed' && event.isEligible === true,
    )
    const told = readTimeline([cluster.stateDirectory(other)]).entries.findLast(
      ({ event }) => event.type === 'timing.changed' && JSON.stringify(event).includes('"nodeLeaseMs":900'),
    )
    expect(told!.sequence).toBeLessThan(admitted!.sequence)
    await cluster.stop()
  },
  testTimeoutMs,
)
