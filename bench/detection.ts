/**
 * How soon a member that is killed or frozen is noticed by another, and whether anyone is wrongly given up when the CPU is
 * starved: rolecall beside serf and corosync, three members each, on loopback (corosync: in network namespaces, as root). `bun bench/detection.ts [--runs 5] [--hogs 64]
 * [--seconds 20] [--only PEER] [--json]`; needs `dist/rolecall` (npm run build). A peer that is not installed is skipped.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startCorosync } from './peers/corosync.ts'
import type { DetectionPeer } from './peers/detectionPeer.ts'
import { startRolecall } from './peers/rolecallMembers.ts'
import { startSerf } from './peers/serf.ts'

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '5' },
    hogs: { type: 'string', default: '64' },
    seconds: { type: 'string', default: '20' },
    only: { type: 'string', default: '' },
    json: { type: 'boolean', default: false },
  },
})
const runCount = Number(values.runs)
const seconds = Number(values.seconds)
const detectionLimitMs = 60_000

async function detect(peer: DetectionPeer, signal: 'SIGKILL' | 'SIGSTOP'): Promise<number> {
  await peer.untilWhole()
  const startedNs = Bun.nanoseconds()
  peer.strike(signal)
  while (!(await peer.isNoticed())) {
    if ((Bun.nanoseconds() - startedNs) / 1e6 > detectionLimitMs) throw new Error(`${peer.name}: not noticed in time`)
    await Bun.sleep(peer.pollMs)
  }
  const elapsedMs = (Bun.nanoseconds() - startedNs) / 1e6
  await peer.mend()
  return elapsedMs
}

/** Members given up although all of them run. */
async function starve(peer: DetectionPeer): Promise<number> {
  await peer.untilWhole()
  const before = peer.givenUpCount()
  // Each ends by itself, should this program not live to end it.
  const hog = ['timeout', String(seconds + 10), 'sh', '-c', 'while :; do :; done']
  const hogs = Array.from({ length: Number(values.hogs) }, () => Bun.spawn(hog))
  await Bun.sleep(seconds * 1000)
  for (const hog of hogs) hog.kill('SIGTERM')
  await Promise.all(hogs.map((hog) => hog.exited))
  await peer.untilWhole()
  return peer.givenUpCount() - before
}

const results: { peer: string; killedMs: number; frozenMs: number; falseCount: number }[] = []
const skipped: { peer: string; why: string }[] = []
const starts = { rolecall: startRolecall, serf: startSerf, corosync: startCorosync }
for (const [name, start] of Object.entries(starts)) {
  if (!name.includes(values.only)) continue
  const directory = mkdtempSync(join(tmpdir(), 'rolecall-detection-'))
  const peer = await start(directory)
  if ('why' in peer) {
    skipped.push(peer)
    continue
  }
  try {
    const median = async (signal: 'SIGKILL' | 'SIGSTOP') => {
      const runs: number[] = []
      for (let run = 0; run < runCount; run++) runs.push(await detect(peer, signal))
      return runs.sort((a, b) => a - b)[runCount >> 1]!
    }
    const killedMs = await median('SIGKILL')
    const frozenMs = await median('SIGSTOP')
    results.push({ peer: peer.name, killedMs, frozenMs, falseCount: await starve(peer) })
  } finally {
    await peer.stop()
    rmSync(directory, { recursive: true, force: true })
  }
}
const own = results.find(({ peer }) => peer === 'rolecall')
const told = results.map((each) => ({ ...each, frozenRatio: own ? each.frozenMs / own.frozenMs : null }))
/** What else the machine did meanwhile decides such numbers. */
const loadAverage = loadavg()[0]!
if (values.json)
  console.log(JSON.stringify({ loadAverage, runCount, seconds, hogs: Number(values.hogs), results: told, skipped }))
else {
  console.log(`${'peer'.padEnd(10)}  killed ms  frozen ms  to rolecall  wrongly given up under ${values.hogs} hogs`)
  for (const { peer, killedMs, frozenMs, frozenRatio, falseCount } of told)
    console.log(
      peer.padEnd(10),
      killedMs.toFixed(0).padStart(10),
      frozenMs.toFixed(0).padStart(10),
      (frozenRatio?.toFixed(1) ?? '-').padStart(12),
      String(falseCount).padStart(5),
    )
  console.log(`load average at the end ${loadAverage.toFixed(1)}`)
  for (const { peer, why } of skipped) console.log(`${peer}: skipped, ${why}`)
}
