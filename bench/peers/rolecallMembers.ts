/** Three nodes of rolecall at its default timing, without components; what the first makes of the others is read from its log. */
import { closeSync, openSync, readSync } from 'node:fs'
import { LocalCluster } from '../../src/demo/localCluster.ts'
import { freePorts } from '../../src/demo/ports.ts'
import { signalAll } from '../../src/demo/processes.ts'
import type { DetectionPeer } from './detectionPeer.ts'

export async function startRolecall(directory: string): Promise<DetectionPeer> {
  const nodes = ['n1', 'n2', 'n3']
  const ports = await freePorts(nodes.length)
  const lines = nodes.map((name, index) => `  ${name}: { links: ["127.0.0.1:${ports[index]}"] }`)
  const head = `cluster: detection\nsecret: ${crypto.randomUUID()}\nstateDirectory: state\nruntimeDirectory: run\n`
  const command = [new URL('../../dist/rolecall', import.meta.url).pathname]
  const configuration = `${head}nodes:\n${lines.join('\n')}\n`
  const cluster = new LocalCluster({ directory, command, configuration, nodes })
  cluster.startAll()
  const lines1 = new LogLines(cluster.logFile('n1'))
  const availabilities = new Map<string, string>()
  let givenUpCount = 0
  const read = () => {
    for (const line of lines1.take()) {
      const { logger, properties } = JSON.parse(line) as { logger: string; properties: Record<string, unknown> }
      if (logger !== 'rolecall.node' || typeof properties.availability !== 'string') continue
      availabilities.set(String(properties.node), properties.availability)
      if (isGivenUp(properties.availability)) givenUpCount += 1
    }
  }
  return {
    name: 'rolecall',
    pollMs: 1,
    async untilWhole() {
      await cluster.until('all are alive', (view) => view.nodes.every(({ availability }) => availability === 'alive'), {
        of: ['n1'],
        timeoutMs: 60_000,
      })
      await Bun.sleep(1000)
      read()
    },
    strike: (signal) => signalAll(cluster.processesOf('n3'), signal),
    isNoticed() {
      read()
      return isGivenUp(availabilities.get('n3') ?? '')
    },
    async mend() {
      cluster.killNode('n3')
      await cluster.exited('n3')
      cluster.start('n3')
    },
    givenUpCount() {
      read()
      return givenUpCount
    },
    stop: () => cluster.stop(),
  }
}

function isGivenUp(availability: string): boolean {
  return availability === 'unreachable' || availability === 'ended'
}

/** The lines of a file that grows, each once. */
class LogLines {
  readonly #file: number
  #rest = ''
  readonly #buffer = Buffer.alloc(65_536)

  constructor(path: string) {
    this.#file = openSync(path, 'r')
    process.once('exit', () => closeSync(this.#file))
  }

  take(): string[] {
    for (;;) {
      const count = readSync(this.#file, this.#buffer, 0, this.#buffer.length, null)
      if (count === 0) break
      this.#rest += this.#buffer.toString('utf8', 0, count)
    }
    const lines = this.#rest.split('\n')
    this.#rest = lines.pop()!
    return lines.filter((line) => line !== '')
  }
}
