/**
 * Work that would hold a node up: done one after the other, with a rest after each part, so that however much is asked, it takes a
 * bounded share of the node's time. `waitingCountMax` questions wait; further ones are refused with a `BusyError`.
 */

/** As much is asked already as is worked on: whoever asks comes again. */
export class BusyError extends Error {
  override readonly name = 'BusyError'
}

const waitingCountMax = 16
/** Work takes at most one in so many parts of the time. */
const workShare = 4

export class Paced {
  #last: Promise<unknown> = Promise.resolve()
  #waitingCount = 0

  /** When all that was asked before is done. `part` does a part of the work, rests, and gives what it found. */
  async run<T>(work: (part: <P>(of: () => Promise<P>) => Promise<P>) => Promise<T>): Promise<T> {
    if (this.#waitingCount >= waitingCountMax) throw new BusyError('too many questions wait')
    this.#waitingCount += 1
    const done = this.#last.then(() => work(rested))
    this.#last = done.catch(() => {})
    try {
      return await done
    } finally {
      this.#waitingCount -= 1
    }
  }
}

async function rested<P>(of: () => Promise<P>): Promise<P> {
  const startMs = performance.now()
  const found = await of()
  await Bun.sleep((performance.now() - startMs) * (workShare - 1))
  return found
}
