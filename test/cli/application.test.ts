import { expect, test } from 'bun:test'
import { join } from 'node:path'
import manifest from '../../package.json' with { type: 'json' }
import { writeConfiguration } from '../configuration/support.ts'
import { rolecall } from './support.ts'

async function failureOf(words: readonly string[], env = {}): Promise<[number, string]> {
  const { exitCode, stderr } = await rolecall(words, { env })
  return [exitCode, stderr]
}

test('a wrong command line: 64, with a suggestion', async () => {
  const cases: Record<string, string> = {
    statsu: 'status',
    'status --jsn': '--json',
    'status --timeout soon': 'expected a duration such as 500ms, 5s or 1m',
    switchover: 'ASSIGNMENT',
    'node --log-level loud': 'expected one of trace, debug',
  }
  for (const [words, text] of Object.entries(cases)) {
    expect(await failureOf(words.split(' '))).toEqual([64, expect.stringContaining(text)])
  }
})

test('help lists the commands, but not the inner one', async () => {
  for (const words of [[], ['--help'], ['-h']]) {
    const { exitCode, stdout } = await rolecall(words)
    expect(exitCode).toBe(0)
    expect(stdout).toContain('switchover')
    expect(stdout).not.toContain('node-process')
  }
  expect((await rolecall(['node', '--help'])).stdout).toContain('--log-level')
})

test('the version is that of the package', async () => {
  for (const words of [['version'], ['--version'], ['-v']]) {
    expect((await rolecall(words)).stdout).toStartWith(`rolecall ${manifest.version} `)
  }
  expect(JSON.parse((await rolecall(['version', '--json'])).stdout)).toMatchObject({ rolecall: manifest.version })
})

const remote = 'cluster: demo\nnodes:\n  n1: { links: [192.0.2.1:7101] }\n  n2: { links: [192.0.2.2:7101] }\n'

test('a node that cannot be: 78 and the place; 64 without a name', async () => {
  const file = writeConfiguration(remote)
  const node = ['node', '--config', file]
  expect(await failureOf(node)).toEqual([64, expect.stringContaining('which node is this?')])
  const unknown = `${file}:2:1: nodes: expected a node named 'n3', found n1, n2; did you mean --name n1?`
  expect(await failureOf([...node, '--name', 'n3'])).toEqual([78, expect.stringContaining(unknown)])
  const elsewhere = `${file}:3:17: nodes.n1.links[0]: expected an address of this machine`
  expect(await failureOf(node, { ROLECALL_NAME: 'n1' })).toEqual([78, expect.stringContaining(elsewhere)])
  const broken = writeConfiguration('cluster: demo\nnodes:\n  n1: { links: [127.0.0.1:7101], rnak: 1 }\n')
  const slip = `${broken}:3:34: nodes.n1.rnak: unknown key 'rnak'; did you mean 'rank'?`
  expect(await failureOf(['node', '--config', broken, '--name', 'n1'])).toEqual([78, expect.stringContaining(slip)])
})

test('the program itself: the exit code reaches the shell, data and messages go their own ways', async () => {
  const main = join(import.meta.dir, '../../src/main.ts')
  const run = async (...words: string[]) => {
    const child = Bun.spawn([process.execPath, main, ...words], { stdout: 'pipe', stderr: 'pipe' })
    return Promise.all([child.exited, new Response(child.stdout).text(), new Response(child.stderr).text()])
  }
  const [exitCode, stdout, stderr] = await run('status', '--socket', '/nonexistent/control.sock')
  expect([exitCode, stdout]).toEqual([69, ''])
  expect(stderr).toContain('no node answers at /nonexistent/control.sock (ENOENT)')
  expect(await run('version')).toEqual([0, `rolecall ${manifest.version} (bun ${Bun.version})\n`, ''])
})
