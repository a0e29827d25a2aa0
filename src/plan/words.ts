/** The values that what-if's documents are made of. As in the configuration, an error text is the noun of what is expected. */
import { z } from 'zod'
import type { ComponentId } from '../../machines/model/ids.ts'
import { roles } from '../../machines/model/roles.ts'
import type { NodeAvailability, Phase } from '../../machines/model/status.ts'
import type { Token } from '../../machines/model/token.ts'

export const availabilities = [
  'unknown',
  'alive',
  'suspect',
  'unreachable',
  'isolated',
  'ended',
  'leaving',
  'left',
] as const satisfies readonly NodeAvailability[]

export const phases = [
  'preparing',
  'assuming',
  'ready',
  'stopping',
  'stopped',
  'stopFailed',
] as const satisfies readonly Phase[]

export const availability = z.enum(availabilities)
export const phase = z.enum(phases)
export const role = z.enum(roles)
export const count = z.int({ error: 'a whole number' }).min(0, { error: 'a whole number, 0 or more' })
export const text = z.string({ error: 'text' })
export const yes = z.boolean({ error: 'true or false' })

const tokenExpected = "a token such as '1.5': epoch and index"

/** `epoch.index`, in quotes where YAML would take it for a number. */
export const token = z
  .string({ error: tokenExpected })
  .regex(/^\d{1,15}\.\d{1,15}$/, { error: tokenExpected })
  .meta({ type: 'token' })

export function tokenOf(written: string): Token {
  const [epoch, index] = written.split('.').map(Number)
  return { epoch: epoch!, index: index! }
}

const placeExpected = 'a component such as n1/ledger, or a place in one that serves several assignments: n1/pool/web1'

export const place = z
  .string({ error: placeExpected })
  .regex(/^[^/\s]+(\/[^/\s]+){1,2}$/, { error: placeExpected })
  .transform((written) => written as ComponentId)

export function document<T extends z.ZodRawShape>(shape: T) {
  return z.strictObject(shape, { error: 'a mapping' })
}

export function byName<T extends z.ZodType>(value: T, what: string) {
  return z.record(z.string(), value, { error: `a mapping of ${what}` })
}

export function list<T extends z.ZodType>(value: T, what: string) {
  return z.array(value, { error: `a list of ${what}` })
}
