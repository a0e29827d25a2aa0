/** Durations and sizes as people write them, and back. Inside rolecall they are plain numbers: milliseconds and bytes. */

const durationUnits: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }
const sizeUnits: Readonly<Record<string, number>> = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 }

/** `20ms`, `1.5s`, `1m`, `2h`, or a number of milliseconds. null when it is none of these. */
export function parseDuration(value: unknown): number | null {
  return parseQuantity(value, durationUnits)
}

/** `64KiB`, `16MiB`, or a number of bytes. null when it is none of these. */
export function parseSize(value: unknown): number | null {
  return parseQuantity(value, sizeUnits)
}

export function formatDuration(durationMs: number): string {
  return formatQuantity(durationMs, durationUnits)
}

export function formatSize(sizeBytes: number): string {
  return formatQuantity(sizeBytes, sizeUnits)
}

function parseQuantity(value: unknown, units: Readonly<Record<string, number>>): number | null {
  if (typeof value === 'number') return Number.isFinite(value) && value >= 0 ? value : null
  if (typeof value !== 'string') return null
  const match = /^(\d+(?:\.\d+)?)\s*([A-Za-z]*)$/.exec(value)
  if (!match) return null
  const [, count, unit] = match
  const factor = unit === '' ? 1 : Object.hasOwn(units, unit!) ? units[unit!] : undefined
  return factor === undefined ? null : Number(count) * factor
}

/** In the largest unit that needs no fraction. */
function formatQuantity(quantity: number, units: Readonly<Record<string, number>>): string {
  if (quantity === 0) return `0${Object.keys(units)[0]}`
  const [unit, factor] =
    Object.entries(units).findLast(([, size]) => quantity % size === 0) ?? Object.entries(units)[0]!
  return `${quantity / factor}${unit}`
}
