/**
 * Archives what is in the spool, a batch at a time, each record at least once: what the archive has is noted, in the spool and by the
 * other nodes, only after it said yes, so a successor may send the last batches again. Failures are tried again with growing pauses.
 */
import type { Clock } from '../engine/clock.ts'
import { logger } from '../log/log.ts'
import { archiveFailureLengthMax } from '../wire/messages/clusterLog.ts'
import type { ArchiveBatch, ArchiveSink } from './archiveSink.ts'
import { trustedLogRecord } from './codec.ts'
import { plainRecord } from './record.ts'
import type { NodePosition } from './spoolCalls.ts'
import type { SpoolClient } from './spoolClient.ts'

export interface ArchivingOptions {
  readonly clock: Clock
  readonly sink: ArchiveSink | null
  readonly spool: () => SpoolClient | null
  /** The archive has everything up to there. */
  readonly onArchived: (positions: readonly NodePosition[]) => void
  /** `failure` has changed. */
  readonly onFailure: () => void
}

const batchCountMax = 500
const pauseMinMs = 1000
const pauseMaxMs = 60_000

/** After so many failures in a row: 1 s, doubling, 60 s at most. */
export function pauseMs(failureCount: number): number {
  return Math.min(pauseMaxMs, pauseMinMs * 2 ** Math.min(failureCount - 1, 16))
}

const log = logger('log')

interface Ready {
  readonly batch: ArchiveBatch
  /** What the archive has once it has that. */
  readonly positions: readonly NodePosition[]
}

/** null: all is archived. */
async function nextBatch(spool: SpoolClient): Promise<Ready | null> {
  const { records, positions } = await spool.ask('unarchived', { countMax: batchCountMax })
  if (records.length === 0) return null
  const plain = records.map((bytes) => plainRecord(trustedLogRecord(bytes)))
  const key = new Bun.CryptoHasher('sha256').update(plain.map(({ id }) => id).join('\n')).digest('hex')
  const text = plain.map((record) => `${JSON.stringify(record)}\n`).join('')
  return { batch: { key, text, recordCount: records.length }, positions }
}

export class Archiving {
  archivedCount = 0
  failure: string | null = null
  readonly #options: ArchivingOptions
  /** Tried before: the endpoint may have it, and knows it only by the same key. */
  #unanswered: Ready | null = null
  #isBusy = false
  #failureCount = 0
  #notBeforeMs = 0

  constructor(options: ArchivingOptions) {
    this.#options = options
  }

  /** Archives what there is, unless it is being done, or failed a moment ago. */
  async go(): Promise<void> {
    const { sink, spool, clock } = this.#options
    const source = spool()
    if (!sink || !source || this.#isBusy || clock.nowMs() < this.#notBeforeMs) return
    this.#isBusy = true
    try {
      while (await this.#archiveSome(sink, source)) this.#succeeded(sink)
    } catch (error) {
      this.#failed(sink, error as Error)
    }
    this.#isBusy = false
  }

  async #archiveSome(sink: ArchiveSink, spool: SpoolClient): Promise<boolean> {
    this.#unanswered ??= await nextBatch(spool)
    if (!this.#unanswered) return false
    const { batch, positions } = this.#unanswered
    await sink.write(batch)
    await spool.ask('archived', positions)
    this.#unanswered = null
    this.archivedCount += batch.recordCount
    this.#options.onArchived(positions)
    return true
  }

  /** Another node archives. */
  rest(): void {
    if (this.#isBusy || this.failure === null) return
    this.#unanswered = null
    this.#tell(null)
  }

  #succeeded({ name }: ArchiveSink): void {
    if (this.failure !== null) log.info('{name} takes the log again', { name })
    this.#failureCount = 0
    this.#tell(null)
  }

  #failed({ name }: ArchiveSink, error: Error): void {
    const message = `${name}: ${error.message}`.slice(0, archiveFailureLengthMax)
    this.#failureCount += 1
    const waitMs = pauseMs(this.#failureCount)
    this.#notBeforeMs = this.#options.clock.nowMs() + waitMs
    if (this.failure !== message) log.error('the log is not archived: {message}; tried again', { message })
    this.#tell(message)
  }

  #tell(failure: string | null): void {
    if (failure === this.failure) return
    this.failure = failure
    this.#options.onFailure()
  }
}
