/**
 * How much a node does for those who ask it: questions cost by what they take, and what is spent comes back by time. Who asks for more
 * is told to come again, so that no program that asks in a circle holds up what the node is there for.
 */
import type { Context, MiddlewareHandler } from 'hono'
import { refuse } from './routing.ts'

/** One costs a node about 2 ms at most: so this is a fifth of its time. */
const refillPerSecond = 100
/** What all pages ask at once when all of them have to begin anew. */
const capacity = 500

export class WorkBudget {
  #left = capacity
  #atMs: number
  readonly #nowMs: () => number

  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs
    this.#atMs = nowMs()
  }

  /** False: there is not so much left. */
  take(cost: number): boolean {
    const nowMs = this.#nowMs()
    this.#left = Math.min(capacity, this.#left + ((nowMs - this.#atMs) * refillPerSecond) / 1000)
    this.#atMs = nowMs
    if (this.#left < cost) return false
    this.#left -= cost
    return true
  }
}

const records = /^\/v1\/records$/
const others =
  /^\/(v1\/(view|states|activity|incidents|machines|configuration|openapi\.json)|v1\/(explain|snapshots)\/.*|metrics)$/

/** By the path, and of records by how many are asked for. 0: it costs nothing worth counting. */
export function costOf(path: string, limit: string | undefined): number {
  // Its greeting: the view, and what was missed.
  if (path === '/v1/stream') return 3
  if (records.test(path)) return 1 + Math.min(5000, Math.max(0, Number(limit ?? 1000) || 0)) / 500
  return others.test(path) ? 1 : 0
}

export function budgeted(budget: WorkBudget): MiddlewareHandler {
  return async (c, next) => {
    if (budget.take(costOf(c.req.path, c.req.query('limit')))) return next()
    return refuseBusy(c)
  }
}

export function refuseBusy(c: Context) {
  c.header('retry-after', '1')
  return refuse(c, 'too-many', 'the node is asked more than it has time for: try again in a second')
}
