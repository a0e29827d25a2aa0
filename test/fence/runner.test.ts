/** The runner against real small programs (SPEC E5): what confirms a fence, and what does not. */
import { afterEach, expect, test } from 'bun:test'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FenceConfiguration } from '../../machines/model/configuration.ts'
import { realClock } from '../../src/engine/clock.ts'
import { type FenceCall, fenceOff, inputOf } from '../../src/fence/agent.ts'
import { checkFence, parseMetadata } from '../../src/fence/check.ts'
import { createFenceRunner, type FenceReport } from '../../src/fence/runner.ts'
import { configuration } from '../support/configuration.ts'
import { eventually, isAlive } from '../support/system.ts'

const directories: string[] = []
afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true })
})

function script(text: string): { path: string; directory: string } {
  const directory = mkdtempSync(join(tmpdir(), 'rolecall-fence-'))
  directories.push(directory)
  const path = join(directory, 'agent')
  writeFileSync(path, `#!/bin/sh\ncd ${directory}\n${text}\n`)
  chmodSync(path, 0o755)
  return { path, directory }
}

function fenceOf(kind: FenceConfiguration['kind'], path: string, of: Partial<FenceConfiguration> = {}) {
  return { kind, command: [path], options: {}, timeoutMs: 5_000, retryCountMax: 0, delayMs: null, ...of }
}

function call(fence: FenceConfiguration, lines: string[] = []): FenceCall {
  const signal = new AbortController().signal
  return { cluster: 'demo', node: 'n2', fence, clock: realClock, signal, onOutput: (line) => lines.push(line) }
}

/** Speaks the protocol of the fence-agents; `on` is a file that is there while the machine is. */
const agentText = `
while read -r line; do echo "$line" >> heard; case "$line" in action=*) action=\${line#action=};; esac; done
case "$action" in
  off) [ -e stuck ] || rm -f on; exit 0;;
  status) [ -e broken ] && exit 1; [ -e on ] && exit 0; exit 2;;
  metadata) cat metadata.xml; exit 0;;
esac
exit 1`

const metadata = `<?xml version="1.0" ?>
<resource-agent name="fence_fake" shortdesc="x"><parameters>
<parameter name="action" unique="0" required="1"/><parameter name="ip" unique="0" required="1"/>
<parameter name="password" unique="0" required="0"/></parameters>
<actions><action name="on" automatic="0"/><action name="off"/><action name="status"/></actions></resource-agent>`

test('a command that exits with 0 confirms; it is told node, action and cluster', async () => {
  const { path } = script(
    'echo "$1 $ROLECALL_FENCE_NODE $ROLECALL_FENCE_ACTION $ROLECALL_FENCE_CLUSTER"; echo more >&2',
  )
  const lines: string[] = []
  expect(await fenceOff(call(fenceOf('command', path), lines))).toEqual({ isConfirmed: true, detail: '' })
  expect(lines.sort()).toEqual(['more', 'off n2 off demo'])
})

test('anything else confirms nothing, and is told with its last words', async () => {
  const failing = script('echo trying; echo no route; exit 7').path
  expect(await fenceOff(call(fenceOf('command', failing)))).toEqual({
    isConfirmed: false,
    detail: 'exit code 7: no route',
  })
  const killed = script('kill -9 $$').path
  expect(await fenceOff(call(fenceOf('command', killed)))).toMatchObject({ isConfirmed: false })
  const missing = await fenceOff(call(fenceOf('command', '/nowhere/fence')))
  expect(missing).toEqual({ isConfirmed: false, detail: expect.stringContaining('ENOENT') })
})

test('one that hangs is killed with all it started', async () => {
  const { path, directory } = script('sleep 600 & echo $! > child; wait')
  const outcome = await fenceOff(call(fenceOf('command', path, { timeoutMs: 400 })))
  expect(outcome).toEqual({ isConfirmed: false, detail: 'no end within 400 ms' })
  const child = Number(readFileSync(join(directory, 'child'), 'utf8'))
  await eventually('the child is gone', () => !isAlive(child))
})

