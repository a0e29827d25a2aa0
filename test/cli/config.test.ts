import { afterEach, expect, test } from 'bun:test'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { serveView, soundView, undoAll } from '../manage/support.ts'
import { soloCcr } from '../repository/soloCcr.ts'
import { temporaryFolder } from '../support/folders.ts'
import { type RunOptions, rolecall } from './support.ts'

afterEach(undoAll)

async function begin(solo = soloCcr()) {
  const folder = temporaryFolder('cli')
  const path = join(folder, 'control.sock')
  await serveView({ path, view: soundView, repository: solo.ccr })
  const config = (...words: string[]) => configWith({}, ...words)
  const configWith = (options: RunOptions, ...words: string[]) =>
    rolecall(['config', ...words, '--socket', path], options)
  const file = (text: string) => {
    const name = join(folder, 'keys.yaml')
    writeFileSync(name, text)
    return name
  }
  return { solo, folder, config, configWith, file }
}

test('set and get: text as it is, everything else as YAML', async () => {
  const { config, configWith } = await begin()
  expect(await config('set', 'db/host', '10.0.0.1')).toEqual({
    exitCode: 0,
    stdout: 'db/host set at revision 2\n',
    stderr: '',
  })
  expect(await config('get', 'db/host')).toEqual({ exitCode: 0, stdout: '10.0.0.1\n', stderr: '' })
  const values: [string, string, unknown][] = [
    ['5432', '5432\n', 5432],
    ['true', 'true\n', true],
    ['{"a": [1, "2"]}', 'a:\n  - 1\n  - "2"\n', { a: [1, '2'] }],
    ['a: {b: c}', 'a:\n  b: c\n', { a: { b: 'c' } }],
    ['!!binary aGk=', '!!binary |-\naGk=\n', { $base64: 'aGk=' }],
    ["'5'", '5\n', '5'],
  ]
  for (const [word, text, json] of values) {
    expect((await config('set', 'k', word)).stderr).toBe('')
    expect((await config('get', 'k')).stdout).toBe(text)
    expect(JSON.parse((await config('get', 'k', '--json')).stdout)).toMatchObject({ key: 'k', value: json })
  }
  await config('set', 'k', '5', '--text')
  expect(JSON.parse((await config('get', 'k', '--json', '--stale')).stdout).value).toBe('5')
  await configWith({ stdin: 'from:\n- stdin\n' }, 'set', 'k', '-')
  expect(JSON.parse((await config('get', 'k', '--json')).stdout).value).toEqual({ from: ['stdin'] })
})

test('conditions: 103 when somebody else was faster', async () => {
  const { config } = await begin()
  expect((await config('set', 'k', '1', '--if-absent')).exitCode).toBe(0)
  const conflict = {
    exitCode: 103,
    stdout: '',
    stderr: 'rolecall: k was last set at revision 2; nothing was changed\n',
  }
  expect(await config('set', 'k', '2', '--if-absent')).toEqual(conflict)
  expect(await config('set', 'k', '2', '--if-revision', '1')).toEqual(conflict)
  expect(await config('delete', 'k', '--if-revision', '1')).toEqual(conflict)
  const json = await config('set', 'k', '2', '--if-revision', '1', '--json')
  expect(JSON.parse(json.stdout)).toMatchObject({ ok: false, code: 'conflict', conflicts: [{ key: 'k', revision: 2 }] })
  expect((await config('set', 'k', '2', '--if-revision', '2')).exitCode).toBe(0)
  expect((await config('delete', 'k')).stdout).toMatch(/^k deleted at revision \d+\n$/)
  expect((await config('set', 'k', '2', '--if-absent', '--if-revision', '2')).exitCode).toBe(64)
})

