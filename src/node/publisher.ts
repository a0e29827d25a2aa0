/**
 * Keeps what this node can tell of the cluster: the master's last word, its own sight of the nodes. The master sends its
 * word to every node after each turn that changed it.
 */
import type { CrimContext } from '../../machines/crim.ts'
import type { NodeName } from '../../machines/model/ids.ts'
import { upAvailabilities } from '../../machines/model/status.ts'
import { assignmentsOf } from '../manage/masterWord.ts'
import type { MasterWord } from '../wire/messages/word.ts'

export interface PublisherOptions {
  readonly self: NodeName
  /** Calls back once, at the end of the turn. */
  readonly defer: (callback: () => void) => void
  /** The CRIM's context while this node is the acting master, else null. */
  readonly acting: () => CrimContext | null
  readonly post: (to: NodeName, word: MasterWord) => void
}

export class Publisher {
  readonly #options: PublisherOptions
  readonly #listeners = new Set<() => void>()
  readonly #toldTo = new Map<NodeName, string>()
  #word: MasterWord | null = null
  #text = ''
  /** What the word was made of. */
  #said: CrimContext | null = null
  #isScheduled = false

  constructor(options: PublisherOptions) {
    this.#options = options
  }

  get word(): MasterWord | null {
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
    if (crim !== this.#said) this.#put(crim)
    for (const [node, { availability, incarnation }] of Object.entries(crim.nodes)) {
      if (node === this.#options.self) continue
      if (upAvailabilities.includes(availability)) this.#tell(node, incarnation)
      // What was on its way to it may be lost: it is told again when it returns.
      else this.#toldTo.delete(node)
    }
  }

  /** The word, made anew if there is something else to say. */
  #put(crim: CrimContext): void {
    this.#said = crim
    const said = assignmentsOf(crim)
    const text = JSON.stringify([crim.epoch, said])
    if (text === this.#text) return
    this.#text = text
    this.#word = {
      master: this.#options.self,
      epoch: crim.epoch,
      revision: (this.#word?.revision ?? 0) + 1,
      ...structuredClone(said),
    } as MasterWord
  }

  #tell(node: NodeName, incarnation: number): void {
    const word = this.#word!
    const what = `${incarnation}:${word.epoch}:${word.revision}`
    if (this.#toldTo.get(node) === what) return
    this.#toldTo.set(node, what)
    this.#options.post(node, word)
  }

  #notify(): void {
    for (const listener of this.#listeners) listener()
  }
}
