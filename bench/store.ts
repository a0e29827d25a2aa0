/**
 * What it costs that the repository is written by another thread: a change of 200 bytes made durable by it, against the same
 * written in place, alternating in one run; and how much gets through when nobody waits for each.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { kept } from '../src/repository/entry.ts'
import { SqliteFile } from '../src/repository/sqliteFile.ts'
import { openStore } from '../src/repository/store.ts'

const count = 3000
const burst = 50_000
const command = { type: 'set', entries: [{ key: 'k', value: 'x'.repeat(200) }], conditions: [] } as const
const folders = ['there', 'here'].map(() => mkdtempSync(join(tmpdir(), 'rolecall-bench-')))

const residentBefore = process.memoryUsage().rss
const store = await openStore({ directory: folders[0]! })
const residentMiB = (process.memoryUsage().rss - residentBefore) / 2 ** 20
const file = new SqliteFile(folders[1]!)

const there: number[] = []
const here: number[] = []
for (let index = 1; index <= count; index += 1) {
  const put = [kept({ index, epoch: 1, command })]
  const startedMs = performance.now()
  await new Promise<void>((resolve) => store.write({ put }, resolve))
  const betweenMs = performance.now()
  file.commit([{ put: put.map(({ index, epoch, bytes }) => ({ index, epoch, bytes })) }])
  there.push(betweenMs - startedMs)
  here.push(performance.now() - betweenMs)
}

const startedMs = performance.now()
let blockedMs = 0
for (let index = count + 1; index <= count + burst; index += 1) {
  while (store.isCongested) await new Promise<void>((resolve) => setImmediate(resolve))
  const beganMs = performance.now()
  store.write({ put: [kept({ index, epoch: 1, command })] })
  blockedMs += performance.now() - beganMs
}
await store.close()
const perSecond = Math.round(burst / ((performance.now() - startedMs) / 1000))
file.close()

const at = (times: number[], share: number) => times.sort((a, b) => a - b)[Math.floor(times.length * share)]!
const ratio = (share: number) => (at(there, share) / at(here, share)).toFixed(2)
const row = (name: string, times: number[]) =>
  console.log(`${name.padEnd(24)} median ${at(times, 0.5).toFixed(3)} ms   99 % ${at(times, 0.99).toFixed(3)} ms`)
row('written by a thread', there)
row('written in place', here)
console.log(`ratio                    median ${ratio(0.5)}          99 % ${ratio(0.99)}`)
console.log(
  `in a burst of ${burst}: ${perSecond} changes a second, ${((1000 * blockedMs) / burst).toFixed(1)} us of the caller each`,
)
console.log(`resident memory of the thread when opened: ${residentMiB.toFixed(1)} MiB`)
for (const folder of folders) rmSync(folder, { recursive: true })
