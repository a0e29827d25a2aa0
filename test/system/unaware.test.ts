/** A program that knows nothing of rolecall, cold: it runs only where it is primary, and hooks are told its roles. */
import { afterEach, expect, test } from 'bun:test'
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isWhole } from '../../src/demo/localCluster.ts'
import { environmentOf, signalAll } from '../../src/demo/processes.ts'
import {
  cleanUp,
  clusterName,
  configurationHead,
  eventually,
  nodeOf,
  SystemCluster,
  temporaryDirectory,
  testTimeoutMs,
  titleOf,
} from '../support/system.ts'

afterEach(cleanUp)

const restartLimit = 2

const service = `types:
  plain:
    aware: false
    standby: cold
    command: ["./serve"]
    environment: { FROM_TYPE: type, FROM_BOTH: type }
    stop: { timeout: 1s }
    hooks:
      onPrimary: ["./tell", onPrimary]
      onSecondary: ["./tell", onSecondary]
      onQuiescing: ["./tell", onQuiescing]
      onOffline: ["./tell", onOffline]
      onPeers: ["./tell", onPeers]
    recovery: { restarts: ${restartLimit}, window: 1m }
components:
  plain:
    type: plain
    nodes: [n1, n2]
    instances:
      n1: { environment: { FROM_BOTH: one }, endpoint: "tcp://one" }
      n2: { environment: { FROM_BOTH: two }, endpoint: "tcp://two" }
assignments:
  plain: { component: plain, redundancy: 2N }
`

const serve = `#!/bin/sh
echo "$ROLECALL_COMPONENT" >> runs
exec sleep 3600
`

const tell = `#!/bin/sh
{ echo "HOOK=$1"; env | grep -E '^(ROLECALL_|FROM_)'; echo; } >> "told-$ROLECALL_NODE"
`

async function start(): Promise<SystemCluster> {
  const directory = temporaryDirectory()
  for (const [file, text] of Object.entries({ serve, tell })) {
    writeFileSync(join(directory, file), text)
    chmodSync(join(directory, file), 0o755)
  }
  const name = clusterName()
  const cluster = new SystemCluster({ name, directory, configuration: (await configurationHead(name)) + service })
  cluster.startAll()
  await cluster.until('the cluster is whole', isWhole)
  return cluster
}

/** What the hooks of a node were told, in order. */
function toldOn(cluster: SystemCluster, node: string): Record<string, string>[] {
  const file = join(cluster.directory, `told-${node}`)
  if (!existsSync(file)) return []
  const blocks = readFileSync(file, 'utf8').split('\n\n').slice(0, -1)
  return blocks.map((block) => Object.fromEntries(block.split('\n').map((line) => line.split(/=(.*)/s).slice(0, 2))))
}

/** Where the program runs, by its processes and not by what rolecall says. */
function running(cluster: SystemCluster): { node: string; pid: number }[] {
  return cluster.nodes.flatMap((node) =>
    cluster
      .marked(node)
      .filter((pid) => titleOf(pid) === 'sleep 3600')
      .map((pid) => ({ node, pid })),
  )
}

async function runsAlone(cluster: SystemCluster, node: string): Promise<{ node: string; pid: number }> {
  return await eventually(`it runs on ${node}, and nowhere else`, () => {
    const [program, ...others] = running(cluster)
    return others.length === 0 && program?.node === node && program
  })
}

function tokenOf(told: Record<string, string>): { epoch: number; index: number } {
  const [epoch, index] = told.ROLECALL_TOKEN!.split('.').map(Number)
  return { epoch: epoch!, index: index! }
}