test('what cannot be: exit codes and sentences', async () => {
  const { config, solo } = await begin(
    soloCcr({ validate: (changes) => [...changes, ...changes].map(({ key }) => ({ key, text: 'is wrong' })) }),
  )
  await config('set', 'services/db', '1')
  const outcome = async (...words: string[]) => {
    const { exitCode, stderr } = await config(...words)
    return [exitCode, stderr]
  }
  expect(await outcome('get', 'service/db')).toEqual([
    105,
    "rolecall: no key 'service/db'; did you mean 'services/db'?\n",
  ])
  expect(await outcome('get', 'services')).toEqual([
    105,
    "rolecall: no key 'services'; there is something below it: rolecall config list services\n",
  ])
  expect(await outcome('delete', 'services/dbx')).toEqual([105, expect.stringContaining("did you mean 'services/db'?")])
  expect(await outcome('set', 'a//b', '1')).toEqual([65, expect.stringContaining('empty name')])
  expect(await outcome('set', 'a', '[1')).toEqual([65, expect.stringMatching(/^rolecall: VALUE:1:\d+: /)])
  expect(await outcome('set', 'a', 'null')).toEqual([65, expect.stringContaining('rolecall config delete a')])
  expect(await outcome('set', 'a', 'x'.repeat(30_000))).toEqual([65, expect.stringContaining('24576 is the most')])
  expect(await outcome('set', 'intent/a', '1')).toEqual([1, "rolecall: intent/a: 'intent' is the cluster's own\n"])
  expect(await outcome('set', 'configuration/a', '1')).toEqual([
    78,
    'rolecall: the configuration would be wrong: configuration/a: is wrong\n  configuration/a: is wrong\n  configuration/a: is wrong\n',
  ])
  expect(await outcome('watch', '--from-revision', '0')).toEqual([110, expect.stringContaining('list anew')])
  expect(await outcome('set', 'a', '1', '--if-revision', 'x')).toEqual([64, expect.any(String)])
  expect(await outcome('list', '-o', 'xml')).toEqual([64, expect.any(String)])
  solo.leader = null
  expect(await outcome('set', 'a', '1')).toEqual([106, expect.stringContaining('there is no master')])
  expect(await outcome('get', 'services/db', '--stale')).toEqual([0, ''])
})

test('list, in all its forms', async () => {
  const { config } = await begin()
  await config('set', 'b/y', '[1, 2]')
  await config('set', 'b/x', 'x'.repeat(100))
  await config('set', 'c', 'yes')
  const cut = `"${'x'.repeat(58)}…`
  expect((await config('list')).stdout).toBe(
    `REVISION  KEY  VALUE\n3         b/x  ${cut}\n2         b/y  [1,2]\n4         c    "yes"\n`,
  )
  expect((await config('list', 'b', '-o', 'name')).stdout).toBe('b/x\nb/y\n')
  const json = { revision: 4, entries: [{ key: 'c', value: 'yes', revision: 4 }] }
  expect(JSON.parse((await config('list', 'c', '--json')).stdout)).toEqual(json)
  expect(JSON.parse((await config('list', 'c', '--output', 'json', '--stale')).stdout)).toEqual(json)
  expect(await config('list', 'd')).toEqual({ exitCode: 0, stdout: '', stderr: 'rolecall: nothing at or below d\n' })
})

test('history and watch: every change, each transaction once', async () => {
  const { config, configWith, file, solo } = await begin()
  await config('set', 'a', '1')
  await config('delete', 'a')
  expect(await config('history', 'a')).toEqual({
    exitCode: 0,
    stdout: 'REVISION  KEY  VALUE\n2         a    1\n3         a    deleted\n',
    stderr: 'rolecall: all changes after revision 1, up to 3\n',
  })
  expect(JSON.parse((await config('history', '--json')).stdout)).toMatchObject({ revision: 3, oldest: 1 })
  await config('import', file('a: 4\nb: 5\n'))
  const expected = ['2  a  1', '3  a  deleted', '4  a  4', '4  b  5', '5  c  "x"']
  const seen = await new Promise<string>((resolve) => {
    const onOutput = (stdout: string) => {
      if (stdout.includes('4  b')) solo.ccr.set('c', 'x', () => {})
      if (stdout.includes('5  c')) resolve(stdout)
    }
    void configWith({ onOutput }, 'watch', '--from-revision', '1', '--timeout', '300ms')
  })
  expect(seen).toBe(`${expected.join('\n')}\n`)
  const line = await new Promise<string>((resolve) => {
    void configWith({ onOutput: resolve }, 'watch', 'c', '--from-revision', '1', '--json', '--timeout', '300ms')
  })
  expect(JSON.parse(line)).toEqual({ revision: 5, changes: [{ key: 'c', value: 'x' }] })
})

