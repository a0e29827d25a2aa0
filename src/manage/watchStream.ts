/**
 * The stream of one who watches: the view now, then at each change, as JSON lines. What changes while a slow reader has
 * not taken the last line is one change to it: no more than one line waits.
 */
import type { ClusterView } from '../../machines/model/view.ts'
import { keepAliveIntervalMs } from './controlProtocol.ts'

export interface WatchSource {
  view(): ClusterView
  /** Calls back at each change. Returns what ends it. */
  changes(listener: () => void): () => void
}

/** Changes closer together than this are one line. */
const gatherMs = 20

export function watchStream(source: WatchSource, onEnd: () => void): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  let last = ''
  let isDirty = true
  let gathering: ReturnType<typeof setTimeout> | null = null
  let keepAlive: ReturnType<typeof setInterval> | null = null
  let unsubscribe = () => {}

  function send(controller: ReadableStreamDefaultController<Uint8Array>): void {
    gathering = null
    if (!isDirty || (controller.desiredSize ?? 0) <= 0) return
    isDirty = false
    const line = JSON.stringify(source.view())
    if (line === last) return
    last = line
    controller.enqueue(encoder.encode(`${line}\n`))
  }

  function end(): void {
    if (gathering) clearTimeout(gathering)
    if (keepAlive) clearInterval(keepAlive)
    unsubscribe()
    onEnd()
  }

  return new ReadableStream<Uint8Array>({
    start(controller) {
      unsubscribe = source.changes(() => {
        isDirty = true
        gathering ??= setTimeout(() => send(controller), gatherMs)
      })
      keepAlive = setInterval(() => {
        if ((controller.desiredSize ?? 0) > 0) controller.enqueue(encoder.encode('\n'))
      }, keepAliveIntervalMs)
    },
    pull: send,
    cancel: end,
  })
}
