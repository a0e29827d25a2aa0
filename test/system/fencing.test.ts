/** A frozen node that is fenced is known to have ended: its place is taken over without the wait for its isolation (SPEC E5). */
import { afterEach, expect, test } from 'bun:test'
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { activeSpans, overlapMs } from '../../src/demo/overlap.ts'
import { signalAll } from '../../src/demo/processes.ts'
import { realClock } from '../../src/engine/clock.ts'
import { readTimeline } from '../../src/recorder/index.ts'
import {
  cleanUp,
  eventually,
  makeLedger,
  nodeOf,
  type SystemCluster,
  testTimeoutMs,
  traceOf,
} from '../support/system.ts'

afterEach(cleanUp)

/** So long that a test which waited for it would not end in time. */
const endless = 'timing: { selfStop: 500ms, takeOverMargin: 10m }\n'

/** Kills what the file named like the node lists, as a power switch would. */
const script = `#!/bin/sh
echo "$1 $ROLECALL_FENCE_ACTION $ROLECALL_FENCE_NODE $ROLECALL_FENCE_CLUSTER" >> "$(dirname "$0")/fenced"
[ "$1" = off ] || exit 1
for pid in $(cat "$(dirname "$0")/pids-$ROLECALL_FENCE_NODE"); do kill -9 "$pid" 2>/dev/null; done
date +%s%6N > "$(dirname "$0")/cut-at"
exit 0
`

async function start({ exitCode = 0 } = {}): Promise<SystemCluster> {
  const cluster = await makeLedger({
    change: (text) =>
      endless + text.replace(/^( {2}n\d: \{ links: \[.*\])/gm, '$1, fence: { command: [./cut.sh], retries: 1 }'),
  })
  const file = join(cluster.directory, 'cut.sh')
  writeFileSync(file, exitCode === 0 ? script : `#!/bin/sh\necho no power switch\nexit ${exitCode}\n`)
  chmodSync(file, 0o755)
  cluster.startAll()
  return cluster
}

const movedFrom = (node: string) => (view: { assignments: readonly { primary: string | null }[] }) => {
  const { primary } = view.assignments[0]!
  return primary !== null && nodeOf(primary) !== node
}

/** `isGuardCut` false: the guard stays frozen, so that no kernel says that it ended and only the agent's word is there. */
function freeze(cluster: SystemCluster, node: string, { isGuardCut = true } = {}): number[] {
  const pids = cluster.processesOf(node)
  const cut = pids.filter((pid) => isGuardCut || pid !== cluster.guardPid(node))
  writeFileSync(join(cluster.directory, `pids-${node}`), cut.join('\n'))
  signalAll(pids, 'SIGSTOP')
  return pids
}

/** Order of the decision in the black boxes of those who stayed. */
function expectOrder(cluster: SystemCluster, frozen: string): void {
  const others = cluster.nodes.filter((node) => node !== frozen)
  const { entries } = readTimeline(others.map((node) => cluster.stateDirectory(node)))
  const ended = entries.findIndex(({ actor, state }) => actor === `node/${frozen}` && state.includes('ended'))
  const assigned = entries.findIndex(
    ({ actor, event }) =>
      event.type === 'role.assign' &&
      event.role === 'primary' &&
      actor.startsWith('component/') &&
      nodeOf(actor.slice('component/'.length)) !== frozen,
  )
  expect(ended).toBeGreaterThan(-1)
  expect(assigned).toBeGreaterThan(ended)
  expect(entries.some(({ actor, state }) => actor === `node/${frozen}` && state.includes('isolated'))).toBe(false)
}

function expectNoOverlap(cluster: SystemCluster, frozen: string, atUs: number): void {
  const spans = activeSpans(traceOf(cluster), [{ component: `${frozen}/ledger`, atUs }], realClock.wallUs())
  expect(spans.length).toBe(2)
  expect(overlapMs(spans)).toBe(0)
}

test.each([true, false])(
  'a frozen primary is fenced and taken over from, without the wait for its isolation (guard killed: %p)',
  async (isGuardCut) => {
    const cluster = await start()
    const { primary: frozen } = await cluster.placesOf('ledger')
    const pids = freeze(cluster, frozen, { isGuardCut })
    const others = cluster.nodes.filter((node) => node !== frozen)
    const view = await cluster.until('another has taken over', movedFrom(frozen), { of: others })
    expect(view.nodes.find(({ name }) => name === frozen)!.availability).toBe('ended')
    const told = readFileSync(join(cluster.directory, 'fenced'), 'utf8').trim().split('\n')
    expect(new Set(told)).toEqual(new Set([`off off ${frozen} ${cluster.name}`]))
    expect(cluster.isRunning(frozen)).toBe(!isGuardCut)
    signalAll(pids, 'SIGKILL')
    await cluster.stop()
    expectOrder(cluster, frozen)
    expectNoOverlap(cluster, frozen, Number(readFileSync(join(cluster.directory, 'cut-at'), 'utf8')))
  },
  testTimeoutMs,
)

test(
  'a node whose agent fails is said so, and taken over from once an operator says that it is off',
  async () => {
    const cluster = await start({ exitCode: 3 })
    const { primary: frozen } = await cluster.placesOf('ledger')
    const others = cluster.nodes.filter((node) => node !== frozen)
    const early = await cluster.rolecall('fence', 'confirm', frozen, '--yes', '--name', others[0]!)
    expect({ exitCode: early.exitCode, stderr: early.stderr }).toEqual({
      exitCode: 1,
      stderr: expect.stringContaining('is not silent'),
    })
    const pids = freeze(cluster, frozen)
    const frozenAtUs = realClock.wallUs()
    const failed = await eventually('the agent was given up on', async () => {
      for (const node of others) {
        const { problems } = await cluster.control(node).view()
        const found = problems.find(({ code }) => code === 'fence.failed')
        if (found) return found
      }
      return null
    })
    expect(failed.text).toContain('exit code 3: no power switch')
    expect(movedFrom(frozen)((await cluster.view(others))!)).toBe(false)
    const unsure = await cluster.rolecall('fence', 'confirm', frozen, '--name', others[0]!)
    expect(unsure.exitCode).toBe(107)
    // Frozen, it is as good as off; it is killed before it could wake.
    const sure = await cluster.rolecall('fence', 'confirm', frozen, '--yes', '--name', others[0]!)
    expect(sure).toEqual({ exitCode: 0, stdout: `${frozen} is taken to be off\n`, stderr: '' })
    await cluster.until('another has taken over', movedFrom(frozen), { of: others })
    signalAll(pids, 'SIGKILL')
    await cluster.stop()
    expectOrder(cluster, frozen)
    expectNoOverlap(cluster, frozen, frozenAtUs)
  },
  testTimeoutMs,
)
