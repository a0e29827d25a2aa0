/**
 * Holds the one value and tells when it has changed. What comes in faster than the page can draw is gathered and applied at once, a
 * frame at a time.
 */
export interface Store<State, Action> {
  readonly state: () => State
  readonly dispatch: (action: Action) => void
  /** Applied with others at the next frame: for what streams in. */
  readonly enqueue: (action: Action) => void
  /** Answers with what ends it. */
  readonly subscribe: (listener: () => void) => () => void
}

export type Schedule = (work: () => void) => void

export function createStore<State, Action>(of: {
  initial: State
  reduce: (state: State, action: Action) => State
  schedule: Schedule
}): Store<State, Action> {
  let state = of.initial
  let queue: Action[] = []
  const listeners = new Set<() => void>()

  function apply(actions: readonly Action[]): void {
    const before = state
    state = actions.reduce(of.reduce, state)
    if (state !== before) for (const listener of [...listeners]) listener()
  }

  function drain(): void {
    const gathered = queue
    queue = []
    apply(gathered)
  }

  return {
    state: () => state,
    dispatch(action) {
      // What was gathered came first.
      const gathered = queue
      queue = []
      apply([...gathered, action])
    },
    enqueue(action) {
      queue.push(action)
      if (queue.length === 1) of.schedule(drain)
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

/** The next frame; of a page that is not seen, where there are no frames, soon. */
export const byFrame: Schedule = (work) => {
  let isDone = false
  const once = () => {
    if (isDone) return
    isDone = true
    work()
  }
  requestAnimationFrame(once)
  if (document.visibilityState !== 'visible') setTimeout(once, 250)
}
