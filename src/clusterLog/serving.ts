/**
 * Questions of others that wait for something to answer with. Sans-I/O. One of each node and stream: a later question replaces an
 * earlier. One for which there is nothing is answered with nothing after a while, which says up to when that is so.
 */
import { isAfter, type StreamPosition } from './record.ts'

export interface Question {
  readonly from: string
  readonly origin: string
  readonly after: StreamPosition
}

interface Waiting extends Question {
  readonly sinceMs: number
}

export class Serving {
  readonly #waiting = new Map<string, Waiting>()

  asked(question: Question, nowMs: number): void {
    this.#waiting.set(keyOf(question), { ...question, sinceMs: nowMs })
  }

  /** A node is gone; it asks again when it is back. */
  gone(node: string): void {
    for (const [key, { from }] of this.#waiting) if (from === node) this.#waiting.delete(key)
  }

  /** Takes out what can be answered now: there is more than was asked for, or nothing for too long. */
  due(at: { nowMs: number; markMs: number }, positionOf: (origin: string) => StreamPosition): Question[] {
    const due: Question[] = []
    for (const [key, waiting] of this.#waiting) {
      const { sinceMs, ...question } = waiting
      if (!isAfter(positionOf(question.origin), question.after) && at.nowMs < sinceMs + at.markMs) continue
      this.#waiting.delete(key)
      due.push(question)
    }
    return due
  }
}

function keyOf({ from, origin }: Question): string {
  return `${from}/${origin}`
}
