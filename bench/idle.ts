/**
 * What an idle cluster costs: CPU share and resident memory of guard and node process, with 3, 5 and 7 nodes on this machine, from
 * /proc. The ratio is to an idle process of Bun measured in the same run (memory). `bun bench/idle.ts [--seconds 20]
 * [--nodes 3,5,7] [--json]`; needs `dist/rolecall` (npm run build).
 */
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { nodeCountMax } from '../src/configuration/schema.ts'
import { LocalCluster } from '../src/demo/localCluster.ts'
import { freePorts } from '../src/demo/ports.ts'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '20' },
    nodes: { type: 'string', default: '3,5,7' },
    json: { type: 'boolean', default: false },
  },
})
const seconds = Number(values.seconds)
const command = [new URL('../dist/rolecall', import.meta.url).pathname]
const ticksPerSecond = 100

interface Usage {
  readonly cpuTicks: number
  readonly residentBytes: number
}

/** utime and stime stand 12th and 13th after the name, which may contain anything. */
function usageOf(pid: number): Usage {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const resident = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  return { cpuTicks: Number(fields[11]) + Number(fields[12]), residentBytes: Number(resident?.[1] ?? 0) * 1024 }
}

interface Result {
  readonly nodeCount: number
  readonly process: string
  /** Percent of one core, mean of the nodes. */
  readonly cpuPercent: number
  readonly residentMebibytes: number
  /** Of memory, to an idle process of Bun. */
  readonly ratio: number
}

async function measure(nodeCount: number, baseBytes: number): Promise<Result[]> {
  const nodes = Array.from({ length: nodeCount }, (_, index) => `n${index + 1}`)
  const ports = await freePorts(nodeCount)
  const lines = nodes.map((name, index) => `  ${name}: { links: ["127.0.0.1:${ports[index]}"] }`)
  const configuration = `cluster: idle\nsecret: ${crypto.randomUUID()}\nstateDirectory: state\nruntimeDirectory: run\nnodes:\n${lines.join('\n')}\n`
  const directory = mkdtempSync(join(tmpdir(), 'rolecall-idle-'))
  const cluster = new LocalCluster({ directory, command, configuration, nodes })
  try {
    cluster.startAll()
    await cluster.until('there is a master', ({ quorum }) => quorum.isQuorate && quorum.aliveVoterCount === nodeCount)
    await Bun.sleep(2000)
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
    return (['guard', 'node process'] as const).map((process) => {
      const pids = roles.map((of) => of[process])
      const after = pids.map((pid) => ({ pid, ...usageOf(pid) }))
      const ticks = after.reduce((sum, { pid, cpuTicks }) => sum + cpuTicks - before.get(pid)!.cpuTicks, 0)
      const bytes = after.reduce((sum, { residentBytes }) => sum + residentBytes, 0) / nodeCount
      return {
        nodeCount,
        process,
        cpuPercent: (100 * ticks) / ticksPerSecond / elapsedSeconds / nodeCount,
        residentMebibytes: bytes / 1024 ** 2,
        ratio: bytes / baseBytes,
      }
    })
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
  else results.push(...(await measure(nodeCount, baseBytes)))
}
if (values.json) console.log(JSON.stringify({ seconds, idleBunMebibytes: baseBytes / 1024 ** 2, results, skipped }))
else {
  console.log(
    'nodes  process        CPU of a core   resident   to an idle Bun of',
    `${(baseBytes / 1024 ** 2).toFixed(0)} MiB`,
  )
  for (const { nodeCount, process, cpuPercent, residentMebibytes, ratio } of results)
    console.log(
      String(nodeCount).padEnd(6),
      process.padEnd(14),
      `${cpuPercent.toFixed(1)} %`.padStart(13),
      `${residentMebibytes.toFixed(0)} MiB`.padStart(10),
      ratio.toFixed(2).padStart(10),
    )
  for (const { nodeCount, why } of skipped) console.log(`${nodeCount} nodes: skipped, ${why}`)
}
