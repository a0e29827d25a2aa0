/** The thread of the spool: answers what it is asked, in order. An entry point of its own, in the compiled binary too (`scripts/build.ts`). */

import { Spool } from './spool.ts'
import { answerWith, type SpoolAsk, type SpoolReport } from './spoolCalls.ts'

declare const self: Worker

let spool: Spool | null = null

self.onmessage = ({ data }: MessageEvent<SpoolAsk>) => {
  try {
    if (data.call === 'open') spool = new Spool(data.ask.directory)
    if (!spool) throw new Error('the spool is not open')
    const answer = answerWith(spool, data, (appended) => report({ type: 'appended', appended, summary: summary() }))
    report({ type: 'answered', id: data.id, answer, summary: summary() })
    if (data.call === 'close') spool = null
  } catch (error) {
    const { code, message } = error as Error & { code?: unknown }
    report({ type: 'failed', id: data.id, code: String(code ?? ''), detail: message })
  }
}

let last: ReturnType<Spool['summary']> | null = null

function summary() {
  if (spool?.isOpen) last = spool.summary()
  return last!
}

function report(what: SpoolReport): void {
  self.postMessage(what)
}
