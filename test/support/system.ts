/** For the system tests: clusters of the compiled binary, command lines run with it, and what is left of them afterwards. */
import { expect, test } from 'bun:test'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ComponentId } from '../../machines/model/ids.ts'
import type { ClusterView } from '../../machines/model/view.ts'
import { ledgerConfiguration, ledgerNodes } from '../../src/demo/ledgerConfiguration.ts'
import { isWhole, LocalCluster } from '../../src/demo/localCluster.ts'
import { freePorts, loopbackHosts } from '../../src/demo/ports.ts'
import { environmentOf, signalAll } from '../../src/demo/processes.ts'
import { type Acknowledged, countLost, readEntries } from '../../src/demo/writer.ts'

export const root = join(import.meta.dir, '../..')

/** Another build can be tested by naming it in the environment. */
export const binary = process.env.ROLECALL_BINARY ?? join(root, 'dist/rolecall')

/** Of a test that starts one cluster: a bound, not a measure. */
export const testTimeoutMs = 90_000

/** A test that waits for real nodes. */
export function slow(name: string, run: () => Promise<void>): void {
  test(name, run, testTimeoutMs)
}

export const names = ledgerNodes

/** null: there is one. Its text is what the tests fail with. */
export function requireBinary(): void {
  if (!existsSync(binary)) throw new Error(`there is no ${binary}: run 'npm run build' first`)
}

const made: SystemCluster[] = []
const directories: string[] = []

export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'rolecall-system-'))
  directories.push(directory)
  return directory
}

/** Ends and removes whatever a test made. For `afterEach`. Whatever was tested, no node may have met an error of rolecall itself. */
export function cleanUp(): void {
  const clusters = made.splice(0)
  for (const cluster of clusters) cluster.end()
  const crashes = clusters.flatMap((cluster) => cluster.crashes())
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true })
  expect(crashes).toEqual([])
}

/** A name no other cluster on this machine has, so that nodes never take each other's processes for their own. */
export function clusterName(): string {
  return `system-${crypto.randomUUID().slice(0, 8)}`
}

/** A cluster that also knows which processes carry its marker, wherever they hang in the tree. */
export class SystemCluster extends LocalCluster {
  readonly name: string

  constructor(of: {
    name: string
    configuration: string
    directory?: string
    command?: readonly string[]
    nodes?: readonly string[]
  }) {
    requireBinary()
    const { name, configuration, directory = temporaryDirectory(), command = [binary], nodes = names } = of
    super({ directory, command, configuration, nodes })
    this.name = name
    made.push(this)
  }

  /** Every live process that was started for this node, by the marker in its environment; the guard itself has none. */
  marked(node: string): number[] {
    return markedProcesses(`${this.name}/${node}`)
  }

  /** What the logs of the nodes say of errors in rolecall itself. */
  crashes(): string[] {
    const logs = this.nodes.map((node) => this.logFile(node)).filter((file) => existsSync(file))
    const lines = logs.flatMap((file) => readFileSync(file, 'utf8').split('\n'))
    return lines.filter((line) => line.includes('an error in rolecall itself'))
  }

  /** A command of the binary, told where the cluster is. */
  rolecall(...words: string[]): Promise<Outcome> {
    return rolecall([...words, '--config', this.configurationFile])
  }

  log(node: string): string {
    return readFileSync(this.logFile(node), 'utf8')
  }

  async primaryOf(assignment: string): Promise<ComponentId> {
    const isServed = (view: ClusterView) => view.assignments.some((each) => each.name === assignment && each.primary)
    const { assignments } = await this.until(`there is a primary of ${assignment}`, isServed)
    return assignments.find(({ name }) => name === assignment)!.primary!
  }

  /** The primary's node, the secondary's, and the one that only votes or is a spare. */
  async placesOf(assignment: string): Promise<{ primary: string; secondary: string; other: string }> {
    const { assignments } = await this.until('the cluster is whole', isWhole)
    const found = assignments.find(({ name }) => name === assignment)!
    const primary = nodeOf(found.primary!)
    const secondary = nodeOf(found.secondaries[0]!)
    return { primary, secondary, other: this.nodes.find((node) => node !== primary && node !== secondary)! }
  }

  /** Ends everything at once, also what no longer hangs on a guard. */
  end(): void {
    this.kill()
    for (const node of this.nodes) signalAll(this.marked(node), 'SIGKILL')
  }
}

/** Three nodes with the ledger, started and whole. Its trace is in `trace.jsonl`. */
export async function startLedger(of: { change?: (configuration: string) => string } = {}): Promise<SystemCluster> {
  const cluster = await makeLedger(of)
  cluster.startAll()
  await cluster.until('the cluster is whole', isWhole)
  return cluster
}

