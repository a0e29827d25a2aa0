/**
 * Time since the machine started, which nobody can set and every process of the machine shares, of whatever language: that a
 * wall clock was set back must not bring back a lease that is over. Counts while the machine is suspended, too.
 */
import { readFileSync } from 'node:fs'

/** Linux says it in hundredths of a second, cut off. */
export const uptimeGrainMs = 10

/** null: this system has no /proc/uptime. */
export function uptimeMs(): number | null {
  try {
    const [seconds] = readFileSync('/proc/uptime', 'latin1').split(' ')
    return Number(seconds) * 1000
  } catch {
    return null
  }
}
