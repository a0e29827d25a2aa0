import { afterEach, expect, test } from 'bun:test'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterThisTest, undoAll } from '../manage/support.ts'

afterEach(undoAll)

const root = join(import.meta.dir, '../..')
const recording = join(root, 'test/recordings/failover.tar.gz')

function start(...words: string[]) {
  const child = Bun.spawn([process.execPath, join(root, 'src/main.ts'), 'console', ...words], {
    env: { PATH: process.env.PATH ?? '' },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  })
  afterThisTest(() => child.kill('SIGKILL'))
  return child
}

async function ended(...words: string[]): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  const child = start(...words)
  const [stdout, stderr] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()])
  return { exitCode: await child.exited, stdout, stderr }
}

function configured(text: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'rolecall-console-test-'))
  afterThisTest(() => rmSync(directory, { recursive: true }))
  const file = join(directory, 'rolecall.yaml')
  writeFileSync(file, `cluster: demo\nnodes:\n  n1: { links: [127.0.0.1:7101] }\n${text}`)
  return file
}

test('serves what was recorded until it is told to end', async () => {
  const child = start(recording, '--json')
  const { value } = await child.stdout.getReader().read()
  const { url } = JSON.parse(new TextDecoder().decode(value))
  expect(await (await fetch(`${url}v1/session`)).json()).toMatchObject({ mode: 'recording', node: null })
  expect((await (await fetch(`${url}v1/records`)).json()).records.length).toBeGreaterThan(0)
  child.kill('SIGTERM')
  expect(await child.exited).toBe(0)
})

test('nothing recorded is there: 105; a wrong address: 64; one that is taken: 69', async () => {
  expect(await ended('/nowhere')).toMatchObject({
    exitCode: 105,
    stdout: '',
    stderr: expect.stringContaining('/nowhere'),
  })
  expect((await ended(recording, '--listen', 'nonsense')).exitCode).toBe(64)
  const taken = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: () => new Response('') })
  afterThisTest(() => taken.stop(true))
  const refused = await ended(recording, '--listen', `127.0.0.1:${taken.port}`)
  expect(refused).toMatchObject({ exitCode: 69, stderr: expect.stringContaining('--listen') })
})

test('without a recording: no console configured 78, none that answers 69, no such node 105', async () => {
  const none = await ended('--config', configured('http: { enabled: false }\n'))
  expect(none).toMatchObject({ exitCode: 78, stderr: expect.stringContaining('http.enabled') })
  // Nothing listens at port 1; what listens there is not this node in any case.
  const silent = configured('http: { listen: "127.0.0.1:1" }\n')
  expect((await ended('--config', silent)).exitCode).toBe(69)
  expect((await ended('--config', silent, '--name', 'n9')).exitCode).toBe(105)
})
