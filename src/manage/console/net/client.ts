/**
 * Asks the node that served the page, and nobody else. Who has signed in has a cookie that no script can read: the page never keeps
 * a token.
 */

import type { PlanDocument } from '../../../../machines/logic/placement/rehearse.ts'
import type { OperationResult } from '../../../../machines/model/operation.ts'
import type { ClusterView } from '../../../../machines/model/view.ts'
import type { DrawnMachine } from '../../../charts/layout.ts'
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

async function ask<Answer>(path: string, { method = 'GET', query = {}, body, signal }: Ask = {}): Promise<Answer> {
  const asked = new URLSearchParams(
    Object.entries(query).flatMap(([key, value]) => (value === undefined ? [] : [[key, String(value)]])),
  ).toString()
  const response = await fetch(`/v1/${path}${asked === '' ? '' : `?${asked}`}`, {
    method,
    ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    ...(signal ? { signal } : {}),
  }).catch((error: Error) => {
    if (error.name === 'AbortError') throw error
    throw new ClientError({ status: 0, code: 'unavailable', text: 'nobody answers' })
  })
  return answerOf<Answer>(response)
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
  machines: () => ask<{ machines: readonly DrawnMachine[] }>('machines'),
  explain: (id: string) => ask<ExplanationView>(`explain/${encodeURIComponent(id)}`),
  snapshot: (id: string) => ask<SnapshotView>(`snapshots/${encodeURIComponent(id)}`),
  plan: (body: WhatIfBody) => ask<PlanAnswer>('plan', { method: 'POST', body }),
  operate: (body: object) => ask<OperationResult>('operations', { method: 'POST', body }),
}
