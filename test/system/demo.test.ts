/** `rolecall demo`: what it promises to print, and that nothing of it stays. */
import { afterEach, expect, test } from 'bun:test'
import { readdirSync, readFileSync } from 'node:fs'
import { binary, cleanUp, eventually, rolecall, temporaryDirectory, testTimeoutMs } from '../support/system.ts'

afterEach(cleanUp)

/** Whatever was started with something below the directory in its arguments or its environment. */
function processesUnder(directory: string): number[] {
  const isUnder = (pid: number) => {
    try {
      return ['cmdline', 'environ'].some((file) =>
        readFileSync(`/proc/${pid}/${file}`, 'latin1').includes(`${directory}/`),
      )
    } catch {
      return false
    }
  }
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .filter(isUnder)
}

test(
  '--json: JSON alone, of four faults, with nothing lost',
  async () => {
    const directory = temporaryDirectory()
    const { exitCode, stdout, stderr } = await rolecall(['demo', '--json'], {
      environment: { TMPDIR: directory },
      timeoutMs: testTimeoutMs,
    })
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    const result = JSON.parse(stdout)
    expect(result).toMatchObject({ lostCount: 0, overlapMs: 0, replay: { mismatchCount: 0 } })
    expect(result.acknowledgedCount).toBeGreaterThan(0)
    expect(result.replay.eventCount).toBeGreaterThan(0)
    expect(result.faults).toHaveLength(4)
    for (const { name, detectedMs, decidedMs, restoredMs } of result.faults) {
      expect(name).toBeString()
      for (const time of [detectedMs, decidedMs, restoredMs]) expect(time).toBeNumber()
      expect(detectedMs).toBeLessThanOrEqual(decidedMs)
      expect(decidedMs).toBeLessThanOrEqual(restoredMs)
    }
    expect(processesUnder(directory)).toEqual([])
    expect(readdirSync(directory)).toEqual([])
  },
  2 * testTimeoutMs,
)

test(
  'Ctrl-C in the middle of it: nothing stays',
  async () => {
    const directory = temporaryDirectory()
    const demo = Bun.spawn([binary, 'demo'], {
      env: { PATH: process.env.PATH!, TMPDIR: directory },
      stdin: 'ignore',
      stdout: 'ignore',
      stderr: 'ignore',
    })
    try {
      await eventually('its ledgers run', () => processesUnder(directory).length >= 9)
      demo.kill('SIGINT')
      expect(await demo.exited).toBe(130)
      await eventually('all of it has ended', () => processesUnder(directory).length === 0)
    } finally {
      demo.kill('SIGKILL')
    }
  },
  testTimeoutMs,
)
