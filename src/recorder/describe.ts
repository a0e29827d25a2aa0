/** Events and effects in short plain words, for people. */
import type { Message } from '../engine/step.ts'

/** Fields of a message that are told; the rest are counted. */
const fieldCountMax = 6
const textLengthMax = 48

/**
 * `process.exited (incarnation 3, signal SIGKILL)`. Delayed transitions are told as what they are: XState names them
 * `xstate.after.<delay>.<state>`.
 */
export function describeMessage(message: Message): string {
  return printable(describe(message))
}

/** What comes from programs and other nodes must not steer the terminal. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  return text.replace(/[\x00-\x1f\x7f-\x9f]+/g, ' ')
}

function describe(message: Message): string {
  const after = /^xstate\.after\.([^.]+)\.(.+)$/.exec(message.type)
  if (after) return `time-out ${/^\d+$/.test(after[1]!) ? `${after[1]} ms` : after[1]} in ${after[2]}`
  const fields = Object.entries(message).filter(
    ([key, value]) => key !== 'type' && value !== null && value !== undefined,
  )
  const told = fields.slice(0, fieldCountMax).map(([key, value]) => `${key} ${describeValue(value)}`)
  if (fields.length > told.length) told.push(`${fields.length - told.length} more`)
  return told.length === 0 ? message.type : `${message.type} (${told.join(', ')})`
}

function describeValue(value: unknown): string {
  if (typeof value === 'number') return Number.isInteger(value) ? String(value) : value.toFixed(3)
  if (typeof value !== 'object' || value === null) return cut(String(value))
  if (Array.isArray(value)) {
    return value.every(isPlain) ? cut(`[${value.join(' ')}]`) : `[${value.length} entries]`
  }
  const { epoch, index } = value as Record<string, unknown>
  if (typeof epoch === 'number' && typeof index === 'number') return `${epoch}.${index}` // a fencing token
  const plain = Object.entries(value).filter(([, inner]) => isPlain(inner) && inner !== null)
  return cut(`{${plain.map(([key, inner]) => `${key} ${inner}`).join(' ')}}`)
}

function isPlain(value: unknown): boolean {
  return typeof value !== 'object' || value === null
}

function cut(text: string): string {
  return text.length <= textLengthMax ? text : `${text.slice(0, textLengthMax - 1)}…`
}
