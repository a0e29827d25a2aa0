/** The black box outlives its process: a real one is killed while it writes. */
import { afterAll, expect, test } from 'bun:test'
import { join } from 'node:path'
import { replayDirectories } from '../../src/recorder/replay.ts'
import { catalogue, makeDirectory, removeDirectories, segmentPaths, startLamp, startNode } from './support.ts'

afterAll(removeDirectories)

for (const segmentSizeBytes of [8192, 1 << 20]) {
  test(`kill -9 amid segments of ${segmentSizeBytes} bytes loses no record that was appended`, async () => {
    const directory = makeDirectory()
    const script = join(import.meta.dir, 'recordForever.ts')
    const child = Bun.spawn([process.execPath, script, directory, String(segmentSizeBytes)], {
      env: { ...process.env, BUN_BE_BUN: '1' },
      stdout: 'pipe',
    })
    let said = ''
    for await (const chunk of child.stdout) {
      said += new TextDecoder().decode(chunk)
      if (said.split('\n').length > 20) child.kill('SIGKILL')
    }
    await child.exited
    expect(child.signalCode).toBe('SIGKILL')
    const saidCount = Number(said.split('\n').at(-2))
    const result = replayDirectories([directory], catalogue)
    expect(result.eventCount).toBeGreaterThanOrEqual(saidCount)
    expect(result).toMatchObject({ verifiedCount: result.eventCount, mismatchCount: 0, gaps: [], isExact: true })

    const next = startNode(directory, { incarnation: 2, segmentSizeBytes, segmentCountMax: 1000 })
    startLamp(next)
    expect(segmentPaths(directory)).toHaveLength(result.segmentCount + 1)
    const both = replayDirectories([directory], catalogue)
    expect(both).toMatchObject({ eventCount: result.eventCount + 1, isExact: true })
  })
}
