/**
 * What programs say, parsed at the border. Fields that are not known are ignored: a program of a later version may send
 * them. Texts for people are cut, not refused.
 */
import { z } from 'zod'
import type { ComponentId } from '../../../machines/model/ids.ts'
import { roles } from '../../../machines/model/roles.ts'
import { checkpointBytesMax, type ProtocolErrorCode, recordDepthMax } from '../../sdk/protocol.ts'

const number = z.int().min(0)
const component = z.templateLiteral([z.string().min(1), '/', z.string().min(1)]).refine((id) => id.length <= 200)
const token = z.object({ epoch: number, index: number })
/** Stable, short, of letters, digits and a few signs: codes are compared, and written into logs and metrics. */
const code = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,47}$/)
const assignment = z.string().min(1).max(64).optional()
const detail = z.string().transform((text) => text.slice(0, 1000))

/** Whoever reads a recording refuses the key `__proto__`, and would take the whole record for damage. */
const recordData = z
  .unknown()
  .refine((data) => !hasProtoKey(data, recordDepthMax), { error: "'__proto__' is no key of a record's data" })
  .default(null)

const programMessage = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('register'),
    protocol: z.int(),
    component,
    incarnation: number,
    endpoint: z.string().min(1).max(500).nullable().default(null),
    release: z.string().min(1).max(64).nullable().default(null),
    properties: z
      .record(z.string().min(1).max(100), z.string().max(1000))
      .refine((properties) => Object.keys(properties).length <= 64)
      .default({}),
  }),
  z.object({ type: z.literal('ready'), id: number }),
  z.object({ type: z.literal('failed'), id: number, code, detail: detail.default('') }),
  z.object({
    type: z.literal('health'),
    state: z.enum(['healthy', 'failing']),
    code: code.default('health.failing'),
    detail: detail.default(''),
    assignment,
  }),
  z.object({ type: z.literal('error'), code, detail: detail.default(''), assignment }),
  z.object({
    type: z.literal('checkpoint'),
    id: number,
    assignment,
    to: component.optional(),
    token,
    /** As JSON text from here on: nodes carry it and don't look into it. */
    data: z.unknown().transform((value, context) => {
      const text = stringify(value)
      if (text !== null) return text
      context.addIssue({ code: 'custom', message: 'missing, or nested too deeply' })
      return z.NEVER
    }),
  }),
  z.object({ type: z.literal('accepted'), id: number }),
  z.object({ type: z.literal('refused'), id: number, code }),
  z.object({
    type: z.literal('proxied'),
    component,
    state: z.enum(['ready', 'failed', 'ended']),
    endpoint: z.string().min(1).max(500).nullable().default(null),
    release: z.string().min(1).max(64).nullable().default(null),
    code: code.default('proxied.failed'),
    detail: detail.default(''),
  }),
  z.object({ type: z.literal('record'), name: code, data: recordData, assignment }),
  z.object({ type: z.literal('load'), percent: number, assignment }),
  z.object({ type: z.literal('selfTest.request') }),
  z.object({ type: z.literal('role.announce'), assignment: z.string().min(1).max(64), role: z.enum(roles) }),
])

export type ParsedMessage = z.output<typeof programMessage>
export type ParsedProxied = Extract<ParsedMessage, { type: 'proxied' }>
export type ParsedRecord = Extract<ParsedMessage, { type: 'record' }>
export type ParsedCheckpoint = Extract<ParsedMessage, { type: 'checkpoint' }>
export type ParsedRegister = Omit<Extract<ParsedMessage, { type: 'register' }>, 'component'> & {
  component: ComponentId
}

export type Parsed =
  | { readonly ok: true; readonly message: ParsedMessage }
  | { readonly ok: false; readonly code: ProtocolErrorCode; readonly detail: string }

const types: ReadonlySet<unknown> = new Set(programMessage.options.map((option) => option.shape.type.value))

export function parseMessage(line: string): Parsed {
  const value = parseJson(line)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { ok: false, code: 'not-json', detail: 'a line is one JSON object' }
  }
  const { type } = value as { type?: unknown }
  if (!types.has(type)) return { ok: false, code: 'unknown-type', detail: String(JSON.stringify(type)).slice(0, 100) }
  const result = programMessage.safeParse(value)
  if (result.success) return { ok: true, message: result.data }
  const [issue] = result.error.issues
  return { ok: false, code: 'invalid', detail: `${type}.${issue!.path.join('.')}: ${issue!.message}`.slice(0, 500) }
}

export function isTooLarge(data: string): boolean {
  return Buffer.byteLength(data) > checkpointBytesMax
}

/** Down to this depth: what is deeper is refused anyway. */
function hasProtoKey(data: unknown, depthMax: number): boolean {
  if (typeof data !== 'object' || data === null) return false
  if (Object.hasOwn(data, '__proto__')) return true
  return depthMax > 0 && Object.values(data).some((inner) => hasProtoKey(inner, depthMax - 1))
}

/** undefined, which no JSON text gives, when it is none. */
function parseJson(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

/** null when it is missing or nested so deeply that it can't be written. */
function stringify(value: unknown): string | null {
  try {
    return JSON.stringify(value) ?? null
  } catch {
    return null
  }
}
