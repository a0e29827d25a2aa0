/**
 * What components and hooks print, as log lines with their names. Bounded in both directions: a line that is too long is
 * cut, lines that come too fast are dropped and counted; the pipe is always read, so that no component ever waits for us.
 */
import { getLogger } from '@logtape/logtape'

export const lineLengthMax = 4096
/** Lines one source may print at once, and how many more each second after. */
export const burstCount = 500
export const linesPerSecond = 100

export interface LineSource {
  readonly component: string
  readonly task: string | null
  readonly stream: 'stdout' | 'stderr'
}

type Write = (line: string, properties: Record<string, unknown>) => void

const logger = getLogger(['rolecall', 'component'])
const toLog: Write = (line, properties) => logger.info('{source}: {line}', { ...properties, line })

/** Reads to the end of the stream. Never rejects. */
export async function logLines(
  stream: ReadableStream<Uint8Array>,
  source: LineSource,
  write: Write = toLog,
): Promise<void> {
  const { component, task } = source
  const properties = { ...source, source: task === null ? component : `${component} ${task}` }
  const limited = rateLimit((line) => write(line, properties))
  const decoder = new TextDecoder()
  let line = ''
  try {
    for await (const piece of stream) {
      const parts = (line + decoder.decode(piece, { stream: true })).split('\n')
      // What is past the bound is dropped at once, so that a line without an end takes no memory.
      line = parts.pop()!.slice(0, lineLengthMax + 1)
      for (const part of parts) limited(cut(part))
    }
  } catch (error) {
    write(`its output cannot be read: ${error}`, properties)
  }
  if (line) limited(cut(line))
}

function cut(line: string): string {
  return line.length > lineLengthMax ? `${line.slice(0, lineLengthMax)}…` : line
}

/** Token bucket. What was dropped is told when there is room again. */
export function rateLimit(
  write: (line: string) => void,
  nowMs: () => number = () => performance.now(),
): (line: string) => void {
  let tokens = burstCount
  let filledAtMs = nowMs()
  let droppedCount = 0
  return (line) => {
    const now = nowMs()
    tokens = Math.min(burstCount, tokens + ((now - filledAtMs) / 1000) * linesPerSecond)
    filledAtMs = now
    if (tokens < 1) {
      droppedCount += 1
      return
    }
    tokens -= 1
    if (droppedCount > 0) write(`(${droppedCount} lines dropped)`)
    droppedCount = 0
    write(line)
  }
}
