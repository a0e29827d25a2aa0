/**
 * When this life was the one that acts, for whoever checks that two never did: lines of JSON, each written before what it tells
 * of can be seen from outside. The time is the wall clock's at the start of the process, carried on by its monotonic clock.
 */
import { openSync, writeSync } from 'node:fs'
import type { ComponentId, Token } from '../../src/sdk/index.ts'

export interface TraceLine {
  readonly event: 'active' | 'inactive' | 'acknowledged'
  readonly component: ComponentId
  readonly token: Token | null
  readonly number?: number
}

export type Trace = (line: Omit<TraceLine, 'component'>) => void

export function openTrace(path: string | undefined, component: ComponentId): Trace {
  if (!path) return () => {}
  const file = openSync(path, 'a')
  return ({ event, token, number }) => {
    const atUs = Math.round((performance.timeOrigin + performance.now()) * 1000)
    const line = { event, atUs, component, token, ...(number === undefined ? {} : { number }) }
    writeSync(file, `${JSON.stringify(line)}\n`)
  }
}
