/** Who is held together, by way of others too: relationships are the threads, and what hangs together is a knot. */

interface Thread {
  /** As messages name it: `groups.web`. */
  readonly name: string
  readonly members: readonly (readonly string[])[]
}

export class Bonds {
  /** By assignment. */
  readonly #threads = new Map<string, Thread[]>()
  readonly #knots = new Map<string, number>()

  constructor(threads: readonly Thread[]) {
    for (const thread of threads)
      for (const name of thread.members.flat()) this.#threads.set(name, [...(this.#threads.get(name) ?? []), thread])
    for (const start of this.#threads.keys()) {
      if (this.#knots.has(start)) continue
      const knot = this.#knots.size
      for (const name of this.#reachedFrom(start).keys()) this.#knots.set(name, knot)
    }
  }

  /** Those with the same are held together; null: nothing holds it. */
  knotOf(assignment: string): number | null {
    return this.#knots.get(assignment) ?? null
  }

  /** The names of what holds two of one knot together. */
  between(one: string, other: string): readonly string[] {
    return this.#reachedFrom(one).get(other) ?? []
  }

  /** Everything it is held to, with the fewest threads on the way there. */
  #reachedFrom(start: string): Map<string, readonly string[]> {
    const reached = new Map<string, readonly string[]>([[start, []]])
    const followed = new Set<Thread>()
    // A map that grows while it is read gives what was added, too.
    for (const [at, by] of reached)
      for (const thread of this.#threads.get(at) ?? []) {
        if (followed.has(thread)) continue
        followed.add(thread)
        for (const next of thread.members.flat()) if (!reached.has(next)) reached.set(next, [...by, thread.name])
      }
    return reached
  }
}
