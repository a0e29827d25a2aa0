/** For the system tests of two nodes: the ledger on both, with an arbiter, with fence agents, or with neither. */
import { chmodSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ledgerConfiguration } from '../../src/demo/ledgerConfiguration.ts'
import { activeSpans, overlapMs, type Span } from '../../src/demo/overlap.ts'
import { freePorts, loopbackHosts } from '../../src/demo/ports.ts'
import { signalAll } from '../../src/demo/processes.ts'
import { realClock } from '../../src/engine/clock.ts'
import { binary, clusterName, requireBinary, SystemCluster, temporaryDirectory, traceOf } from './system.ts'

export const pair = ['n1', 'n2'] as const

export type Third = 'arbiter' | 'fences' | 'nothing'

/** As a power switch would: ends every process that the file named like the node lists. */
const cut = `#!/bin/sh
cd "$(dirname "$0")" || exit 1
echo "$1 $ROLECALL_FENCE_NODE" >> fenced
[ "$1" = off ] || exit 0
for pid in $(cat "pids-$ROLECALL_FENCE_NODE" 2>/dev/null); do kill -9 "$pid" 2>/dev/null; done
exit 0
`

/** Not started yet. */
export async function makePair({ third }: { third: Third }): Promise<SystemCluster> {
  const [first, second, last] = await freePorts(3)
  const name = clusterName()
  const directory = temporaryDirectory()
  const text = ledgerConfiguration({
    nodes: pair,
    ports: [first!, second!],
    command: [binary],
    traceFile: join(directory, 'trace.jsonl'),
  }).replace(/^cluster: .*$/m, `cluster: ${name}`)
  const links = loopbackHosts.map((host) => `"${host}:${last}"`).join(', ')
  const changed = {
    arbiter: `${text}arbiter: { name: third, links: [${links}] }\n`,
    fences: text.replace(/^( {2}n\d: \{ links: \[.*\])/gm, '$1, fence: { command: [./cut.sh] }'),
    nothing: text,
  }[third]
  const cluster = new SystemCluster({ name, directory, configuration: changed, nodes: pair })
  const script = join(directory, 'cut.sh')
  writeFileSync(script, cut)
  chmodSync(script, 0o755)
  return cluster
}

const arbiters: Bun.Subprocess[] = []

/** One process for all of the clusters. Ends with the test's own. */
export function startArbiter(clusters: readonly SystemCluster[]): Bun.Subprocess {
  requireBinary()
  const setpriv = Bun.which('setpriv')
  const log = openSync(arbiterLog(clusters[0]!), 'a')
  const started = Bun.spawn(
    [
      ...(setpriv ? [setpriv, '--pdeathsig', 'KILL', '--'] : []),
      binary,
      'arbiter',
      ...clusters.flatMap(({ configurationFile }) => ['--config', configurationFile]),
    ],
    { stdin: 'ignore', stdout: log, stderr: log },
  )
  arbiters.push(started)
  return started
}

export function arbiterLog(cluster: SystemCluster): string {
  return join(cluster.directory, 'arbiter.log')
}

/** For `afterEach`. */
export function endArbiters(): void {
  for (const started of arbiters.splice(0)) started.kill('SIGKILL')
}

export const other = (node: string): string => (node === 'n1' ? 'n2' : 'n1')

/** Stops every process of a node; its fence agent, if there is one, will end them. Returns them, and when. */
export function freeze(cluster: SystemCluster, node: string): { pids: number[]; atUs: number } {
  const pids = cluster.processesOf(node)
  writeFileSync(join(cluster.directory, `pids-${node}`), pids.join('\n'))
  signalAll(pids, 'SIGSTOP')
  return { pids, atUs: realClock.wallUs() }
}

/** What the fence agent was asked for, one line each: `off n1`. */
export function fencesOf(cluster: SystemCluster): string[] {
  try {
    return readFileSync(join(cluster.directory, 'fenced'), 'utf8').trim().split('\n')
  } catch {
    return []
  }
}

/** When each instance was active. `killed`: those that could not say when they ceased to be. */
export function spansOf(cluster: SystemCluster, killed: readonly { node: string; atUs: number }[]): Span[] {
  const ends = killed.map(({ node, atUs }) => ({ component: `${node}/ledger`, atUs }))
  return activeSpans(traceOf(cluster), [...ends, ...killedByGuards(cluster)], realClock.wallUs())
}

/** A loaded machine may be too late to stop a primary in order when its lease ends: then its guard ends it without a word. */
function killedByGuards(cluster: SystemCluster): { component: string; atUs: number }[] {
  return cluster.nodes.flatMap((node) =>
    cluster
      .log(node)
      .split('\n')
      .filter((line) => line.includes('the lease of this node is over'))
      .map((line) => JSON.parse(line) as { '@timestamp': string; properties: { component: string } })
      .map((record) => ({ component: record.properties.component, atUs: Date.parse(record['@timestamp']) * 1000 })),
  )
}

export { overlapMs }
