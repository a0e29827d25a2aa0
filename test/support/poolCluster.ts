/** For the system tests of programs that do more than serve one assignment: two nodes and an arbiter, with `poolProgram.ts` as the program. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ClusterView } from '../../machines/model/view.ts'
import { freePorts, loopbackHosts } from '../../src/demo/ports.ts'
import { pair, startArbiter } from './pair.ts'
import { clusterName, configurationHead, nodeOf, SystemCluster, temporaryDirectory } from './system.ts'

/** Of the component that runs the program, as lines of a configuration. */
export const poolInstances = pair
  .map((node) => `      ${node}: { environment: { LOG: pool-${node}.log, SAY: say-${node} } }\n`)
  .join('')

/** `served`: types, components and assignments, given the lines of a type that runs the program. */
export async function startPoolCluster(served: (program: string) => string): Promise<SystemCluster> {
  const [port] = await freePorts(1)
  const name = clusterName()
  const directory = temporaryDirectory()
  const links = loopbackHosts.map((host) => `"${host}:${port}"`).join(', ')
  const program = `    aware: true
    command: ["${process.execPath}", "${join(import.meta.dir, 'poolProgram.ts')}"]
    environment: { DIR: "${directory}" }`
  const configuration = `${await configurationHead(name, pair)}arbiter: { name: third, links: [${links}] }\n${served(program)}`
  const cluster = new SystemCluster({ name, directory, configuration, nodes: pair })
  cluster.startAll()
  startArbiter([cluster])
  return cluster
}

/** What the program on a node has noted. */
export function poolLog({ directory }: SystemCluster, node: string): string[] {
  const path = join(directory, `pool-${node}.log`)
  return existsSync(path) ? readFileSync(path, 'utf8').trimEnd().split('\n') : []
}

export function startsIn(lines: readonly string[]): string[] {
  return lines.filter((line) => line.startsWith('started'))
}

/** Of the last life. */
export function pidIn(lines: readonly string[]): number {
  return Number(startsIn(lines).at(-1)!.split(' ').at(-1))
}

/** `primary web1`, without the token. */
export function rolesIn(lines: readonly string[]): string[] {
  return lines.map((line) => line.split(' ').slice(0, 2).join(' '))
}

/** What the program on a node is to say (`poolProgram.ts`). */
export function haveItSay({ directory }: SystemCluster, node: string, words: object): void {
  writeFileSync(join(directory, `say-${node}`), JSON.stringify(words))
}

/** The nodes of the primaries, by assignment. */
export function primariesOf({ assignments }: ClusterView): Record<string, string | null> {
  return Object.fromEntries(assignments.map(({ name, primary }) => [name, primary === null ? null : nodeOf(primary)]))
}
