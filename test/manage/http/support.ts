/** A real server on a port of its own, before a backend that a test holds in its hands. */
import type { AnyOperation, OperationResult } from '../../../machines/model/operation.ts'
import type { ClusterView } from '../../../machines/model/view.ts'
import type { Backend, LiveBackend } from '../../../src/manage/http/backend.ts'
import type { HistoryRecord } from '../../../src/manage/http/history.ts'
import { LiveHistory } from '../../../src/manage/http/liveHistory.ts'
import { type HttpServer, type HttpServerOptions, serveHttp } from '../../../src/manage/http/server.ts'
import { digestOf } from '../../../src/manage/http/tokens.ts'
import { afterThisTest, soundView } from '../support.ts'

export const token = 'a-token-for-this-test-alone'

export interface TestServer extends HttpServer {
  readonly history: LiveHistory
  readonly operations: AnyOperation[]
  /** As the node sees it from now on. */
  setView(view: ClusterView): void
  get(path: string, init?: RequestInit): Promise<Response>
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Response>
}

export function startServer(
  options: Partial<Omit<HttpServerOptions, 'backend'>> & {
    readonly live?: Partial<LiveBackend> | null
    readonly redact?: Backend['redact']
  } = {},
): TestServer {
  const { live, ...rest } = options
  const history = new LiveHistory({ directory: '/nowhere', log: null, countMax: 1000 })
  const operations: AnyOperation[] = []
  const listeners = new Set<() => void>()
  let view = soundView
  const backend: Backend = {
    cluster: 'demo',
    node: 'n2',
    version: '1.2.3',
    history,
    nowUs: () => 1_000_000,
    redact: rest.redact ?? ((value) => value),
    addRecording: null,
    live: live === null ? null : { ...liveBackend({ view: () => view, operations, listeners }), ...live },
  }
  const server = serveHttp({
    host: '127.0.0.1',
    port: 0,
    backend,
    gate: { tokenDigests: [digestOf(token)], readOnlyReason: null },
    ...rest,
  })
  afterThisTest(() => server.stop())
  const at = (path: string) => new URL(path, server.url).href
  return {
    ...server,
    history,
    operations,
    setView(next) {
      view = next
      for (const listener of listeners) listener()
    },
    get: (path, init) => fetch(at(path), init),
    post: (path, body, headers) =>
      fetch(at(path), {
        method: 'POST',
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json', ...headers },
      }),
  }
}

function liveBackend(of: {
  view: () => ClusterView
  operations: AnyOperation[]
  listeners: Set<() => void>
}): LiveBackend {
  return {
    view: of.view,
    changes(listener) {
      of.listeners.add(listener)
      return () => void of.listeners.delete(listener)
    },
    async operate(operation): Promise<OperationResult> {
      of.operations.push(operation)
      return { ok: true, text: 'done' }
    },
    plan: async () => ({ ok: true, text: 'nothing was done', plan: { verdict: 'whole' } }),
    configuration: () => ({ cluster: 'demo', secret: '(not shown)' }),
    unready: () => [],
    serves: (assignment, role) => (assignment === 'ledger' ? role === 'primary' : null),
    metrics: () => '# HELP rolecall_quorum Help.\n# TYPE rolecall_quorum gauge\nrolecall_quorum 1\n',
  }
}

/** A step of the component `n1/ledger`, at that many microseconds. */
export function record(sequence: number, change: Partial<HistoryRecord> = {}): HistoryRecord {
  const node = change.node ?? 'n1'
  return {
    id: `${node}:1:${sequence}`,
    node,
    incarnation: 1,
    sequence,
    time: { us: sequence * 1000, count: 0 },
    actor: `component/${node}/ledger`,
    kind: 'step',
    event: { type: 'role.assign', role: 'primary' },
    cause: null,
    fromState: 'secondary.ready',
    state: 'primary.ready',
    effects: [],
    ...change,
  }
}

export interface ServerEvent {
  readonly event: string
  readonly id: string | null
  // biome-ignore lint/suspicious/noExplicitAny: what a test expects is what it looks at
  readonly data: any
}

/** Reads events of a stream as they come; `next` waits for one of that name. */
export class EventReader {
  lastId: string | null = null
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>
  readonly #decoder = new TextDecoder()
  readonly #abort: AbortController
  #text = ''

  static async open(server: Pick<HttpServer, 'url'>, lastEventId: string | null = null): Promise<EventReader> {
    const abort = new AbortController()
    const headers: Record<string, string> = lastEventId === null ? {} : { 'last-event-id': lastEventId }
    const response = await fetch(`${server.url}v1/stream`, { headers, signal: abort.signal })
    if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`)
    return new EventReader(response.body!, abort)
  }

  constructor(body: ReadableStream<Uint8Array>, abort: AbortController) {
    this.#reader = body.getReader()
    this.#abort = abort
    afterThisTest(() => this.close())
  }

  close(): void {
    this.#abort.abort()
  }

  async next(event: string): Promise<ServerEvent> {
    for (;;) {
      const found = await this.any()
      if (found === null) throw new Error(`the stream ended before '${event}'`)
      if (found.event === event) return found
    }
  }

  /** null: the stream has ended. */
  async any(): Promise<ServerEvent | null> {
    for (;;) {
      const end = this.#text.indexOf('\n\n')
      if (end >= 0) {
        const block = this.#text.slice(0, end)
        this.#text = this.#text.slice(end + 2)
        return this.#parse(block)
      }
      const { done, value } = await this.#reader.read()
      if (done) return null
      this.#text += this.#decoder.decode(value, { stream: true })
    }
  }

  #parse(block: string): ServerEvent {
    const field = (name: string) =>
      block
        .split('\n')
        .find((line) => line.startsWith(`${name}: `))
        ?.slice(name.length + 2) ?? null
    const id = field('id')
    if (id !== null) this.lastId = id
    return { event: field('event')!, id, data: JSON.parse(field('data')!) }
  }
}
