/** Asks a program for its health: never two probes at once, and none once it has been closed. */
import type { Probe } from '../../../machines/model/configuration.ts'
import type { Clock } from '../../engine/clock.ts'

/** Until the first success it is asked this often, so that a start takes no longer than it must. */
const startIntervalMs = 50

export interface ProberOptions {
  readonly probe: Probe
  readonly clock: Clock
  /** Runs a command to its end, or kills it at the limit; null: it exited with 0. */
  readonly execute: (order: { command: readonly string[]; timeLimitMs: number }) => Promise<string | null>
  /** Failures before the first success are part of the start, which has its own time limit. */
  readonly onFirstSuccess: () => void
  /** `failuresMax` failures in a row. Called once: then the probe is over. */
  readonly onFailed: (detail: string) => void
  /** Of a program that is known to have started by other means: failures count from the beginning. */
  readonly isStarted: boolean
}

export class Prober {
  readonly #options: ProberOptions
  #hasSucceeded: boolean
  #failureCount = 0
  #isClosed = false
  #cancel: () => void = () => {}

  constructor(options: ProberOptions) {
    this.#options = options
    this.#hasSucceeded = options.isStarted
    void this.#ask()
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  close(): void {
    this.#isClosed = true
    this.#cancel()
  }

  async #ask(): Promise<void> {
    const { probe, clock, execute, onFirstSuccess, onFailed } = this.#options
    const failure =
      probe.kind === 'exec' ? await execute({ command: probe.command, timeLimitMs: probe.timeoutMs }) : await ask(probe)
    if (this.#isClosed) return
    if (failure === null) {
      this.#failureCount = 0
      if (!this.#hasSucceeded) onFirstSuccess()
      this.#hasSucceeded = true
    } else if (this.#hasSucceeded) {
      this.#failureCount += 1
      if (this.#failureCount >= probe.failuresMax) {
        this.close()
        onFailed(`${this.#failureCount} in a row, the last: ${failure}`)
        return
      }
    }
    const intervalMs = this.#hasSucceeded ? probe.intervalMs : Math.min(startIntervalMs, probe.intervalMs)
    this.#cancel = clock.setTimer(intervalMs, () => void this.#ask())
  }
}

/** null: healthy; otherwise why not. Never rejects. */
async function ask(probe: Exclude<Probe, { kind: 'exec' }>): Promise<string | null> {
  return probe.kind === 'http' ? askHttp(probe) : askTcp(probe)
}

async function askHttp({ url, timeoutMs }: { url: string; timeoutMs: number }): Promise<string | null> {
  try {
    const response = await fetch(url, { redirect: 'manual', keepalive: false, signal: AbortSignal.timeout(timeoutMs) })
    await response.body?.cancel()
    return response.ok ? null : `status ${response.status} from ${url}`
  } catch (error) {
    return `${url}: ${error instanceof Error ? error.message : String(error)}`
  }
}

async function askTcp({
  host,
  port,
  timeoutMs,
}: {
  host: string
  port: number
  timeoutMs: number
}): Promise<string | null> {
  const connecting = Bun.connect({ hostname: host, port, socket: { data() {}, error() {}, connectError() {} } })
  // However late it comes, it is not kept.
  connecting.then(
    (socket) => socket.terminate(),
    () => {},
  )
  const connected = connecting.then(
    () => null,
    (error: Error) => `${host}:${port}: ${error.message}`,
  )
  let timer: Timer | null = null
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`${host}:${port}: no connection after ${timeoutMs} ms`), timeoutMs)
  })
  const result = await Promise.race([connected, late])
  clearTimeout(timer!)
  return result
}
