/** Whether the machine was last reset by its watchdog, where the driver keeps it (Linux, Documentation/watchdog/watchdog-api.rst). */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** WDIOF_CARDRESET */
const cardReset = 0x20

export function wasWatchdogReset(directory = '/sys/class/watchdog'): boolean {
  try {
    return readdirSync(directory).some((name) => {
      const status = Number(readFileSync(join(directory, name, 'bootstatus'), 'utf8'))
      return Number.isInteger(status) && (status & cardReset) !== 0
    })
  } catch {
    return false // no watchdog, or one that does not say
  }
}
