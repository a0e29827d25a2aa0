/**
 * What the cluster log has of times before the memory, as far as a few pages reach. Reading them is work for the node's own loop, so it is
 * paced, and what was read serves whoever asks for about the same time soon after: pages do, again and again.
 */
import type { ClusterLog } from '../../clusterLog/index.ts'
import { Paced } from './paced.ts'
import { RecordIndex } from './recordIndex.ts'

/** Of one question to the cluster log. */
const pageLimit = 5000
const pageCountMax = 4
/** What was read is forgotten after this: records arrive late, too. */
const knownMs = 60_000
/** The memory is not joined more often. */
const joinMs = 1000

interface Known {
  readonly index: RecordIndex
  /** Nothing is known beyond. Infinity: the memory was joined. */
  readonly untilUs: number
  /** There is nothing before it. */
  readonly isWhole: boolean
  readonly readAtMs: number
  joinedAtMs: number
}

export class OlderRecords {
  readonly #log: Pick<ClusterLog, 'query'>
  readonly #memory: RecordIndex
  readonly #nowMs: () => number
  readonly #paced = new Paced()
  #known: Known | null = null
  #timer: ReturnType<typeof setTimeout> | null = null

  constructor(of: { log: Pick<ClusterLog, 'query'>; memory: RecordIndex; nowMs?: () => number }) {
    this.#log = of.log
    this.#memory = of.memory
    this.#nowMs = of.nowMs ?? (() => performance.now())
  }

  /** With the memory in it, where that is not all later. Rejects with a `BusyError`. */
  upTo(toUs: number): Promise<RecordIndex> {
    return this.#paced.run(async (part) => {
      const known = this.#known
      if (known && this.#serves(known, toUs)) return this.#joined(known).index
      const isBeyond = toUs >= (this.#memory.oldest?.time.us ?? Number.POSITIVE_INFINITY)
      const index = new RecordIndex({ countMax: 2 * pageLimit * pageCountMax + 2 * this.#memory.count })
      let untilUs = isBeyond ? this.#memory.oldest!.time.us : toUs
      let isWhole = false
      for (let page = 0; page < pageCountMax && !isWhole; page++) {
        const fresh = await part(async () => {
          const { records, isTruncated } = await this.#log.query({ toUs: untilUs, limit: pageLimit })
          isWhole = !isTruncated
          return index.add(records)
        })
        if (fresh.length === 0) break
        untilUs = fresh[0]!.time.us
      }
      const nowMs = this.#nowMs()
      const read = { index, untilUs: isBeyond ? Infinity : toUs, isWhole, readAtMs: nowMs, joinedAtMs: -Infinity }
      this.#keep(read)
      return this.#joined(read).index
    })
  }

  /** Read not long ago, without a hole before the memory, and with enough before that moment to know what was. */
  #serves({ index, untilUs, isWhole, readAtMs }: Known, toUs: number): boolean {
    if (this.#nowMs() - readAtMs > knownMs || toUs > untilUs || index.newest === null) return false
    const hasHole = untilUs === Infinity && (this.#memory.oldest?.time.us ?? 0) > index.newest.time.us
    return !hasHole && (isWhole || index.countsBefore(toUs).stepCount >= pageLimit)
  }

  #joined(known: Known): Known {
    const nowMs = this.#nowMs()
    if (known.untilUs !== Infinity || nowMs - known.joinedAtMs < joinMs) return known
    known.index.add(this.#memory.all())
    known.joinedAtMs = nowMs
    return known
  }

  #keep(known: Known): void {
    this.#known = known
    if (this.#timer) clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      this.#known = null
    }, knownMs)
    this.#timer.unref()
  }
}
