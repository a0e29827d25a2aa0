/**
 * Questions of others that wait for something to answer with. Sans-I/O. One of each node and stream: a later question replaces an
 * earlier. One for which there is nothing is answered with nothing after a while, which says up to when that is so.
 */
import { isAfter, type StreamPosition } from './record.ts'

export interface Question {
  readonly from: string
  readonly origin: string
  readonly after: StreamPosition
  /** Somebody waits there for what happens: to hear soon that nothing did is worth a message. */
  readonly isFollowed: boolean
}

interface Waiting extends Question {
  readonly sinceMs: number
}

/** For a node that asked to be seen as up. */
const waitMaxMs = 60_000

export class Serving {
  readonly #waiting = new Map<string, Waiting>()

  asked(question: Question, nowMs: number): void {
    this.#waiting.set(keyOf(question), { ...question, sinceMs: nowMs })
  }

  get isFollowed(): boolean {
    return this.#waiting.values().some(({ isFollowed }) => isFollowed)
  }

  /**
   * Takes out what can be answered now: there is more than was asked for, or nothing for too long. A node that is not up may be about
   * to be: its question waits. One of a node that never comes is dropped after a while.
   */
  due(
    at: { isUp: (node: string) => boolean; nowMs: number; markMs: { followed: number; unfollowed: number } },
    positionOf: (origin: string) => StreamPosition,
  ): Question[] {
    const due: Question[] = []
    for (const [key, waiting] of this.#waiting) {
      const { sinceMs, ...question } = waiting
      if (!at.isUp(question.from)) {
        if (at.nowMs >= sinceMs + waitMaxMs) this.#waiting.delete(key)
        continue
      }
      const markMs = question.isFollowed ? at.markMs.followed : at.markMs.unfollowed
      if (!isAfter(positionOf(question.origin), question.after) && at.nowMs < sinceMs + markMs) continue
      this.#waiting.delete(key)
      due.push(question)
    }
    return due
  }
}

function keyOf({ from, origin }: Question): string {
  return `${from}/${origin}`
}
