/** A checker watches a run and says when an invariant does not hold. It holds its own state, and does nothing else. */
import type { Observation } from '../observation.ts'

export interface Violation {
  readonly checker: string
  readonly atMs: number
  readonly text: string
  readonly details: Readonly<Record<string, unknown>>
}

export type Report = (text: string, details?: Readonly<Record<string, unknown>>) => void

export interface Checker {
  readonly name: string
  observe(observation: Observation, report: Report): void
  /** Figures for the summary of a run, such as the smallest slack seen. */
  figures?(): Readonly<Record<string, number>>
}

/** Which components ended with this: the one named, or all of a node. Null: none did. */
export function goneWith(seen: Observation): ((of: { node: string; component: string }) => boolean) | null {
  if (seen.type === 'node.ended') return ({ node }) => node === seen.node
  if (seen.type === 'component.ended') return ({ component }) => component === seen.component
  return null
}
