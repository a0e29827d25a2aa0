/**
 * The thread of the analysis: answers what it is asked, in order, behind everything else that wants to run: it would have a node's own
 * priority, which is above that of what the node keeps running. An entry point of its own, in the compiled binary too (`scripts/build.ts`).
 */
import { getPriority, setPriority } from 'node:os'
import { Analysis, type AnalysisCall } from './analysis.ts'

declare const self: Worker

export interface AnalysisAsk {
  readonly id: number
  readonly call: AnalysisCall
  readonly ask: unknown
}

export type AnalysisReport =
  | { readonly id: number; readonly isOk: true; readonly answer: unknown }
  | { readonly id: number; readonly isOk: false; readonly text: string }

const behindNice = 10
/** Of this thread alone. */
setPriority(0, Math.max(behindNice, getPriority(0)))

const analysis = new Analysis()

self.onmessage = ({ data: { id, call, ask } }: MessageEvent<AnalysisAsk>) => {
  try {
    self.postMessage({ id, isOk: true, answer: analysis[call](ask as never) } satisfies AnalysisReport)
  } catch (error) {
    self.postMessage({ id, isOk: false, text: (error as Error).message } satisfies AnalysisReport)
  }
}
