/** Serves the cluster log of one node over its control socket. */
import { isOf } from '../clusterLog/filter.ts'
import type { ClusterLog, LogQuery } from '../clusterLog/index.ts'
import { plainRecord } from '../clusterLog/record.ts'
import { suggestionFor } from '../configuration/nearest.ts'
import { keepAliveIntervalMs } from './controlProtocol.ts'
import { type LogLine, type LogState, logQuerySchema } from './logProtocol.ts'

export interface LogHandlers {
  readonly node: string
  /** null: the node has no part in the log. */
  readonly log: ClusterLog | null
  /** Of the cluster, for those who mistype one. */
  readonly nodes: () => readonly string[]
}

/** Of what has no log at all. */
export const noLog: LogHandlers = { node: 'it', log: null, nodes: () => [] }

const streamCountMax = 32
/** A chunk of a stream: between them the node does other work. */
const chunkCount = 200
/** How often is one who follows told up to when the log is complete, when nothing happens. */
const markIntervalMs = 500

type Server = { timeout(request: Request, seconds: number): void }

export function logRoutes({ node, log, nodes }: LogHandlers) {
  let streamCount = 0

  async function page(request: Request): Promise<Response> {
    const asked = askedIn(request)
    if (asked instanceof Response) return asked
    const { records, isTruncated, position } = await asked.log.query(asked.query)
    const state = stateOf(node, asked.log)
    return Response.json({ records: records.map(plainRecord), isTruncated, position, state })
  }

  function stream(request: Request, server: Server): Response {
    const asked = askedIn(request)
    if (asked instanceof Response) return asked
    if (streamCount >= streamCountMax)
      return refusal({ code: 'unavailable', text: `more than ${streamCountMax} are following already` })
    streamCount += 1
    server.timeout(request, 0)
    const lines = arrivalStream(asked, () => {
      streamCount -= 1
    })
    return new Response(lines, { headers: { 'content-type': 'application/jsonl' } })
  }

  function askedIn(request: Request): Asked | Response {
    if (!log) return refusal({ code: 'unavailable', text: `${node} keeps no cluster log: log.enabled is false` })
    const parsed = logQuerySchema.safeParse(Object.fromEntries(new URL(request.url).searchParams))
    if (!parsed.success) {
      const [issue] = parsed.error.issues
      return refusal({ code: 'refused', text: `malformed query: ${issue!.path.join('.')}: ${issue!.message}` }, 400)
    }
    const { after = null, ...query } = parsed.data
    const known = [...new Set([...nodes(), ...log.positions().map((origin) => origin.node)])]
    if (query.node === undefined || known.includes(query.node)) return { log, query, after }
    const suggestion = suggestionFor(query.node, known)
    return refusal({ code: 'no-such', text: `no node '${query.node}'`, ...(suggestion && { suggestion }) }, 404)
  }

  return {
    '/v1/log': { GET: page },
    '/v1/log/stream': { GET: stream },
    '/v1/log/state': {
      GET: () =>
        log
          ? Response.json({ ...stateOf(node, log), stats: log.stats(), positions: log.positions() })
          : refusal({ code: 'unavailable', text: `${node} keeps no cluster log: log.enabled is false` }),
    },
  }
}

interface Asked {
  readonly log: ClusterLog
  readonly query: LogQuery
  readonly after: string | null
}

function stateOf(node: string, log: ClusterLog): LogState {
  const { isKeeper, keepers } = log.stats()
  const { completeUs, oldestUs, newestUs } = log
  const problems = [...log.problems()]
  return { node, isKeeper, keepers: [...keepers], completeUs, oldestUs, newestUs, problems }
}

function refusal(failure: { code: string; text: string; suggestion?: string }, status = 503): Response {
  return Response.json({ ok: false, ...failure }, { status })
}

const encoder = new TextEncoder()

/**
 * What arrives after a position, for ever; without one, from now on. What a slow reader has not taken stays in the spool: it costs no
 * memory, and one that is too slow for the spool's bound is told by `isReset`.
 */
function arrivalStream({ log, query, after }: Asked, onEnd: () => void): ReadableStream<Uint8Array> {
  let position = after
  let isBusy = false
  let isEnded = false
  let told = { completeUs: null as number | null, atMs: 0 }
  let marks: ReturnType<typeof setInterval> | null = null
  let unsubscribe = () => {}

  function end(): void {
    if (isEnded) return
    isEnded = true
    if (marks) clearInterval(marks)
    unsubscribe()
    onEnd()
  }

  function tell(controller: ReadableStreamDefaultController<Uint8Array>, line: LogLine): void {
    told = { completeUs: line.completeUs, atMs: performance.now() }
    controller.enqueue(encoder.encode(`${JSON.stringify(line)}\n`))
  }

  async function send(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    if (isBusy) return
    isBusy = true
    let isMore = true
    while (isMore && !isEnded && (controller.desiredSize ?? 0) > 0) {
      // Before it is read what is there: what is complete then is in it.
      const { completeUs } = log
      const found = await log.after(position, chunkCount)
      if (isEnded) break
      isMore = found.isMore
      position = found.position
      const records = found.records.filter((record) => isOf(query, record)).map(plainRecord)
      const isNews = records.length > 0 || found.isReset || (completeUs !== told.completeUs && isMarkDue(told.atMs))
      if (isNews) {
        const reset = found.isReset ? { isReset: true as const } : {}
        tell(controller, { records, position, completeUs: isMore ? told.completeUs : completeUs, ...reset })
      }
    }
    isBusy = false
  }

  return new ReadableStream<Uint8Array>({
    async start(controller) {
      position ??= (await log.query({ limit: 1 })).position
      tell(controller, { records: [], position, completeUs: null })
      unsubscribe = log.subscribe(() => void send(controller), { isOrdered: true })
      marks = setInterval(() => {
        const isQuiet = performance.now() - told.atMs > keepAliveIntervalMs
        if (isQuiet && (controller.desiredSize ?? 0) > 0) controller.enqueue(encoder.encode('\n'))
        void send(controller)
      }, markIntervalMs)
      if (isEnded) clearInterval(marks)
    },
    pull: (controller) => void send(controller),
    cancel: end,
  })
}

function isMarkDue(atMs: number): boolean {
  return performance.now() - atMs >= markIntervalMs / 2
}
