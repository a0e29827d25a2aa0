/**
 * What watching costs a node: so many clients of the stream, so many records a second, and how late the loop turns meanwhile, against
 * the same without anybody watching. `bun bench/stream.ts [CLIENTS] [RECORDS_PER_SECOND] [SECONDS]`
 */
import type { Backend } from '../src/manage/http/backend.ts'
import { LiveHistory } from '../src/manage/http/liveHistory.ts'
import { serveHttp } from '../src/manage/http/server.ts'

const [clientCount = 20, recordsPerSecond = 5000, seconds = 5] = process.argv.slice(2).map(Number)
const batchMs = 50

function serve() {
  const history = new LiveHistory({ directory: '/nowhere', log: null })
  const backend: Backend = {
    cluster: 'bench',
    node: 'n1',
    version: '',
    history,
    nowUs: () => 0,
    redact: (value) => value,
    addRecording: null,
    live: null,
  }
  const server = serveHttp({ host: '127.0.0.1', port: 0, backend, gate: { tokenDigests: [], readOnlyReason: null } })
  return { history, server }
}

let sequence = 0

/** Of the size of a component's steps. */
function batch() {
  return Array.from({ length: (recordsPerSecond * batchMs) / 1000 }, () => {
    sequence += 1
    const node = `n${(sequence % 3) + 1}`
    const component = `${node}/c${sequence % 300}`
    return {
      id: `${node}:1:${sequence}`,
      node,
      incarnation: 1,
      sequence,
      time: { us: sequence * 200, count: 0 },
      actor: `component/${component}`,
      kind: 'step' as const,
      event: { type: 'role.assign', role: 'primary', token: { epoch: 4, index: sequence }, peers: [] },
      cause: `n1:1:${sequence - 1}`,
      fromState: 'secondary.ready',
      state: 'primary.assuming',
      effects: [{ type: 'process.role', component, role: 'primary', token: { epoch: 4, index: sequence } }],
    }
  })
}

/** Clients in a process of their own, as browsers are. */
const clientCode = `
const [url, count] = process.argv.slice(-2)
let bytes = 0
await Promise.all(Array.from({ length: Number(count) }, async () => {
  const response = await fetch(url)
  try { for await (const chunk of response.body) bytes += chunk.length } catch {}
}))
console.log(bytes)
`

interface Measured {
  readonly lagMaxMs: number
  readonly lag99Ms: number
  readonly cpuShare: number
  readonly bytes: number
  readonly cutCount: number
}

async function measure(clients: number): Promise<Measured> {
  const { history, server } = serve()
  const child =
    clients === 0 ? null : Bun.spawn([process.execPath, '-e', clientCode, `${server.url}v1/stream`, `${clients}`])
  while (server.hub.clientCount < clients) await Bun.sleep(10)
  const lags: number[] = []
  const cpu = process.cpuUsage()
  const startMs = performance.now()
  let [dueMs, beatMs] = [startMs, startMs]
  while (performance.now() - startMs < seconds * 1000) {
    await Bun.sleep(5)
    const nowMs = performance.now()
    lags.push(nowMs - beatMs - 5)
    if (nowMs >= dueMs) {
      history.add(batch())
      dueMs += batchMs
    }
    beatMs = performance.now()
  }
  const { user, system } = process.cpuUsage(cpu)
  const cutCount = server.hub.cutCount
  const cpuShare = (user + system) / 1000 / (performance.now() - startMs)
  await server.stop()
  const bytes = child ? Number(await new Response(child.stdout).text()) : 0
  lags.sort((a, b) => a - b)
  return { lagMaxMs: lags.at(-1)!, lag99Ms: lags[Math.floor(lags.length * 0.99)]!, cpuShare, bytes, cutCount }
}

const text = (measured: Measured) =>
  `lag p99 ${measured.lag99Ms.toFixed(1)} ms, max ${measured.lagMaxMs.toFixed(1)} ms; ${(measured.cpuShare * 100).toFixed(1)} % of a core; ${(measured.bytes / 1e6).toFixed(0)} MB; ${measured.cutCount} cut`

const alone = await measure(0)
const watched = await measure(clientCount)
console.log(`nobody watches, ${recordsPerSecond} records/s: ${text(alone)}`)
console.log(`${clientCount} watch:                      ${text(watched)}`)
console.log(`ratio of the cost: ${(watched.cpuShare / alone.cpuShare).toFixed(1)}`)
process.exit(0)
