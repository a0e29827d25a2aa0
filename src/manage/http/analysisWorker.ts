/** The thread of the analysis: answers what it is asked, in order. An entry point of its own, in the compiled binary too (`scripts/build.ts`). */
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

const analysis = new Analysis()

self.onmessage = ({ data: { id, call, ask } }: MessageEvent<AnalysisAsk>) => {
  try {
    self.postMessage({ id, isOk: true, answer: analysis[call](ask as never) } satisfies AnalysisReport)
  } catch (error) {
    self.postMessage({ id, isOk: false, text: (error as Error).message } satisfies AnalysisReport)
  }
}
