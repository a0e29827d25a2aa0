/** Asks the thread of the analysis. It is started when something is asked, told what there is, and ended when nobody asks any more. */
import type { AnalysisCall, AnalysisCalls } from './analysis.ts'
import type { AnalysisAsk, AnalysisReport } from './analysisWorker.ts'
import { BusyError } from './paced.ts'

interface Waiting {
  readonly resolve: (answer: never) => void
  readonly reject: (error: Error) => void
}

/** Further questions are refused with a `BusyError`. */
const waitingCountMax = 64
const idleMs = 120_000

type Question = Exclude<AnalysisCall, 'open' | 'add'>

export class Analyst {
  readonly #onStart: (analyst: Analyst) => void | Promise<void>
  /** When the thread has been told what there is. */
  #told: Promise<void> = Promise.resolve()
  readonly #waiting = new Map<number, Waiting>()
  #worker: Worker | null = null
  #idle: ReturnType<typeof setTimeout> | null = null
  #lastId = 0
  #askedCount = 0

  /** `onStart`: tells the new thread what there is, by `tell`. */
  constructor(onStart: (analyst: Analyst) => void | Promise<void>) {
    this.#onStart = onStart
  }

  get isRunning(): boolean {
    return this.#worker !== null
  }

  /** Rejects with what the thread says went wrong. */
  async ask<C extends Question>(call: C, ask: AnalysisCalls[C]['ask']): Promise<AnalysisCalls[C]['answer']> {
    if (this.#askedCount >= waitingCountMax) throw new BusyError('too many questions wait')
    this.#askedCount += 1
    try {
      this.#start()
      await this.#told
      return await this.#post(call, ask)
    } finally {
      this.#askedCount -= 1
      this.#rest()
    }
  }

  /** Nothing, while the thread does not run. */
  tell<C extends 'open' | 'add'>(call: C, ask: AnalysisCalls[C]['ask']): void {
    if (this.#worker) void this.#post(call, ask).catch(() => {})
  }

  /** What it was told no longer holds: the next question starts it anew. */
  stop(): void {
    if (this.#idle) clearTimeout(this.#idle)
    this.#worker?.terminate()
    this.#worker = null
    for (const { reject } of this.#waiting.values()) reject(new Error('the analysis was stopped'))
    this.#waiting.clear()
  }

  #start(): void {
    if (this.#idle) clearTimeout(this.#idle)
    this.#idle = null
    if (this.#worker) return
    const worker = new Worker(workerPath(), { smol: true })
    this.#worker = worker
    worker.onmessage = ({ data }: MessageEvent<AnalysisReport>) => this.#answered(data)
    worker.onerror = () => {
      if (this.#worker === worker) this.stop()
    }
    this.#told = Promise.resolve(this.#onStart(this))
  }

  #rest(): void {
    if (this.#askedCount > 0 || !this.#worker) return
    if (this.#idle) clearTimeout(this.#idle)
    this.#idle = setTimeout(() => this.stop(), idleMs)
    this.#idle.unref()
  }

  #post<C extends AnalysisCall>(call: C, ask: AnalysisCalls[C]['ask']): Promise<AnalysisCalls[C]['answer']> {
    const worker = this.#worker
    if (!worker) return Promise.reject(new Error('the analysis was stopped'))
    this.#lastId += 1
    const id = this.#lastId
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      worker.postMessage({ id, call, ask } satisfies AnalysisAsk)
    })
  }

  #answered(report: AnalysisReport): void {
    const waiting = this.#waiting.get(report.id)
    this.#waiting.delete(report.id)
    if (report.isOk) waiting?.resolve(report.answer as never)
    else waiting?.reject(new Error(report.text))
  }
}

/** In the compiled binary every entry point lies below that of the program, as it does below `src/`. */
function workerPath(): string {
  const isCompiled = import.meta.url.startsWith('file:///$bunfs/')
  return new URL(isCompiled ? './manage/http/analysisWorker.js' : './analysisWorker.ts', import.meta.url).href
}