/** The same, not started yet. */
export async function makeLedger(of: { change?: (configuration: string) => string } = {}): Promise<SystemCluster> {
  const name = clusterName()
  const directory = temporaryDirectory()
  const text = ledgerConfiguration({
    ports: await freePorts(names.length),
    command: [binary],
    traceFile: join(directory, 'trace.jsonl'),
  }).replace(/^cluster: .*$/m, `cluster: ${name}`)
  return new SystemCluster({ name, directory, configuration: of.change?.(text) ?? text })
}

/** Cluster, directories and nodes of a configuration; what is served comes after it. */
export async function configurationHead(name: string, of: readonly string[] = names): Promise<string> {
  const ports = await freePorts(of.length)
  const nodes = of.map((node, index) => {
    const links = loopbackHosts.map((host) => `"${host}:${ports[index]}"`)
    return `  ${node}: { links: [${links.join(', ')}] }`
  })
  const directoryLines = 'stateDirectory: state\nruntimeDirectory: run\n'
  return `cluster: ${name}\nsecret: ${crypto.randomUUID()}\n${directoryLines}nodes:\n${nodes.join('\n')}\n`
}

/**
 * The cluster of a folder of `examples/`, on free ports, with its state elsewhere and its programs where they are. The ports
 * that its instances serve on, of four digits from 6000, are mapped too: `portOf` gives theirs.
 */
export async function makeExample(
  example: string,
  change: (configuration: string) => string = (text) => text,
): Promise<{ cluster: SystemCluster; portOf: (port: number) => number }> {
  const folder = join(root, 'examples', example)
  const name = clusterName()
  const text = change(readFileSync(join(folder, 'rolecall.yaml'), 'utf8'))
  const found = [...new Set(text.match(/\b[6-8]\d{3}\b/g) ?? [])]
  const free = await freePorts(found.length)
  const ports = new Map(found.map((port, index) => [port, String(free[index])]))
  const configuration = text
    .replace(/^cluster: .*$/m, `cluster: ${name}\nsecret: ${crypto.randomUUID()}`)
    .replace(/\b[6-8]\d{3}\b/g, (port) => ports.get(port)!)
    .replace(/"\.\//g, `"${folder}/`)
    .replace(/"(\w+\.py)"/g, `"${folder}/$1"`)
  return { cluster: new SystemCluster({ name, configuration }), portOf: (port) => Number(ports.get(String(port))) }
}

export function nodeOf(component: string): string {
  return component.slice(0, component.indexOf('/'))
}

export interface Outcome {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs the binary to its end, in an environment without anything of rolecall. */
export async function rolecall(
  words: readonly string[],
  options: { cwd?: string; environment?: Record<string, string>; timeoutMs?: number } = {},
): Promise<Outcome> {
  requireBinary()
  const child = Bun.spawn([binary, ...words], {
    cwd: options.cwd ?? tmpdir(),
    env: { PATH: process.env.PATH ?? '', HOME: tmpdir(), ...options.environment },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
    timeout: options.timeoutMs ?? 60_000,
    killSignal: 'SIGKILL',
  })
  const [stdout, stderr, exitCode] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ])
  return { exitCode, stdout, stderr }
}

/** Resolves to the first value that is neither null nor false. Rejects with `what` after the limit. */
export async function eventually<T>(
  what: string,
  look: () => T | null | false | Promise<T | null | false>,
  { timeoutMs = 20_000 } = {},
): Promise<T> {
  const endMs = performance.now() + timeoutMs
  for (;;) {
    const found = await look()
    if (found !== null && found !== false) return found
    if (performance.now() >= endMs) throw new Error(`not in time: ${what}`)
    await Bun.sleep(10)
  }
}

/** Live processes (zombies are not) that were started for a node, `cluster/node`, by the marker in their environment. */
export function markedProcesses(marker: string): number[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .filter((pid) => environmentOf(pid, 'ROLECALL_INSTANCE')?.startsWith(`${marker}@`))
}

export function isAlive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return !/^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2))
  } catch {
    return false
  }
}

/** The command line of a process, or what it has written over it. Empty: it has ended. */
export function titleOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()
  } catch {
    return ''
  }
}

/** How many of the acknowledged entries the ledger's primary does not have. */
export async function lostCount(cluster: SystemCluster, acknowledged: readonly Acknowledged[]): Promise<number> {
  const { assignments } = await cluster.until('the ledger is served', (view) => view.assignments[0]!.endpoint !== null)
  return countLost(acknowledged, await readEntries(assignments[0]!.endpoint!))
}

export interface TraceLine {
  readonly event: 'active' | 'inactive' | 'acknowledged'
  readonly atUs: number
  readonly component: string
  readonly token: { readonly epoch: number; readonly index: number }
  readonly number?: number
}

/** What the ledgers said of themselves, in the order in which it was written. */
export function traceOf(cluster: SystemCluster): TraceLine[] {
  const text = readFileSync(join(cluster.directory, 'trace.jsonl'), 'utf8')
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
}
