import { afterEach, describe, expect, test } from 'bun:test'
import { mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findCore } from '../../src/node/coreDump.ts'

const made: string[] = []
afterEach(() => {
  for (const directory of made.splice(0)) rmSync(directory, { recursive: true, force: true })
})

function directory(...files: string[]): string {
  const path = mkdtempSync(join(tmpdir(), 'rolecall-core-'))
  made.push(path)
  for (const file of files) writeFileSync(join(path, file), 'core')
  return path
}

const death = (workingDirectory: string, signal: string | null = 'SIGSEGV') => ({ pid: 4711, signal, workingDirectory })

describe('a core', () => {
  test('is looked for only where the signal writes one', () => {
    const there = directory('core')
    const kernel = { pattern: 'core', usesPid: false }
    for (const signal of ['SIGKILL', 'SIGTERM', null]) expect(findCore(death(there, signal), kernel)).toBeNull()
    expect(findCore(death(there), null)).toBeNull()
    expect(findCore(death(there), kernel)).toEqual({ is: 'file', path: join(there, 'core'), pattern: 'core' })
  })

  test('is that of the process where the pattern has its number', () => {
    const there = directory('core.4711', 'core.4712')
    const path = join(there, 'core.4711')
    expect(findCore(death(there), { pattern: 'core', usesPid: true })).toMatchObject({ is: 'file', path })
    const pattern = `${there}/%e-%p.%t`
    writeFileSync(join(there, 'my.prog-4711.1700000000'), '')
    writeFileSync(join(there, 'my.prog-14711.1700000000'), '')
    expect(findCore(death('/nowhere'), { pattern, usesPid: true })).toMatchObject({
      path: join(there, 'my.prog-4711.1700000000'),
    })
  })

  test('of long ago is of another death; and there may be none', () => {
    const there = directory('core')
    utimesSync(join(there, 'core'), 1000, 1000)
    const none = { is: 'none', path: null, pattern: 'core' } as const
    expect(findCore(death(there), { pattern: 'core', usesPid: false })).toEqual(none)
    expect(findCore(death('/nowhere/at/all'), { pattern: 'core', usesPid: false })).toEqual(none)
  })

  test('that another program takes is not in reach', () => {
    const pattern = '|/usr/lib/systemd/systemd-coredump %P %u'
    expect(findCore(death('/'), { pattern, usesPid: false })).toEqual({ is: 'piped', path: null, pattern })
  })

  test('of a real process, where this machine writes cores into the directory it ran in', async () => {
    const there = directory()
    const child = Bun.spawn(['sh', '-c', 'ulimit -c unlimited; kill -SEGV $$'], { cwd: there })
    await child.exited
    const signal = String(child.signalCode)
    expect(signal).toBe('SIGSEGV')
    const found = findCore({ pid: child.pid, signal, workingDirectory: there })
    const pattern = readFileSync('/proc/sys/kernel/core_pattern', 'utf8').trim()
    if (pattern === 'core') expect(found).toMatchObject({ is: 'file', path: expect.stringContaining(there) })
    else expect(found?.pattern).toBe(pattern)
  })
})
