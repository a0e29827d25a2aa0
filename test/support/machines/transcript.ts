import { expect } from 'bun:test'
import type { AnyStateMachine } from 'xstate'
import { type Message, stateName } from '../../../src/engine/step.ts'
import { Run, type Step } from './run.ts'

export interface Rendering {
  /** One event or effect as a line; `undefined` leaves it to `renderMessage`, `null` leaves it out. */
  readonly render?: (message: Message) => string | null | undefined
  /** Keys that say nothing in this test. */
  readonly omit?: readonly string[]
}

export interface TranscriptOptions extends Rendering {
  /** What has happened before: of that only the state it led to is shown. */
  readonly given?: readonly Message[]
}

/**
 * A conversation as text:
 *
 *     > role.assign role=primary token=1.4     an event that was sent
 *       primary.preparing                      the state after it
 *       < process.start incarnation=1          an effect
 *       @ startLimit 6000 ms                   a delay that now runs
 */
export function transcript(
  machine: AnyStateMachine,
  input: unknown,
  events: readonly Message[],
  options: TranscriptOptions = {},
): string {
  const run = new Run(machine, input)
  for (const event of options.given ?? []) run.send(event)
  const lines = options.given ? [`  ${run.state}`] : linesOf(run.first, options).slice(1)
  for (const event of events) lines.push(...linesOf(run.send(event), options))
  return lines.join('\n')
}

/** Compares a conversation with the text expected of it, whose common indentation is taken off. */
export function expectTranscript(
  machine: AnyStateMachine,
  input: unknown,
  events: readonly Message[],
  expected: string,
  options: TranscriptOptions = {},
): void {
  expect(transcript(machine, input, events, options)).toBe(dedent(expected))
}

export function linesOf(step: Step, rendering: Rendering): string[] {
  const effects = step.effects.map((effect) => lineOf(effect, rendering)).filter((line) => line !== null)
  return [
    `> ${lineOf(step.event, rendering) ?? step.event.type}`,
    `  ${stateName(step.after.value)}`,
    ...effects.map((line) => `  < ${line}`),
    ...step.armed.map(({ name, delayMs }) => `  @ ${name} ${delayMs} ms`),
  ]
}

function lineOf(message: Message, { render, omit = [] }: Rendering): string | null {
  const rendered = render?.(message)
  return rendered === undefined ? renderMessage(message, omit) : rendered
}

/** `type key=value key=value`; tokens as `1.4`, what is absent as `-`. */
export function renderMessage(message: Message, omit: readonly string[] = []): string {
  const fields = Object.entries(message).filter(([key]) => key !== 'type' && !omit.includes(key))
  return [message.type, ...fields.map(([key, value]) => `${key}=${renderValue(value)}`)].join(' ')
}

function renderValue(value: unknown): string {
  if (value === null) return '-'
  if (typeof value === 'string') return /\s/.test(value) ? JSON.stringify(value) : value
  if (Array.isArray(value)) return `[${value.map(renderValue).join(', ')}]`
  if (typeof value !== 'object') return String(value)
  const entries = Object.entries(value as Record<string, unknown>)
  const isToken = entries.length === 2 && 'epoch' in value! && 'index' in value
  if (isToken) return entries.map(([, part]) => part).join('.')
  return `{${entries.map(([key, inner]) => `${key}: ${renderValue(inner)}`).join(', ')}}`
}

export function dedent(text: string): string {
  const lines = text.replace(/^\n/, '').trimEnd().split('\n')
  const indents = lines.filter((line) => line.trim()).map((line) => line.length - line.trimStart().length)
  const indent = Math.min(...indents)
  return lines.map((line) => line.slice(indent)).join('\n')
}
