/**
 * Keeps what this node can tell of the cluster: the master's last word, its own sight of the nodes. The master sends its
 * word to every node after each turn that changed it. A word is as long as the cluster is large; so a long one rests in between, as long
 * as it takes to send it at `wordBytesPerMs`, and what changes meanwhile goes with the next. The master's own view is never late.
 */
import { isAlike } from '../../machines/crim/unchanged.ts'
import type { CrimContext } from '../../machines/crim.ts'
import type { Incarnation, NodeName } from '../../machines/model/ids.ts'
import { upAvailabilities } from '../../machines/model/status.ts'
import type { Clock } from '../engine/clock.ts'
import { assignmentsOf, materialOf } from '../manage/masterWord.ts'
import type { MasterWord } from '../wire/messages/word.ts'

export interface PublisherOptions {
  readonly self: NodeName
  /** Calls back once, at the end of the turn. */
  readonly defer: (callback: () => void) => void
  /** The CRIM's context while this node is the acting master, else null. */
  readonly acting: () => CrimContext | null
  readonly post: (to: NodeName, word: MasterWord) => void
  readonly clock: Pick<Clock, 'nowMs' | 'setTimer'>
}

/** To each node: a small part of any network. */
const wordBytesPerMs = 1_000
/** One of up to so many characters goes at once: that is a cluster of some twenty components. */
const wordLengthFree = 8 * 1024
/** Nobody hears of a change later than this. */
const restMaxMs = 1_000

/** The last word that a life of a node was told. */
interface Told {
  readonly incarnation: Incarnation
  readonly word: MasterWord
}

export class Publisher {
  readonly #options: PublisherOptions
  readonly #listeners = new Set<() => void>()
  readonly #toldTo = new Map<NodeName, Told>()
  #word: MasterWord | null = null
  #text = ''
  #said: CrimContext | null = null
  /** What the word was made of. */
  #material: readonly unknown[] = []
  #isScheduled = false
  /** Of the mastership of that epoch. */
  #rest = { epoch: 0, untilMs: 0 }
  #isSpeakingLater = false

  constructor(options: PublisherOptions) {
    this.#options = options
  }

  get word(): MasterWord | null {
    const crim = this.#options.acting()
    if (crim !== null) this.#put(crim)
    return this.#word
  }

  /** Called whenever something may have changed; the work is done once, at the end of the turn. */
  touch(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    this.#options.defer(() => {
      this.#isScheduled = false
      this.#publish()
    })
  }

  /** A master's word came. Of two masters' words the later epoch counts. */
  received(word: MasterWord): void {
    const isLater =
      this.#word === null ||
      word.epoch > this.#word.epoch ||
      (word.epoch === this.#word.epoch && word.revision > this.#word.revision)
    if (!isLater) return
    this.#word = word
    this.#notify()
  }

  /** Calls back at each change of what this node can tell. Returns what ends it. */
  changes(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #publish(): void {
    const crim = this.#options.acting()
    if (crim !== null) this.#speak(crim)
    this.#notify()
  }

  #speak(crim: CrimContext): void {
    const restMs = this.#rest.epoch === crim.epoch ? this.#rest.untilMs - this.#options.clock.nowMs() : 0
    if (restMs <= 0) this.#put(crim)
    let isAnyLate = false
    for (const [node, { availability, incarnation }] of Object.entries(crim.nodes)) {
      if (node === this.#options.self) continue
      // What was on its way to it may be lost: it is told again when it returns.
      if (!upAvailabilities.includes(availability)) this.#toldTo.delete(node)
      else if (restMs <= 0 || this.#toldTo.get(node)?.incarnation !== incarnation) this.#tell(node, incarnation)
      else isAnyLate ||= crim !== this.#said || this.#toldTo.get(node)!.word !== this.#word
    }
    if (isAnyLate) this.#speakAfter(restMs)
  }

  /** The word, made anew if there is something else to say. */
  #put(crim: CrimContext): void {
    if (crim === this.#said) return
    this.#said = crim
    const material = materialOf(crim)
    if (isAlike(material, this.#material)) return
    this.#material = material
    const said = assignmentsOf(crim)
    const text = JSON.stringify([crim.epoch, said])
    if (text === this.#text) return
    this.#text = text
    this.#word = {
      master: this.#options.self,
      epoch: crim.epoch,
      revision: (this.#word?.revision ?? 0) + 1,
      ...said,
    } as MasterWord
  }

  #tell(node: NodeName, incarnation: Incarnation): void {
    const word = this.#word!
    const told = this.#toldTo.get(node)
    if (told?.incarnation === incarnation && told.word === word) return
    this.#toldTo.set(node, { incarnation, word })
    this.#options.post(node, word)
    this.#restAfter(word)
  }

  #restAfter({ epoch }: MasterWord): void {
    const { length } = this.#text
    if (length <= wordLengthFree) return
    const untilMs = this.#options.clock.nowMs() + Math.min(length / wordBytesPerMs, restMaxMs)
    this.#rest = { epoch, untilMs }
  }

  #speakAfter(restMs: number): void {
    if (this.#isSpeakingLater) return
    this.#isSpeakingLater = true
    this.#options.clock.setTimer(restMs, () => {
      this.#isSpeakingLater = false
      this.touch()
    })
  }

  #notify(): void {
    for (const listener of this.#listeners) listener()
  }
}
