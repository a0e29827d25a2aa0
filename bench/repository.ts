/**
 * Committed writes of the repository beside those of etcd: three members on loopback, state on the same disk, fsync before
 * acknowledge, the same values and numbers of clients. `bun bench/repository.ts [--seconds 5] [--clients 1,16,64]
 * [--value-bytes 100] [--directory FOLDER] [--json]`; needs `dist/rolecall` (npm run build). A peer that is not installed is
 * skipped (Debian: etcd-server). For each number of clients both are started anew, one after the other, so that what else the machine
 * does hits both alike.
 *
 * This flatters rolecall: etcd is written to through its JSON gateway, which is slower than its own gRPC.
 */
import { mkdtempSync, rmSync, statfsSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startEtcd } from './peers/etcd.ts'
import type { RepositoryPeer } from './peers/repositoryPeer.ts'
import { startRolecall } from './peers/rolecallRepository.ts'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '5' },
    clients: { type: 'string', default: '1,16,64' },
    'value-bytes': { type: 'string', default: '100' },
    directory: { type: 'string', default: tmpdir() },
    json: { type: 'boolean', default: false },
  },
})
const seconds = Number(values.seconds)
const value = 'x'.repeat(Number(values['value-bytes']))

interface Result {
  readonly peer: string
  readonly clientCount: number
  readonly writesPerSecond: number
  readonly medianMs: number
  readonly p99Ms: number
  readonly failedCount: number
}

/** Before what is measured: compilers and caches are warm then. */
const warmingSeconds = 2

async function measure(peer: RepositoryPeer, clientCount: number): Promise<Result> {
  await load(peer, clientCount, warmingSeconds)
  const { durationsMs, failedCount, elapsedSeconds } = await load(peer, clientCount, seconds)
  durationsMs.sort((a, b) => a - b)
  const quantile = (q: number) => durationsMs[Math.min(durationsMs.length - 1, Math.floor(q * durationsMs.length))] ?? 0
  return {
    peer: peer.name,
    clientCount,
    writesPerSecond: durationsMs.length / elapsedSeconds,
    medianMs: quantile(0.5),
    p99Ms: quantile(0.99),
    failedCount,
  }
}

async function load(peer: RepositoryPeer, clientCount: number, seconds: number) {
  const durationsMs: number[] = []
  let failedCount = 0
  const startedNs = Bun.nanoseconds()
  const endNs = startedNs + seconds * 1e9
  const client = async (number: number) => {
    for (let count = 0; Bun.nanoseconds() < endNs; count++) {
      const fromNs = Bun.nanoseconds()
      const isWritten = await peer.write(`bench/${number}/${count % 100}`, value).catch(() => false)
      if (isWritten) durationsMs.push((Bun.nanoseconds() - fromNs) / 1e6)
      else failedCount += 1
    }
  }
  await Promise.all(Array.from({ length: clientCount }, (_, number) => client(number)))
  return { durationsMs, failedCount, elapsedSeconds: (Bun.nanoseconds() - startedNs) / 1e9 }
}

/** f_type of statfs(2). */
const tmpfs = 0x01021994
if (statfsSync(values.directory).type === tmpfs) {
  console.error(
    `${values.directory} is in memory, where nothing is ever synchronized: name a folder on a disk with --directory`,
  )
  process.exit(64)
}

const results: Result[] = []
const skipped = new Map<string, string>()
for (const clientCount of values.clients.split(',').map(Number)) {
  for (const start of [startRolecall, startEtcd]) {
    const directory = mkdtempSync(join(values.directory, 'rolecall-repository-'))
    try {
      const peer = await start(directory)
      if ('why' in peer) {
        skipped.set(peer.peer, peer.why)
        continue
      }
      await measure(peer, clientCount)
        .then((result) => results.push(result))
        .finally(() => peer.stop())
    } finally {
      rmSync(directory, { recursive: true, force: true })
    }
  }
}

const etcdOf = (clientCount: number) => results.find((each) => each.peer === 'etcd' && each.clientCount === clientCount)
const ratioOf = ({ clientCount, writesPerSecond }: Result) => {
  const etcd = etcdOf(clientCount)
  return etcd ? writesPerSecond / etcd.writesPerSecond : null
}
/** What else the machine did meanwhile decides such numbers. */
const loadAverage = loadavg()[0]!
if (values.json) {
  const told = results.map((result) => ({ ...result, ratio: ratioOf(result) }))
  console.log(
    JSON.stringify({
      loadAverage,
      seconds,
      valueBytes: value.length,
      results: told,
      skipped: Object.fromEntries(skipped),
    }),
  )
} else {
  console.log(
    ['peer', 'clients', 'writes/s', 'median ms', 'p99 ms', 'failed', 'to etcd']
      .map((text) => text.padStart(10))
      .join(''),
  )
  for (const result of results)
    console.log(
      [
        result.peer,
        result.clientCount,
        result.writesPerSecond.toFixed(0),
        result.medianMs.toFixed(2),
        result.p99Ms.toFixed(2),
        result.failedCount,
        ratioOf(result)?.toFixed(2) ?? '-',
      ]
        .map((text) => String(text).padStart(10))
        .join(''),
    )
  console.log('etcd is written to through its JSON gateway, which is slower than its gRPC: the ratio flatters rolecall')
  console.log(`load average at the end ${loadAverage.toFixed(1)}`)
  for (const [peer, why] of skipped) console.log(`${peer}: skipped, ${why}`)
}
