/** How long to wait before trying again: twice as long each time, up to a bound, and up to half of it by chance less, so that the many pages of a lost node do not all come at once. */
export const retryMsMin = 500
export const retryMsMax = 15_000

/** `chance`: from 0 to 1. */
export function retryDelayMs(attempt: number, chance: number): number {
  const fullMs = Math.min(retryMsMax, retryMsMin * 2 ** Math.min(attempt, 10))
  return Math.round(fullMs * (1 - chance / 2))
}
