/**
 * Moments of the hybrid clock, as the console handles them: microseconds since 1970 and a count among equals. A cursor stands after
 * everything up to and including its moment.
 */
export interface Moment {
  readonly timeUs: number
  readonly timeCount: number
}

/** After everything that has that many microseconds, however many there are. */
export const lastCount = Number.MAX_SAFE_INTEGER

export function momentOf(timeUs: number, timeCount = lastCount): Moment {
  return { timeUs, timeCount }
}

export function compareMoments(a: Moment, b: Moment): number {
  return a.timeUs - b.timeUs || a.timeCount - b.timeCount
}

/** As in an address: `1795282112903415`, with `.3` where it stands between equals. */
export function formatMoment({ timeUs, timeCount }: Moment): string {
  return timeCount === lastCount ? String(timeUs) : `${timeUs}.${timeCount}`
}

export function parseMoment(written: string | null): Moment | null {
  const [, us, count] = /^(\d{1,16})(?:\.(\d{1,10}))?$/.exec(written ?? '') ?? []
  return us === undefined ? null : momentOf(Number(us), count === undefined ? lastCount : Number(count))
}

const two = (value: number) => String(value).padStart(2, '0')

/** `12:03:04.123` of the reader's clock. */
export function clockText(timeUs: number): string {
  const date = new Date(timeUs / 1000)
  const ms = String(date.getMilliseconds()).padStart(3, '0')
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${ms}`
}

/** `2026-11-21`, of the reader's clock. */
export function dayText(timeUs: number): string {
  const date = new Date(timeUs / 1000)
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
}

/** `5 min ago`; short, for people: never more than one unit. */
export function agoText(agoMs: number): string {
  if (agoMs < 1000) return 'just now'
  return `${spanText(agoMs)} ago`
}

/** `12 ms`, `3.4 s`, `5 min`, `2 h`, `3 days`. */
export function spanText(ms: number): string {
  if (ms < 10) return `${Math.round(ms * 10) / 10} ms`
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)} s`
  if (ms < 120_000) return `${Math.round(ms / 1000)} s`
  if (ms < 7_200_000) return `${Math.round(ms / 60_000)} min`
  if (ms < 172_800_000) return `${Math.round(ms / 3_600_000)} h`
  return `${Math.round(ms / 86_400_000)} days`
}
