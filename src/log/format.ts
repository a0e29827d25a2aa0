/** The two forms of a log record. */
import { getJsonLinesFormatter, type LogLevel, type LogRecord } from '@logtape/logtape'

const jsonLine = getJsonLinesFormatter({ categorySeparator: '.', properties: 'nest:properties' })

/** `{"@timestamp": …, "level": …, "message": …, "logger": "rolecall.membership", "properties": {…}}` */
export function formatJsonLine(record: LogRecord): string {
  return jsonLine(record)
}

const colours: Readonly<Record<LogLevel, string>> = {
  trace: '90',
  debug: '90',
  info: '32',
  warning: '33',
  error: '31',
  fatal: '1;31',
}

/** `12:34:56.789 warning membership  n2 is suspect`, in local time. */
export function formatLine(record: LogRecord, options: { hasColour: boolean }): string {
  const { level, category, timestamp } = record
  const time = new Date(timestamp).toTimeString().slice(0, 8)
  const milliseconds = String(Math.floor(timestamp) % 1000).padStart(3, '0')
  const word = level.padEnd(7)
  const shown = options.hasColour ? `\x1b[${colours[level]}m${word}\x1b[0m` : word
  const part = category.slice(1).join('.')
  return `${time}.${milliseconds} ${shown} ${part}${part === '' ? '' : '  '}${textOf(record)}\n`
}

/** What it says, with the values in their places. */
export function textOf({ message }: LogRecord): string {
  return withoutControls(message.map((piece, index) => (index % 2 === 0 ? String(piece) : describe(piece))).join(''))
}

/** Of an error, where it was. */
export function describe(value: unknown): string {
  if (typeof value === 'string') return value
  if (value instanceof Error) return value.stack ?? value.message
  return JSON.stringify(value) ?? String(value)
}

/** Names and messages come from programs and other nodes: they must not steer the terminal. Line ends and tabs stay. */
function withoutControls(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  return text.replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, '�')
}
