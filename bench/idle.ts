/**
 * What an idle cluster costs: CPU share and resident memory of guard and node process, with 3, 5, 7 and 16 nodes on this machine, from
 * /proc. `of the machine`: the pages of the program's file, which both have, counted once. The ratio of memory is to an idle process of Bun measured in the same run, that of CPU to the target of the design. Nodes
 * beyond the seventh are not eligible. `bun bench/idle.ts [--seconds 20] [--nodes 3,5,7,16] [--heartbeat-ms 20] [--without-log] [--json]`; needs `dist/rolecall`
 * (npm run build).
 */
import { mkdtempSync, readFileSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { nodeCountMax } from '../src/configuration/values.ts'
import { LocalCluster } from '../src/demo/localCluster.ts'
import { freePorts } from '../src/demo/ports.ts'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '20' },
    nodes: { type: 'string', default: '3,5,7,16' },
    'heartbeat-ms': { type: 'string', default: '20' },
    'without-log': { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
})
const seconds = Number(values.seconds)
const heartbeatIntervalMs = Number(values['heartbeat-ms'])
const command = [new URL('../dist/rolecall', import.meta.url).pathname]
const ticksPerSecond = 100
const eligibleCountMax = 7
const settlingMs = 10_000
/** Of guard and node process together (DESIGN §8). */
const target = { cpuPercent: 2, residentMegabytes: 150 }

interface Usage {
  readonly cpuTicks: number
  readonly residentBytes: number
  /** Of them, pages of files: the program's own for the most part. */
  readonly fileBytes: number
}

/** utime and stime stand 12th and 13th after the name, which may contain anything. */
function usageOf(pid: number): Usage {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const bytesOf = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1] ?? 0) * 1024
  return {
    cpuTicks: Number(fields[11]) + Number(fields[12]),
    residentBytes: bytesOf('VmRSS'),
    fileBytes: bytesOf('RssFile'),
  }
}

interface Result {
  readonly nodeCount: number
  readonly process: string
  /** Percent of one core, mean of the nodes. */
  readonly cpuPercent: number
  readonly residentMegabytes: number
  /** What the machine has to give for it. */
  readonly machineMegabytes: number
  /** Of memory, to an idle process of Bun. */
  readonly ratio: number
}

