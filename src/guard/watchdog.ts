/**
 * The watchdog device (SPEC E4): once opened, the machine is reset unless it is fed. The guard feeds it while it has reason
 * to believe that nothing acts here that must not; the last remedy when neither the machines nor the backstops could stop
 * an exclusive primary, or when the guard itself hangs. See Linux, Documentation/watchdog/watchdog-api.rst.
 */
import { closeSync, constants, openSync, writeSync } from 'node:fs'
import type { Clock } from '../engine/clock.ts'
import { addressOf, libc } from '../system/libc.ts'

export interface Watchdog {
  /** False: it could not be fed. */
  feed(): boolean
  /** Tells the device to stop watching ("magic close"). A guard that is killed does not, and the machine is reset. */
  close(): void
}

/** _IOWR('W', 6, int), on the architectures that Bun runs on. */
const WDIOC_SETTIMEOUT = 0xc0045706n
export const feedIntervalMs = 1000
const feedByte = new Uint8Array([0])
const magicByte = new TextEncoder().encode('V')

export type WatchdogOpened =
  | { readonly watchdog: Watchdog; readonly timeoutMs: number | null }
  | { readonly watchdog: null; readonly detail: string }

/** `timeoutMs` null in the answer: the device keeps its own timeout, since it takes none. Never throws. */
export function openWatchdog({ device, timeoutMs }: { device: string; timeoutMs: number }): WatchdogOpened {
  let descriptor: number
  try {
    // Never waits: a device that is a pipe in a test has a reader or is refused.
    descriptor = openSync(device, constants.O_WRONLY | constants.O_NONBLOCK)
  } catch (error) {
    return { watchdog: null, detail: `${device} cannot be opened: ${(error as NodeJS.ErrnoException).code}` }
  }
  const seconds = new Int32Array([Math.ceil(timeoutMs / 1000)])
  const isSet = libc?.ioctl(descriptor, WDIOC_SETTIMEOUT, addressOf(seconds)) === 0
  const write = (bytes: Uint8Array): boolean => {
    try {
      return writeSync(descriptor, bytes) === bytes.length
    } catch {
      // The device has gone, or does not take more now: the caller decides what that means.
      return false
    }
  }
  return {
    timeoutMs: isSet ? seconds[0]! * 1000 : null,
    watchdog: {
      feed: () => write(feedByte),
      close() {
        write(magicByte)
        closeSync(descriptor)
      },
    },
  }
}

export interface WatchdogFeederOptions {
  readonly clock: Clock
  readonly watchdog: Watchdog
  readonly mayFeed: () => boolean
  /** Called once. */
  readonly onFailed: () => void
}

/** Feeds at once and then every second, while it may. */
export class WatchdogFeeder {
  readonly #options: WatchdogFeederOptions
  #cancel: () => void = () => {}
  #hasFailed = false

  constructor(options: WatchdogFeederOptions) {
    this.#options = options
    this.#feed()
  }

  stop(): void {
    this.#cancel()
    this.#options.watchdog.close()
  }

  #feed(): void {
    const { clock, watchdog, mayFeed, onFailed } = this.#options
    this.#cancel = clock.setTimer(feedIntervalMs, () => this.#feed())
    if (!mayFeed() || watchdog.feed() || this.#hasFailed) return
    this.#hasFailed = true
    onFailed()
  }
}
