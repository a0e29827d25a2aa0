/**
 * Changes on their way to a disk: one batch is being written, what comes meanwhile makes the next (group commit). So the rate
 * of changes is not bound by that of the disk, and a change waits for two batches at most.
 */

/** More than this in the queue, and who adds should wait. */
const congestedAt = { changeCount: 4096, sizeBytes: 16 * 1024 * 1024 }

/** Of a batch. One larger change goes alone. */
const batchMax = { changeCount: 1024, sizeBytes: 4 * 1024 * 1024 }

interface Queued<Change> {
  readonly change: Change
  readonly sizeBytes: number
  readonly onDurable: (() => void) | undefined
}

export class WriteQueue<Change> {
  readonly #begin: (batch: readonly Change[]) => void
  #queued: Queued<Change>[] = []
  #queuedBytes = 0
  #inFlight: readonly Queued<Change>[] = []
  #isEnded = false
  #onIdle = () => {}

  /** `begin` starts to write a batch; `landed` is called later, when it is durable. */
  constructor(begin: (batch: readonly Change[]) => void) {
    this.#begin = begin
  }

  get isCongested(): boolean {
    return this.#queued.length >= congestedAt.changeCount || this.#queuedBytes >= congestedAt.sizeBytes
  }

  /** What comes after the end is dropped: nothing can become durable any more, and nothing is said to be. */
  add(change: Change, sizeBytes: number, onDurable?: () => void): void {
    if (this.#isEnded) return
    this.#queued.push({ change, sizeBytes, onDurable })
    this.#queuedBytes += sizeBytes
    if (this.#inFlight.length === 0) this.#next()
  }

  /** The batch is durable. The next is on its way before anybody is told, to keep the disk busy. */
  landed(): void {
    const landed = this.#inFlight
    this.#inFlight = []
    if (this.#isEnded) return
    this.#next()
    for (const { onDurable } of landed) {
      // Who is told may have closed or crashed the store.
      if (!this.#isEnded) onDurable?.()
    }
    if (this.#isIdle) this.#onIdle()
  }

  /** Nothing more becomes durable. */
  end(): void {
    this.#isEnded = true
    this.#queued = []
    this.#queuedBytes = 0
    this.#onIdle()
  }

  /** When all that was added is durable, or nothing will ever be. */
  whenIdle(): Promise<void> {
    if (this.#isEnded || this.#isIdle) return Promise.resolve()
    return new Promise((resolve) => {
      this.#onIdle = resolve
    })
  }

  get #isIdle(): boolean {
    return this.#inFlight.length === 0 && this.#queued.length === 0
  }

  #next(): void {
    let sizeBytes = 0
    let count = 0
    for (const queued of this.#queued) {
      sizeBytes += queued.sizeBytes
      if (count > 0 && (count === batchMax.changeCount || sizeBytes > batchMax.sizeBytes)) break
      count += 1
    }
    if (count === 0) return
    this.#inFlight = this.#queued.splice(0, count)
    for (const queued of this.#inFlight) this.#queuedBytes -= queued.sizeBytes
    this.#begin(this.#inFlight.map(({ change }) => change))
  }
}
