/** A node that is asked to leave hands over first; one that is asked twice does not wait. */
import { afterEach, describe, expect, test } from 'bun:test'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isWhole } from '../../src/demo/localCluster.ts'
import { signalAll } from '../../src/demo/processes.ts'
import { Writer } from '../../src/demo/writer.ts'
import { realClock } from '../../src/engine/clock.ts'
import {
  binary,
  cleanUp,
  clusterName,
  configurationHead,
  eventually,
  lostCount,
  nodeOf,
  SystemCluster,
  startLedger,
  temporaryDirectory,
  testTimeoutMs,
  traceOf,
} from '../support/system.ts'

afterEach(cleanUp)

const python = Bun.which('python3')

test(
  'SIGTERM to the node that is master and primary: both are handed over, and the client loses nothing',
  async () => {
    const cluster = await startLedger()
    const { master } = await cluster.until('there is a master', (view) => view.master !== null)
    if (nodeOf(await cluster.primaryOf('ledger')) !== master) {
      expect((await cluster.rolecall('switchover', 'ledger', '--to', master!)).exitCode).toBe(0)
      await cluster.until('the master is primary', isWhole)
    }
    const leaver = master!
    const others = cluster.nodes.filter((node) => node !== leaver)
    const writer = new Writer({ cluster, assignment: 'ledger', wallUs: realClock.wallUs })
    writer.start()
    await eventually('entries are acknowledged', () => writer.acknowledged.length > 50)
    signalAll([cluster.guardPid(leaver)], 'SIGTERM')
    expect(await cluster.exited(leaver)).toBe(0)
    expect(cluster.marked(leaver)).toEqual([])
    for (const of of others) {
      const view = await cluster.until(
        'the others know, and go on',
        ({ nodes, master, assignments: [ledger] }) =>
          nodes.find(({ name }) => name === leaver)!.availability === 'left' &&
          master !== null &&
          master !== leaver &&
          ledger!.health === 'served',
        { of: [of] },
      )
      expect(view.problems.map(({ code }) => code)).toEqual(['node.left'])
    }
    const { length } = writer.acknowledged
    await eventually('entries are acknowledged by the next primary', () => writer.acknowledged.length > length + 50)
    await writer.stop()
    expect(await lostCount(cluster, writer.acknowledged)).toBe(0)

    // Handed over, and not taken away: the old primary said that it was none any more before the next one began.
    const lines = traceOf(cluster).filter(({ event }) => event !== 'acknowledged')
    const ended = lines.findLastIndex(({ event, component }) => event === 'inactive' && nodeOf(component) === leaver)
    const began = lines.findLastIndex(({ event, component }) => event === 'active' && nodeOf(component) !== leaver)
    expect(ended).toBeGreaterThan(-1)
    expect(began).toBeGreaterThan(ended)

    cluster.start(leaver)
    await cluster.until('it is back', isWhole)
  },
  testTimeoutMs,
)

const stubborn = `types:
  stubborn:
    command: ["/bin/sh", "-c", "trap '' TERM HUP INT; while :; do sleep 1; done"]
    stop: { timeout: 60s }
components:
  stubborn: { type: stubborn, nodes: [n1, n2, n3] }
assignments:
  stubborn: { component: stubborn, redundancy: none }
`

test(
  'SIGINT twice: at once, even where a component would not stop yet',
  async () => {
    const name = clusterName()
    const cluster = new SystemCluster({ name, configuration: (await configurationHead(name)) + stubborn })
    cluster.startAll()
    await cluster.until('the cluster is whole', isWhole)
    const node = nodeOf(await cluster.primaryOf('stubborn'))
    const component = cluster.processesOfComponent(`${node}/stubborn`)
    signalAll([cluster.guardPid(node)], 'SIGINT')
    await cluster.until('it is leaving', ({ nodes }) => nodes.some(({ availability }) => availability === 'leaving'))
    expect(cluster.isRunning(node)).toBe(true)
    expect(cluster.processesOfComponent(`${node}/stubborn`)).toContain(component[0]!)
    signalAll([cluster.guardPid(node)], 'SIGINT')
    expect(await cluster.exited(node)).toBe(130)
    expect(cluster.marked(node)).toEqual([])
    await cluster.until(
      'it is served elsewhere',
      ({ assignments: [one] }) => nodeOf(one!.primary ?? '/') !== node && one!.health === 'served',
    )
  },
  testTimeoutMs,
)

/** Bun has no Unix datagrams; systemd's side is played by a few lines of Python. */
const receiver = `import socket, sys
server = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
server.bind(sys.argv[1])
print('bound', flush=True)
while True:
    print(server.recv(4096).decode(), flush=True)
`

describe.skipIf(!python)('sd_notify (skipped without python3)', () => {
  test(
    'READY=1, then WATCHDOG=1, and STOPPING=1 when it is asked to leave',
    async () => {
      const directory = temporaryDirectory()
      const socket = join(directory, 'notify.sock')
      const name = clusterName()
      const configuration = join(directory, 'rolecall.yaml')
      writeFileSync(configuration, (await configurationHead(name)) + stubborn.replace("trap '' TERM HUP INT; ", ''))
      const server = Bun.spawn([python!, '-c', receiver, socket], {
        stdin: 'ignore',
        stdout: 'pipe',
        stderr: 'inherit',
      })
      const heard: string[] = []
      void (async () => {
        const decoder = new TextDecoder()
        for await (const piece of server.stdout) heard.push(...decoder.decode(piece).trim().split('\n'))
      })()
      await eventually('the receiver listens', () => heard.includes('bound'))
      const node = Bun.spawn([binary, 'node', '--config', configuration, '--name', 'n1'], {
        env: { PATH: process.env.PATH!, NOTIFY_SOCKET: socket, WATCHDOG_USEC: '100000' },
        stdin: 'ignore',
        stdout: 'ignore',
        stderr: 'ignore',
      })
      try {
        await eventually('it is ready', () => heard.includes('READY=1'))
        await eventually('it is watched', () => heard.filter((message) => message === 'WATCHDOG=1').length > 2)
        expect(heard).not.toContain('STOPPING=1')
        node.kill('SIGTERM')
        expect(await node.exited).toBe(0)
        await eventually('it said that it stops', () => heard.includes('STOPPING=1'))
        expect(heard.filter((message) => message === 'READY=1')).toHaveLength(1)
      } finally {
        node.kill('SIGKILL')
        server.kill('SIGKILL')
      }
    },
    testTimeoutMs,
  )
})