test(
  'runs only where it is primary, and its hooks are told role, assignment, peers and token',
  async () => {
    const cluster = await start()
    const { primary, secondary } = await cluster.placesOf('plain')
    const program = await runsAlone(cluster, primary)
    const told = toldOn(cluster, primary).find(({ HOOK }) => HOOK === 'onPrimary')!
    expect(told).toMatchObject({
      ROLECALL_CLUSTER: cluster.name,
      ROLECALL_NODE: primary,
      ROLECALL_COMPONENT: `${primary}/plain`,
      ROLECALL_ASSIGNMENT: 'plain',
      ROLECALL_ROLE: 'primary',
      ROLECALL_PRIMARY: `${primary}/plain`,
      ROLECALL_PRIMARY_NODE: primary,
      FROM_TYPE: 'type',
      FROM_BOTH: primary === 'n1' ? 'one' : 'two',
    })
    expect(told.ROLECALL_TOKEN).toMatch(/^\d+\.\d+$/)
    const introduced = await eventually('the primary is introduced to its secondary', () => {
      const last = toldOn(cluster, primary).at(-1)!
      return last.ROLECALL_PEERS!.includes('secondary') && last
    })
    expect(JSON.parse(introduced.ROLECALL_PEERS!)).toMatchObject([
      { component: `${secondary}/plain`, role: 'secondary' },
    ])
    expect(environmentOf(program.pid, 'ROLECALL_ROLE')).toBe('primary')

    const { exitCode } = await cluster.rolecall('switchover', 'plain')
    expect(exitCode).toBe(0)
    await cluster.until('handed over', isWhole)
    await runsAlone(cluster, secondary)
    const [before, after] = [told, toldOn(cluster, secondary).findLast(({ HOOK }) => HOOK === 'onPrimary')!].map(
      tokenOf,
    )
    expect(after!.epoch > before!.epoch || after!.index > before!.index).toBe(true)
    expect(toldOn(cluster, primary).map(({ HOOK }) => HOOK)).toContain('onQuiescing')
  },
  testTimeoutMs,
)

test(
  'is restarted in place up to its limit, then another node takes over, until it is unlocked',
  async () => {
    const cluster = await start()
    const { primary, secondary } = await cluster.placesOf('plain')
    const component = `${primary}/plain`
    let program = await runsAlone(cluster, primary)
    for (let count = 1; count <= restartLimit; count += 1) {
      signalAll([program.pid], 'SIGKILL')
      const { pid } = program
      program = await eventually('it runs again', () => running(cluster).find((found) => found.pid !== pid) ?? null)
      expect(program.node).toBe(primary)
      await cluster.until('it is primary again', (view) => view.assignments[0]!.primary === component && isWhole(view))
    }
    signalAll([program.pid], 'SIGKILL')
    const moved = await cluster.until(
      'the other is primary',
      (view) => nodeOf(view.assignments[0]!.primary ?? '/') === secondary,
    )
    expect(moved.components.find((each) => each.component === component)).toMatchObject({ isBarred: true })
    expect(moved.problems.map(({ code }) => code)).toContain('component.barred')
    await runsAlone(cluster, secondary)
    const runs = readFileSync(join(cluster.directory, 'runs'), 'utf8').trim().split('\n')
    expect(runs).toEqual([...Array(1 + restartLimit).fill(component), `${secondary}/plain`])

    expect((await cluster.rolecall('unlock', component)).exitCode).toBe(0)
    const whole = await cluster.until('it is secondary now', isWhole)
    expect(whole.assignments[0]).toMatchObject({ primary: `${secondary}/plain`, secondaries: [component] })
  },
  testTimeoutMs,
)

test(
  'a primary that is locked hands over first; a locked one is not used until it is unlocked',
  async () => {
    const cluster = await start()
    const { primary, secondary } = await cluster.placesOf('plain')
    const component = `${primary}/plain`
    // There are two for it: without one of them it is not redundant.
    expect((await cluster.rolecall('lock', component)).exitCode).toBe(107)
    expect((await cluster.rolecall('lock', component, '--force')).exitCode).toBe(0)
    const locked = await cluster.until('it has handed over and is offline', (view) => {
      const found = view.components.find((each) => each.component === component)!
      return view.assignments[0]!.primary === `${secondary}/plain` && found.role === 'offline'
    })
    expect(locked.components.find((each) => each.component === component)).toMatchObject({ isLocked: true })
    expect(locked.assignments[0]!.health).toBe('degraded')
    expect(toldOn(cluster, primary).map(({ HOOK }) => HOOK)).toContain('onOffline')

    signalAll([(await runsAlone(cluster, secondary)).pid], 'SIGKILL')
    await cluster.until('it is restarted where it was', (view) => {
      const found = view.components.find((each) => each.component === `${secondary}/plain`)!
      return found.role === 'primary' && found.phase === 'ready' && found.incarnation > 1
    })
    await runsAlone(cluster, secondary)

    expect((await cluster.rolecall('unlock', component)).exitCode).toBe(0)
    const whole = await cluster.until('it is the secondary', isWhole)
    expect(whole.assignments[0]).toMatchObject({ primary: `${secondary}/plain`, secondaries: [component] })
  },
  testTimeoutMs,
)