test('export and import: what comes out goes in again, and only what differs is written', async () => {
  const { config, configWith, folder, file } = await begin()
  const text = 'app/a: 1\napp/b: !!binary |-\n  AAE=\napp/c:\n  deep:\n    - "1"\nother: text\n'
  expect(await configWith({ stdin: text }, 'import', '-')).toMatchObject({ stdout: '4 keys changed at revision 2\n' })
  expect(await config('export')).toEqual({ exitCode: 0, stdout: text, stderr: 'rolecall: 4 keys, as of revision 2\n' })
  const out = join(folder, 'out.yaml')
  await config('export', 'app', '--output', out)
  expect(readFileSync(out, 'utf8')).toBe(text.replace('other: text\n', ''))
  expect(await config('import', out)).toMatchObject({
    exitCode: 0,
    stdout: '',
    stderr: 'rolecall: nothing to change\n',
  })
  const next = file('app/a: 2\napp/d: new\n')
  const dry = await config('import', next, '--prefix', 'app', '--replace', '--dry-run')
  expect(dry).toMatchObject({ exitCode: 0, stderr: 'rolecall: 4 keys would change\n' })
  expect(dry.stdout).toBe('~ app/a  2\n+ app/d  "new"\n- app/b  deleted\n- app/c  deleted\n')
  expect(JSON.parse((await config('import', next, '--prefix', 'app', '--replace', '--json')).stdout)).toMatchObject({
    ok: true,
    isDryRun: false,
    revision: 3,
    changes: { length: 4 },
  })
  expect((await config('export')).stdout).toBe('app/a: 2\napp/d: new\nother: text\n')
  expect((await config('export', 'nothing')).stdout).toBe('{}\n')
  await config('import', file('app/a: null\n'))
  expect((await config('export', 'app')).stdout).toBe('app/d: new\n')
})

test('import: what is wrong is told with its line; too much is refused, or split where that does no harm', async () => {
  const { config, file } = await begin()
  const outcome = async (text: string, ...words: string[]) => {
    const { exitCode, stderr } = await config('import', file(text), ...words)
    return [exitCode, stderr.replace(/.*keys\.yaml/, 'F')]
  }
  expect(await outcome('a: 1\nb//c: 2\n')).toEqual([65, expect.stringContaining('F:2: key "b//c"')])
  expect(await outcome('a: 1\nb: 2\n', '--prefix', 'a')).toEqual([65, 'F:2: b is not at or below a\n'])
  expect(await outcome('a: 1\na: 2\n')).toEqual([65, expect.stringMatching(/^F:2:1: /)])
  expect(await outcome('- a\n')).toEqual([65, 'F: expected a map of keys to values\n'])
  expect(await outcome('1: a\n')).toEqual([65, expect.stringContaining('F:1: expected a key')])
  expect(await outcome('a: 1\n', '--replace')).toEqual([64, expect.stringContaining('--prefix')])
  expect((await config('import', '/nowhere/keys.yaml')).exitCode).toBe(65)
  const many = Array.from({ length: 3000 }, (_, place) => `app/k${place}: ${place}\n`).join('')
  expect(await outcome(many)).toEqual([65, expect.stringContaining('3000 changes, 1024 is the most')])
  const shared = many.replaceAll('app/', 'configuration/')
  expect((await outcome(shared, '--prefix', 'configuration', '--replace'))[0]).toBe(65)
  const [exitCode, stderr] = await outcome(many, '--prefix', 'app', '--replace')
  expect([exitCode, stderr]).toEqual([0, expect.stringMatching(/: \d+ follow each other\n$/)])
  expect((await config('list', 'app', '-o', 'name')).stdout.trim().split('\n')).toHaveLength(3000)
})

test('watch ends when no node answers for as long as it was told to wait', async () => {
  const path = join(temporaryFolder('cli'), 'control.sock')
  const outcome = await rolecall(['config', 'watch', '--socket', path, '--timeout', '100ms'])
  expect(outcome).toMatchObject({ exitCode: 69, stdout: '', stderr: expect.stringContaining('is the node running?') })
})
