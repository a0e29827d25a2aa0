/** Streams of the repository, as JSON lines. A slow reader holds nothing up, and costs no memory. */
import type { Ccr } from '../repository/ccr.ts'
import type { TreeEntry } from '../repository/tree.ts'
import { keepAliveIntervalMs } from './controlProtocol.ts'
import { failureOfCcr, plainEntry } from './repositoryProtocol.ts'

const encoder = new TextEncoder()
const textOf = (values: readonly unknown[]) =>
  encoder.encode(values.map((value) => `${JSON.stringify(value)}\n`).join(''))

/** Lines that are written at once; between them the node does other work. */
const chunkCount = 200

/** `{revision}`, an entry a line, and `{count}`, which says that it is complete. All of it as it was at that revision. */
export function listStream(entries: readonly TreeEntry[], revision: number): ReadableStream<Uint8Array> {
  let place = 0
  return new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(textOf([{ revision }])),
    async pull(controller) {
      await Bun.sleep(0)
      const chunk = entries.slice(place, place + chunkCount).map(plainEntry)
      place += chunkCount
      const isLast = place >= entries.length
      controller.enqueue(textOf(isLast ? [...chunk, { count: entries.length }] : chunk))
      if (isLast) controller.close()
    },
  })
}

export type RepositoryReader = Pick<Ccr, 'watch' | 'changesAfter'>

/**
 * `{revision}`, then `{revision, changes}` for each transaction after it, for ever. What a slow reader has not taken stays in the
 * repository's history; one for which that is too short gets `compacted` as its last line.
 */
export function changeStream(
  reader: RepositoryReader,
  of: { prefix: string; afterRevision: number },
  onEnd: () => void,
): ReadableStream<Uint8Array> {
  let last = of.afterRevision
  let keepAlive: ReturnType<typeof setInterval> | null = null
  let unwatch = () => {}
  let isEnded = false

  function end(): void {
    if (isEnded) return
    isEnded = true
    if (keepAlive) clearInterval(keepAlive)
    unwatch()
    onEnd()
  }

  function send(controller: ReadableStreamDefaultController<Uint8Array>): void {
    if (isEnded || (controller.desiredSize ?? 0) <= 0) return
    const since = reader.changesAfter(of.prefix, last)
    if (!since.ok) {
      controller.enqueue(textOf([failureOfCcr(since)]))
      controller.close()
      return end()
    }
    const chunk = since.changes.slice(0, chunkCount)
    if (chunk.length === 0) return
    // First, as to put something in may lead right back here.
    last = chunk.at(-1)!.revision
    controller.enqueue(textOf(chunk.map(({ revision, changed }) => ({ revision, changes: changed.map(plainEntry) }))))
  }

  return new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(textOf([{ revision: last }]))
      const watching = reader.watch(of.prefix, { afterRevision: null }, () => send(controller))
      if (watching.ok) unwatch = watching.end
      keepAlive = setInterval(() => {
        if ((controller.desiredSize ?? 0) > 0) controller.enqueue(encoder.encode('\n'))
      }, keepAliveIntervalMs)
    },
    pull: send,
    cancel: end,
  })
}