async function measure(nodeCount: number, baseBytes: number): Promise<Result[]> {
  const nodes = Array.from({ length: nodeCount }, (_, index) => `n${index + 1}`)
  const ports = await freePorts(nodeCount)
  const lines = nodes.map((name, index) => {
    const eligible = index < eligibleCountMax ? '' : ', eligible: false'
    return `  ${name}: { links: ["127.0.0.1:${ports[index]}"]${eligible} }`
  })
  const configuration = `cluster: idle\nsecret: ${crypto.randomUUID()}\nstateDirectory: state\nruntimeDirectory: run\ntiming: { heartbeatInterval: ${heartbeatIntervalMs}ms }\nlog: { enabled: ${!values['without-log']} }\nnodes:\n${lines.join('\n')}\n`
  const directory = mkdtempSync(join(tmpdir(), 'rolecall-idle-'))
  const cluster = new LocalCluster({ directory, command, configuration, nodes })
  try {
    cluster.startAll()
    await cluster.until(
      'there is a master, and all are alive',
      ({ master, nodes }) => master !== null && nodes.every(({ availability }) => availability === 'alive'),
      { timeoutMs: 60_000 },
    )
    // Until then the code that runs all the time is being compiled.
    await Bun.sleep(settlingMs)
    const roles = nodes.map((node) => {
      const guard = cluster.guardPid(node)
      // Small helpers of the guard hang on it, too: the node process is by far the largest of its children.
      const others = cluster.processesOf(node).filter((pid) => pid !== guard)
      const [nodeProcess] = others.sort((a, b) => usageOf(b).residentBytes - usageOf(a).residentBytes)
      return { guard, 'node process': nodeProcess! }
    })
    const before = new Map(roles.flatMap((of) => Object.values(of)).map((pid) => [pid, usageOf(pid)]))
    const startedNs = Bun.nanoseconds()
    await Bun.sleep(seconds * 1000)
    const elapsedSeconds = (Bun.nanoseconds() - startedNs) / 1e9
    const parts = (['guard', 'node process'] as const).map((process) => {
      const pids = roles.map((of) => of[process])
      const after = pids.map((pid) => ({ pid, ...usageOf(pid) }))
      const ticks = after.reduce((sum, { pid, cpuTicks }) => sum + cpuTicks - before.get(pid)!.cpuTicks, 0)
      const bytes = after.reduce((sum, { residentBytes }) => sum + residentBytes, 0) / nodeCount
      const fileBytes = after.reduce((sum, { fileBytes }) => sum + fileBytes, 0) / nodeCount
      return { process, bytes, fileBytes, cpuPercent: (100 * ticks) / ticksPerSecond / elapsedSeconds / nodeCount }
    })
    const sum = (of: 'bytes' | 'cpuPercent') => parts[0]![of] + parts[1]![of]
    const both = { process: 'both', bytes: sum('bytes'), cpuPercent: sum('cpuPercent') }
    const sharedBytes = Math.min(parts[0]!.fileBytes, parts[1]!.fileBytes)
    return [
      ...parts.map((part) => ({ ...part, machineBytes: part.bytes })),
      { ...both, machineBytes: both.bytes - sharedBytes },
    ].map(({ process, bytes, machineBytes, cpuPercent }) => ({
      nodeCount,
      process,
      cpuPercent,
      residentMegabytes: bytes / 1e6,
      machineMegabytes: machineBytes / 1e6,
      ratio: bytes / baseBytes,
    }))
  } finally {
    await cluster.stop()
    cluster.remove()
  }
}

async function idleBun(): Promise<number> {
  const child = Bun.spawn([process.execPath, '-e', 'setInterval(() => {}, 1000)'])
  await Bun.sleep(1000)
  const { residentBytes } = usageOf(child.pid)
  child.kill()
  await child.exited
  return residentBytes
}

const baseBytes = await idleBun()
const results: Result[] = []
const skipped: { nodeCount: number; why: string }[] = []
for (const nodeCount of values.nodes.split(',').map(Number)) {
  if (nodeCount > nodeCountMax) skipped.push({ nodeCount, why: `a cluster has at most ${nodeCountMax} nodes` })
  else {
    await measure(nodeCount, baseBytes).then(
      (measured) => results.push(...measured),
      (error: Error) => skipped.push({ nodeCount, why: error.message }),
    )
  }
}
/** What else the machine did meanwhile decides such numbers. */
const loadAverage = loadavg()[0]!
if (values.json)
  console.log(
    JSON.stringify({
      loadAverage,
      seconds,
      heartbeatIntervalMs,
      idleBunMegabytes: baseBytes / 1e6,
      target,
      results,
      skipped,
    }),
  )
else {
  console.log(
    `heartbeats every ${heartbeatIntervalMs} ms; an idle Bun has ${(baseBytes / 1e6).toFixed(0)} MB; mean of the nodes\n` +
      'nodes  process        CPU of a core  to target   resident  of the machine  to an idle Bun',
  )
  for (const { nodeCount, process, cpuPercent, residentMegabytes, machineMegabytes, ratio } of results)
    console.log(
      String(nodeCount).padEnd(6),
      process.padEnd(14),
      `${cpuPercent.toFixed(1)} %`.padStart(13),
      (process === 'both' ? (cpuPercent / target.cpuPercent).toFixed(2) : '').padStart(10),
      `${residentMegabytes.toFixed(0)} MB`.padStart(10),
      `${machineMegabytes.toFixed(0)} MB`.padStart(15),
      ratio.toFixed(2).padStart(15),
    )
  console.log(`load average at the end ${loadAverage.toFixed(1)}`)
  for (const { nodeCount, why } of skipped) console.log(`${nodeCount} nodes: skipped, ${why}`)
}
