/**
 * Asks the node that served the page, and nobody else. Who has signed in has a cookie that no script can read: the page never keeps
 * a token.
 */

import type { PlanDocument } from '../../../../machines/logic/placement/rehearse.ts'
import type { OperationResult } from '../../../../machines/model/operation.ts'
import type { ClusterView } from '../../../../machines/model/view.ts'
import type {
  ActivityView,
  ExplanationView,
  IncidentView,
  RecordsView,
  SessionView,
  SnapshotView,
  StatesView,
} from '../../http/contract.ts'
import type { Span } from '../state/model.ts'

/** What was asked for was not given: `status` 0, nobody answered. */
export class ClientError extends Error {
  override readonly name = 'ClientError'
  readonly status: number
  readonly code: string

  constructor(of: { status: number; code: string; text: string }) {
    super(of.text)
    this.status = of.status
    this.code = of.code
  }
}

type Query = Readonly<Record<string, string | number | boolean | undefined>>

interface Ask {
  readonly method?: 'GET' | 'POST' | 'DELETE'
  readonly query?: Query
  readonly body?: unknown
  readonly signal?: AbortSignal
}

/** Questions are asked again so often while the node has no time for them (429), each after as long as it says, or a little. */
const againCountMax = 4
const againMsDefault = 1000
const againMsMax = 10_000

async function ask<Answer>(path: string, of: Ask = {}): Promise<Answer> {
  for (let count = 0; ; count++) {
    const response = await answered(path, of)
    const isQuestion = (of.method ?? 'GET') === 'GET' || path === 'plan'
    if (response.status !== 429 || !isQuestion || count === againCountMax) return answerOf<Answer>(response)
    await new Promise((resolve) =>
      setTimeout(resolve, againDelayMs(response.headers.get('retry-after'), Math.random())),
    )
    of.signal?.throwIfAborted()
  }
}

/** `seconds`: as the header has it. `chance`: from 0 to 1, so that not all that was refused comes again at once. */
export function againDelayMs(seconds: string | null, chance: number): number {
  const saidMs = Number(seconds ?? Number.NaN) * 1000
  const leastMs = saidMs > 0 ? Math.min(saidMs, againMsMax) : againMsDefault
  return Math.round(leastMs * (1 + chance))
}

function answered(path: string, { method = 'GET', query = {}, body, signal }: Ask): Promise<Response> {
  const asked = new URLSearchParams(
    Object.entries(query).flatMap(([key, value]) => (value === undefined ? [] : [[key, String(value)]])),
  ).toString()
  return fetch(`/v1/${path}${asked === '' ? '' : `?${asked}`}`, {
    method,
    ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    ...(signal ? { signal } : {}),
  }).catch((error: Error) => {
    if (error.name === 'AbortError') throw error
    throw new ClientError({ status: 0, code: 'unavailable', text: 'nobody answers' })
  })
}

export async function answerOf<Answer>(response: Response): Promise<Answer> {
  if (response.status === 204) return undefined as Answer
  const answer = await response.json().catch(() => null)
  if (response.ok) return answer as Answer
  const { code, text } = (answer ?? {}) as { code?: string; text?: string }
  throw new ClientError({
    status: response.status,
    code: code ?? 'refused',
    text: text ?? `answered with ${response.status}`,
  })
}

/** `{ fail: ['node:n1'] }`: as `rolecall plan` takes it. */
export type WhatIfBody = Readonly<Record<string, readonly string[]>>

export interface PlanAnswer {
  readonly plan: PlanDocument
  readonly text?: string
}

export const client = {
  session: () => ask<SessionView>('session'),
  signIn: (token: string) => ask<SessionView>('session', { method: 'POST', body: { token } }),
  signOut: () => ask<SessionView>('session', { method: 'DELETE' }),
  view: () => ask<ClusterView>('view'),
  records: (query: Span & { limit?: number; node?: string; actor?: string; signal?: AbortSignal }) => {
    const { fromUs, toUs, signal, ...rest } = query
    return ask<RecordsView>('records', { query: { fromUs, toUs, ...rest }, ...(signal ? { signal } : {}) })
  },
  states: (atUs: number) => ask<StatesView>('states', { query: { atUs } }),
  activity: (span: Span, bucketCount: number) =>
    ask<ActivityView>('activity', { query: { ...span, buckets: bucketCount } }),
  incidents: (span?: Span) =>
    ask<{ incidents: readonly IncidentView[] }>('incidents', {
      query: span ? { ...span } : {},
    }),
  explain: (id: string) => ask<ExplanationView>(`explain/${encodeURIComponent(id)}`),
  snapshot: (id: string) => ask<SnapshotView>(`snapshots/${encodeURIComponent(id)}`),
  plan: (body: WhatIfBody) => ask<PlanAnswer>('plan', { method: 'POST', body }),
  operate: (body: object) => ask<OperationResult>('operations', { method: 'POST', body }),
}