test('a noisy one is neither blocked nor believed to be finished before it is', async () => {
  const { path, directory } = script('head -c 3000000 /dev/zero | tr "\\\\0" "a\\n"; echo done > done; exit 0')
  const lines: string[] = []
  expect((await fenceOff(call(fenceOf('command', path), lines))).isConfirmed).toBe(true)
  expect(existsSync(join(directory, 'done'))).toBe(true)
  expect(lines.length).toBeLessThanOrEqual(100)
})

test('a fence agent confirms by its status, not by its word', async () => {
  const { path, directory } = script(agentText)
  const fence = fenceOf('agent', path, { options: { ip: '10.0.0.9' }, timeoutMs: 1_500 })
  writeFileSync(join(directory, 'on'), '')
  expect(await fenceOff(call(fence))).toEqual({ isConfirmed: true, detail: '' })
  expect(readFileSync(join(directory, 'heard'), 'utf8').split('\n').slice(0, 4)).toEqual([
    'action=off',
    'nodename=n2',
    'port=n2',
    'ip=10.0.0.9',
  ])
  writeFileSync(join(directory, 'on'), '')
  writeFileSync(join(directory, 'stuck'), '')
  expect((await fenceOff(call(fence))).isConfirmed).toBe(false)
  writeFileSync(join(directory, 'broken'), '')
  expect(await fenceOff(call(fence))).toEqual({ isConfirmed: false, detail: 'status after off: exit code 1' })
})

test('the plug is not guessed where it is given', () => {
  const of = { node: 'n2', action: 'off' } as const
  expect(inputOf({ ...of, fence: fenceOf('agent', 'x', { options: { plug: '4' } }) })).toBe(
    'action=off\nnodename=n2\nplug=4\n',
  )
})

test('a check finds unknown and missing options by the metadata, and says what the status is', async () => {
  const { path, directory } = script(agentText)
  writeFileSync(join(directory, 'metadata.xml'), metadata)
  const check = (options: Record<string, string>) =>
    checkFence({ cluster: 'demo', node: 'n2', fence: fenceOf('agent', path, { options }), clock: realClock })
  expect((await check({ pasword: 'x' })).problems).toEqual([
    expect.stringContaining("no option 'pasword'"),
    "its agent needs the option 'ip'",
  ])
  expect(await check({ ip: '10.0.0.9' })).toEqual({
    problems: [],
    text: 'its agent knows its options and says that it is off',
  })
  expect(parseMetadata('none')).toBeNull()
})

test('one attempt at a time; one that is abandoned reports nothing; this node is never fenced', async () => {
  const { path, directory } = script('echo x >> begun; while [ ! -e go ]; do sleep 0.02; done')
  const base = configuration()
  const nodes = Object.fromEntries(
    Object.entries(base.nodes).map(([name, node]) => [name, { ...node, fence: fenceOf('command', path) }]),
  )
  const reports: FenceReport[] = []
  const runner = createFenceRunner({
    configuration: { ...base, nodes },
    self: 'n1',
    clock: realClock,
    onReport: (report) => reports.push(report),
  })
  const begun = () =>
    existsSync(join(directory, 'begun')) ? readFileSync(join(directory, 'begun'), 'utf8').length / 2 : 0
  runner.request({ node: 'n2', attempt: 1 })
  await eventually('the first has begun', () => begun() === 1)
  runner.request({ node: 'n2', attempt: 2 })
  await eventually('the second has begun', () => begun() === 2)
  runner.abandon('n2')
  runner.request({ node: 'n2', attempt: 3 })
  await eventually('the third has begun', () => begun() === 3)
  writeFileSync(join(directory, 'go'), '')
  await eventually('it has reported', () => reports.length > 0)
  runner.request({ node: 'n1', attempt: 1 })
  await eventually('it is refused', () => reports.length > 1)
  expect(reports).toEqual([
    { node: 'n2', attempt: 3, isConfirmed: true, detail: '' },
    { node: 'n1', attempt: 1, isConfirmed: false, detail: 'a node does not fence itself' },
  ])
})
