/** Asks a node through its control socket. Every answer has a time limit; every failure is a `ControlError` with a code. */
import { z } from 'zod'
import type { AssignmentView, ClusterView } from '../../machines/model/view.ts'
import { answerSchema, keepAliveIntervalMs, type OperationAnswer, type OperationRequest } from './controlProtocol.ts'

/**
 * `unreachable`: nothing was asked. `timed-out`: no answer in time. `indeterminate`: the connection broke after an
 * operation was sent, so it may have been carried out. `refused`: the node answered with an error.
 */
export type ControlErrorCode = 'unreachable' | 'timed-out' | 'indeterminate' | 'refused'

export class ControlError extends Error {
  override readonly name = 'ControlError'
  readonly code: ControlErrorCode
  /** The node's own answer, when it gave one. */
  readonly answer: (OperationAnswer & { ok: false }) | null

  constructor(code: ControlErrorCode, text: string, answer: (OperationAnswer & { ok: false }) | null = null) {
    super(text)
    this.code = code
    this.answer = answer
  }
}

export interface ControlClient {
  readonly path: string
  view(): Promise<ClusterView>
  counters(): Promise<Record<string, unknown>>
  assignment(name: string): Promise<AssignmentView>
  /** What the master knows, but for the configuration (docs/plan.md). */
  observed(): Promise<unknown>
  /** The node's answer, be it yes or no. */
  operate(request: OperationRequest): Promise<OperationAnswer>
  /** The view now and after each change. Ends when the node closes the stream, and when `signal` is aborted. */
  watch(signal?: AbortSignal): AsyncGenerator<ClusterView, void>
}

/** A node's socket, and how long to wait for an answer. */
export interface ControlTarget {
  readonly path: string
  readonly timeoutMs: number
}

/** One question and its answer, be it yes or no. */
export async function exchange(
  { path, timeoutMs }: ControlTarget,
  pathname: string,
  init: RequestInit = {},
): Promise<{ isOk: boolean; body: unknown }> {
  try {
    const response = await fetch(`http://rolecall${pathname}`, {
      ...init,
      unix: path,
      signal: AbortSignal.timeout(timeoutMs),
    })
    return { isOk: response.ok, body: await response.json() }
  } catch (error) {
    throw failureOf(error, { path, timeoutMs, isOperation: init.method === 'POST' })
  }
}

export function connectControl(options: ControlTarget): ControlClient {
  const { path } = options

  async function ask(pathname: string, init: RequestInit = {}): Promise<unknown> {
    return bodyOf(await exchange(options, pathname, init))
  }

  return {
    path,
    view: async () => parseView(await ask('/v1/view')),
    counters: async () => z.record(z.string(), z.unknown()).parse(await ask('/v1/counters')),
    assignment: async (name) => (await ask(`/v1/assignments/${encodeURIComponent(name)}`)) as AssignmentView,
    observed: () => ask('/v1/observed'),
    async operate(request) {
      try {
        const headers = { 'content-type': 'application/json' }
        return answerOf(await ask('/v1/operations', { method: 'POST', headers, body: JSON.stringify(request) }))
      } catch (error) {
        if (error instanceof ControlError && error.answer) return error.answer
        throw error
      }
    },
    async *watch(signal) {
      const lines = linesOf({ ...options, pathname: '/v1/watch', signal: signal ?? null })
      for await (const { isOk, text } of lines) yield parseView(bodyOf({ isOk, body: JSON.parse(text) }))
    },
  }
}

/** The node is of this release; what matters is that it *is* a node of rolecall that answers. */
const viewShape = z.looseObject({
  cluster: z.string(),
  node: z.string(),
  quorum: z.looseObject({ isQuorate: z.boolean() }),
  nodes: z.array(z.looseObject({ name: z.string() })),
  assignments: z.array(z.looseObject({ name: z.string() })),
  components: z.array(z.looseObject({ component: z.string() })),
  problems: z.array(z.looseObject({ code: z.string() })),
})

function parseView(answer: unknown): ClusterView {
  return viewShape.parse(answer) as unknown as ClusterView
}

function answerOf(answer: unknown): OperationAnswer {
  return answerSchema.parse(answer) as OperationAnswer
}

function bodyOf({ isOk, body }: { isOk: boolean; body: unknown }): unknown {
  if (isOk) return body
  const answer = answerOf(body)
  if (answer.ok) throw new Error('the node answered with an error that is none')
  throw new ControlError('refused', answer.text, answer)
}

const unreachableCodes = [
  'ENOENT',
  'ECONNREFUSED',
  'EACCES',
  'EPERM',
  'ENOTSOCK',
  'ENAMETOOLONG',
  'FailedToOpenSocket',
  'ConnectionRefused',
]

function failureOf(error: unknown, context: { path: string; timeoutMs: number; isOperation: boolean }): ControlError {
  if (error instanceof ControlError) return error
  const { path, timeoutMs, isOperation } = context
  const { name, code, message } = error as Error & { code?: string }
  if (name === 'TimeoutError' || name === 'AbortError')
    return new ControlError('timed-out', `no answer from ${path} within ${timeoutMs} ms`)
  if (isOperation && !unreachableCodes.includes(code ?? '')) {
    return new ControlError(
      'indeterminate',
      `the connection to ${path} broke before the answer came; it may have been carried out`,
    )
  }
  return new ControlError('unreachable', `no node answers at ${path} (${code ?? message})`)
}

/** The lines of a stream, without the empty ones that only say that the node is alive. `isOk` false: it is the answer that refuses it. */
export async function* linesOf(
  options: ControlTarget & { pathname: string; signal: AbortSignal | null },
): AsyncGenerator<{ isOk: boolean; text: string }, void> {
  const { path, timeoutMs, pathname, signal } = options
  const silence = new AbortController()
  let timer = setTimeout(() => silence.abort(), timeoutMs)
  const isEnding = () => signal?.aborted ?? false
  try {
    const both = signal ? AbortSignal.any([signal, silence.signal]) : silence.signal
    const response = await fetch(`http://rolecall${pathname}`, { unix: path, signal: both })
    if (!response.ok) return yield { isOk: false, text: await response.text() }
    const decoder = new TextDecoder()
    let text = ''
    for await (const chunk of response.body!) {
      clearTimeout(timer)
      timer = setTimeout(() => silence.abort(), 3 * keepAliveIntervalMs)
      text += decoder.decode(chunk, { stream: true })
      const lines = text.split('\n')
      text = lines.pop()!
      for (const line of lines) if (line !== '') yield { isOk: true, text: line }
    }
  } catch (error) {
    if (!isEnding()) throw failureOf(error, { path, timeoutMs, isOperation: false })
  } finally {
    clearTimeout(timer)
    silence.abort()
  }
}
