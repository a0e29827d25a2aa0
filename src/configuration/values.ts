/**
 * The kinds of values in the configuration file. Every schema's error text is the noun of what is expected (`a list of
 * words`); `load.ts` makes the sentence around it. `meta` is what the reference in docs/ is made from.
 */
import { isIP } from 'node:net'
import { z } from 'zod'
import type { LinkAddress } from '../../machines/model/configuration.ts'
import { formatDuration, formatSize, parseDuration, parseSize } from './quantity.ts'

export interface KeyMeta {
  /** What the key means. One or more sentences. */
  readonly description: string
  /** As the reference names the type. */
  readonly type: string
}

/** Of the whole cluster, and so also of the primaries of one assignment. */
export const nodeCountMax = 64

/** Wishes for places, either way. Sums of them stay exact. */
export const wishWeightMax = 10_000

/** The names of nodes, types, components and assignments: short enough for the paths of sockets that contain them. */
export const nameExpected = "a name of at most 32 lower-case letters, digits and '-', with no '-' at its beginning"
const namePattern = /^[a-z0-9][a-z0-9-]{0,31}$/

export function isName(name: string): boolean {
  return namePattern.test(name)
}

export function nameText(expected: string) {
  return z.string({ error: expected }).regex(namePattern, { error: nameExpected })
}

const textLengthMax = 4096
const wordCountMax = 256

export function text(expected: string) {
  return z
    .string({ error: expected })
    .min(1, { error: `${expected} that is not empty` })
    .max(textLengthMax, { error: `${expected} of at most ${textLengthMax} characters` })
}

/** A list with at least one member, and no more than `countMax`. */
export function list<T extends z.ZodType>(element: T, options: { expected: string; countMax: number }) {
  const { expected, countMax } = options
  return z
    .array(element, { error: expected })
    .min(1, { error: expected })
    .max(countMax, { error: `${expected}, at most ${countMax}` })
}

export function mapping<T extends z.ZodRawShape>(shape: T) {
  return z.strictObject(shape, { error: 'a mapping' })
}

/** A mapping by names; whether they are names is checked apart, so that what stands behind a wrong one is looked at too. */
export function byName<T extends z.ZodType>(value: T, what: string) {
  return z.record(z.string(), value, { error: `a mapping of ${what}` })
}

const resourceCountMax = 16

/** Whole numbers of resources. */
export function resources() {
  return fewByName(count({ min: 0, max: 1_000_000_000 }), {
    expected: 'a mapping of resources to whole numbers',
    countMax: resourceCountMax,
  })
}

/** As `byName`, with a bound. */
export function fewByName<T extends z.ZodType>(value: T, options: { expected: string; countMax: number }) {
  const { expected, countMax } = options
  return z
    .record(z.string(), value, { error: expected })
    .refine((values) => Object.keys(values).length <= countMax, { error: `${expected}, at most ${countMax}` })
}

/** The name of a software release: `4.1`, `r3`. */
export function releaseText() {
  const expected = "the name of a release, such as r3 or \"4.1\": at most 64 letters, digits, '.', '_', '+' and '-'"
  return z.string({ error: expected }).regex(/^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}$/, { error: expected })
}

/** A program and its arguments, as they are: no shell reads them. */
export function command() {
  const word = z.string({ error: 'text' }).max(textLengthMax, { error: `text of at most ${textLengthMax} characters` })
  return list(word, { expected: 'a list: a program and its arguments', countMax: wordCountMax }).refine(
    (words) => words[0] !== '',
    {
      error: 'a list that begins with a program',
    },
  )
}

export function environment() {
  return z.record(
    z.string(),
    z.string({ error: 'text' }).max(textLengthMax, { error: `text of at most ${textLengthMax} characters` }),
    {
      error: 'a mapping of names to text',
    },
  )
}

export function count(options: { min: number; max: number }) {
  const expected = `a whole number from ${options.min} to ${options.max}`
  return z.int({ error: expected }).min(options.min, { error: expected }).max(options.max, { error: expected })
}

/** Gives milliseconds. */
export function duration(options: { minMs: number; maxMs: number }) {
  const { minMs, maxMs } = options
  return quantity(parseDuration, {
    expected: `a duration such as 20ms, 5s or 1m, from ${formatDuration(minMs)} to ${formatDuration(maxMs)}`,
    min: minMs,
    max: maxMs,
  })
}

/** Gives bytes. */
export function size(options: { minBytes: number; maxBytes: number }) {
  const { minBytes, maxBytes } = options
  return quantity(parseSize, {
    expected: `a size such as 64KiB or 16MiB, from ${formatSize(minBytes)} to ${formatSize(maxBytes)}`,
    min: minBytes,
    max: maxBytes,
  })
}

function quantity(parse: (value: unknown) => number | null, options: { expected: string; min: number; max: number }) {
  return z.unknown().transform((value, context) => {
    const parsed = parse(value)
    if (parsed !== null && parsed >= options.min && parsed <= options.max) return parsed
    context.addIssue({ code: 'custom', message: options.expected })
    return z.NEVER
  })
}

export const addressExpected = 'an IP address and a port such as 10.0.0.1:7101 or [fd00::1]:7101'

/** One end of a link. Addresses only: a name server must not be needed to find the other nodes. */
export function linkAddress() {
  return z.unknown().transform((value, context) => {
    const parsed = parseAddress(value)
    if (parsed !== null) return parsed
    context.addIssue({ code: 'custom', message: addressExpected })
    return z.NEVER
  })
}

/** The port after it is for heartbeats. */
const linkPortMax = 65_534

/** null for anything but a unicast address with a port. */
export function parseAddress(value: unknown): LinkAddress | null {
  if (typeof value !== 'string') return null
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([0-9.]+)):(\d{1,5})$/.exec(value)
  if (!match) return null
  const host = (match[1] ?? match[2]!).toLowerCase()
  const port = Number(match[3])
  const isUsable = isIP(host) === (match[1] === undefined ? 4 : 6) && host !== '0.0.0.0' && host !== '::'
  return isUsable && port >= 1 && port <= linkPortMax ? { host, port } : null
}

/** Where to listen: an address of this machine, or all of them. */
export function listenAddress() {
  const expected = 'an IP address and a port such as 127.0.0.1:7180, 0.0.0.0:7180 or [::]:7180'
  return z.unknown().transform((value, context) => {
    const parsed = parseListen(value)
    if (parsed !== null) return parsed
    context.addIssue({ code: 'custom', message: expected })
    return z.NEVER
  })
}

/** null for anything but an address with a port. */
export function parseListen(value: unknown): LinkAddress | null {
  const all = typeof value === 'string' ? /^(0\.0\.0\.0|\[::\]):(\d{1,5})$/.exec(value) : null
  if (!all) return parseAddress(value)
  const port = Number(all[2])
  return port >= 1 && port <= linkPortMax ? { host: all[1]!.replace(/[[\]]/g, ''), port } : null
}

export function formatAddress({ host, port }: LinkAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}
