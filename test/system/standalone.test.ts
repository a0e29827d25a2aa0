/** One executable that needs nothing beside it: neither node_modules, nor assets, nor an environment. */
import { afterEach, expect, test } from 'bun:test'
import { copyFileSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ClusterView } from '../../machines/model/view.ts'
import { freePorts } from '../../src/demo/ports.ts'
import {
  binary,
  cleanUp,
  clusterName,
  eventually,
  isAlive,
  markedProcesses,
  requireBinary,
  temporaryDirectory,
  testTimeoutMs,
} from '../support/system.ts'

afterEach(cleanUp)

/** The binary alone in a directory, run without any environment. */
function standAlone(): { directory: string; run: (...words: string[]) => Bun.Subprocess<'ignore', 'pipe', 'pipe'> } {
  requireBinary()
  const directory = join(temporaryDirectory(), 'alone')
  mkdirSync(directory)
  copyFileSync(binary, join(directory, 'rolecall'))
  const run = (...words: string[]) =>
    Bun.spawn(['/usr/bin/env', '-i', './rolecall', ...words], {
      cwd: directory,
      stdin: 'ignore',
      stdout: 'pipe',
      stderr: 'pipe',
      timeout: testTimeoutMs,
      killSignal: 'SIGKILL',
    })
  return { directory, run }
}

test(
  'version, alone in a directory',
  async () => {
    const { directory, run } = standAlone()
    const child = run('version')
    expect(await new Response(child.stdout).text()).toMatch(/^rolecall \d+\.\d+\.\d+ \(bun [\d.]+\)\n$/)
    expect(await child.exited).toBe(0)
    expect(readdirSync(directory)).toEqual(['rolecall'])
  },
  testTimeoutMs,
)

test(
  'a cluster of one node, without any environment',
  async () => {
    const { directory, run } = standAlone()
    const name = clusterName()
    const [port] = await freePorts(1)
    writeFileSync(
      join(directory, 'rolecall.yaml'),
      `cluster: ${name}
secret: standing alone
stateDirectory: state
runtimeDirectory: run
nodes:
  n1: { links: ["127.0.0.1:${port}"] }
types:
  ledger: { aware: true, command: ["./rolecall", "ledger"], environment: { LEDGER_PORT: "0", LEDGER_DIRECTORY: state/ledger } }
components:
  ledger: { type: ledger, nodes: [n1] }
assignments:
  ledger: { component: ledger, redundancy: none }
`,
    )
    const node = run('node', '--config', 'rolecall.yaml', '--name', 'n1')
    try {
      const view = await eventually('the ledger is served', async () => {
        if (!isAlive(node.pid)) throw new Error(`the node ended: ${await new Response(node.stderr).text()}`)
        const status = run('status', '--config', 'rolecall.yaml', '--json')
        const text = await new Response(status.stdout).text()
        const seen = (await status.exited) === 0 ? (JSON.parse(text) as ClusterView) : null
        return seen?.assignments[0]?.health === 'served' && seen
      })
      expect(view).toMatchObject({ cluster: name, master: 'n1', assignments: [{ primary: 'n1/ledger' }] })
      const answer = await fetch(`${view.assignments[0]!.endpoint}/entries`, {
        method: 'POST',
        body: JSON.stringify({ id: 'first', text: 'alone' }),
      })
      expect(answer.status).toBe(200)
      node.kill('SIGTERM')
      expect(await node.exited).toBe(0)
      expect(markedProcesses(`${name}/n1`)).toEqual([])
    } finally {
      node.kill('SIGKILL')
      for (const pid of markedProcesses(`${name}/n1`)) process.kill(pid, 'SIGKILL')
    }
  },
  testTimeoutMs,
)
