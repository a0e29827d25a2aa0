/** The spool as the node sees it: questions to its thread, each answered once. A failed answer rejects with a `SpoolError`. */

import type { Appended, SpoolSummary } from './spool.ts'
import type { SpoolAsk, SpoolCall, SpoolCalls, SpoolReport } from './spoolCalls.ts'

/** `code`: SQLite's or the operating system's, where it has one; `closed`, `stopped`, `overloaded`. */
export class SpoolError extends Error {
  override readonly name = 'SpoolError'
  readonly code: string

  constructor(code: string, detail: string) {
    super(detail)
    this.code = code
  }
}

export interface SpoolClient {
  ask<C extends SpoolCall>(call: C, ask: SpoolCalls[C]['ask']): Promise<SpoolCalls[C]['answer']>
  /** The thread has ended: nothing is answered any more, and another has to be started. */
  readonly isStopped: boolean
  /** As of the last answer; null: there was none. */
  readonly summary: SpoolSummary | null
  /** Of what is put in on the way, while a question is being answered. */
  onAppended(callback: (appended: Appended) => void): void
  close(): Promise<void>
}

/** More questions than this wait for an answer, and further ones are refused: whoever asks comes again. */
const waitingMax = 256

const closeTimeoutMs = 1000

/** Starts the thread; `open` is the first question. */
export function startSpool(): SpoolClient {
  return new ThreadedSpool()
}

/** In the compiled binary every entry point lies below that of the program, as it does below `src/`. */
function workerPath(): string {
  const isCompiled = import.meta.url.startsWith('file:///$bunfs/')
  return new URL(isCompiled ? './clusterLog/spoolWorker.js' : './spoolWorker.ts', import.meta.url).href
}

interface Waiting {
  readonly resolve: (answer: never) => void
  readonly reject: (error: SpoolError) => void
}

class ThreadedSpool implements SpoolClient {
  summary: SpoolSummary | null = null
  readonly #worker = new Worker(workerPath(), { smol: true })
  readonly #waiting = new Map<number, Waiting>()
  #lastId = 0
  #onAppended = (_: Appended) => {}
  #stopped: SpoolError | null = null

  constructor() {
    this.#worker.onmessage = ({ data }: MessageEvent<SpoolReport>) => {
      if (data.type !== 'failed') this.summary = data.summary
      if (data.type === 'appended') this.#onAppended(data.appended)
      else this.#answered(data)
    }
    this.#worker.onerror = ({ message }) => this.#stop(new SpoolError('stopped', message))
  }

  ask<C extends SpoolCall>(call: C, ask: SpoolCalls[C]['ask']): Promise<SpoolCalls[C]['answer']> {
    if (this.#stopped) return Promise.reject(this.#stopped)
    if (this.#waiting.size >= waitingMax) return Promise.reject(new SpoolError('overloaded', 'too many questions wait'))
    this.#lastId += 1
    const id = this.#lastId
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      this.#worker.postMessage({ id, call, ask } as SpoolAsk)
    })
  }

  get isStopped(): boolean {
    return this.#stopped !== null
  }

  onAppended(callback: (appended: Appended) => void): void {
    this.#onAppended = callback
  }

  async close(): Promise<void> {
    if (this.#stopped) return
    await Promise.race([this.ask('close', null).catch(() => null), Bun.sleep(closeTimeoutMs)])
    this.#stop(new SpoolError('closed', 'the spool is closed'))
  }

  #answered(report: Exclude<SpoolReport, { type: 'appended' }>): void {
    const waiting = this.#waiting.get(report.id)
    this.#waiting.delete(report.id)
    if (report.type === 'answered') waiting?.resolve(report.answer as never)
    else waiting?.reject(new SpoolError(report.code, report.detail))
  }

  #stop(error: SpoolError): void {
    this.#stopped ??= error
    this.#worker.terminate()
    for (const { reject } of this.#waiting.values()) reject(error)
    this.#waiting.clear()
  }
}
