/**
 * Logging: one line a record on stderr, for people on a terminal and as JSON everywhere else. What a machine decided is
 * in the black box; logs tell operators what changed.
 */
import {
  configureSync,
  getLogger,
  type Logger,
  type LogLevel,
  type LogRecord,
  type TextFormatter,
} from '@logtape/logtape'
import { formatJsonLine, formatLine } from './format.ts'

export const logLevels = ['trace', 'debug', 'info', 'warning', 'error', 'fatal'] as const satisfies readonly LogLevel[]

export interface LogStream {
  readonly isTTY?: boolean
  /** What was written and has not left the process. */
  readonly writableLength?: number
  write(text: string): unknown
}

export interface LogOptions {
  readonly level: LogLevel
  /** Goes into every record. */
  readonly node: string | null
  readonly stream: LogStream
  readonly hasColour: boolean
}

/** Until this is called nothing is logged, so that libraries and tests are silent. */
export function configureLogging(options: LogOptions): void {
  const { level, node, stream, hasColour } = options
  const format = stream.isTTY ? (record: LogRecord) => formatLine(record, { hasColour }) : formatJsonLine
  configureSync({
    reset: true,
    sinks: { stderr: sinkTo(stream, format, node), tap },
    loggers: [
      { category: 'rolecall', sinks: ['stderr', 'tap'], lowestLevel: level },
      { category: ['logtape', 'meta'], sinks: ['stderr'], lowestLevel: 'warning' },
    ],
  })
}

let listener: ((record: LogRecord) => void) | null = null

/** From now on warnings and worse are told to the listener, too, as far as they are logged. It is called from within what logs. */
export function tapLog(heard: (record: LogRecord) => void): void {
  listener = heard
}

function tap(record: LogRecord): void {
  if (logLevels.indexOf(record.level) >= logLevels.indexOf('warning')) listener?.(record)
}

/** A logger for one part of rolecall: `logger('membership').info('{node} is suspect', { node })`. */
export function logger(...category: readonly string[]): Logger {
  return getLogger(['rolecall', ...category])
}

export function isLogLevel(text: string): text is LogLevel {
  return (logLevels as readonly string[]).includes(text)
}

/** A reader that has stopped reading must cost neither time nor memory: beyond this, records are dropped and counted. */
const unreadLengthMax = 1024 ** 2

function sinkTo(stream: LogStream, format: TextFormatter, node: string | null): (record: LogRecord) => void {
  let droppedCount = 0
  return (record) => {
    if ((stream.writableLength ?? 0) > unreadLengthMax) {
      droppedCount += 1
      return
    }
    const extra = {
      ...(node === null ? {} : { node }),
      ...(droppedCount > 0 ? { droppedRecordCount: droppedCount } : {}),
    }
    droppedCount = 0
    stream.write(format({ ...record, properties: { ...extra, ...record.properties } }))
  }
}
