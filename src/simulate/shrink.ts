/**
 * Shrinks a schedule that makes a run fail to a small one that still does: delta debugging (Zeller and Hildebrandt, 2002) over its
 * faults and events, then fewer minutes, then fewer nodes, until nothing more can be left out or the budget is spent. Pure but for
 * `fails`, which runs the simulation. Deterministic: the same answers give the same result.
 */
export interface Schedule<Fault, Happening> {
  readonly nodeCount: number
  readonly minutes: number
  readonly faults: readonly Fault[]
  readonly events: readonly Happening[]
}

export interface ShrinkOptions<Fault, Happening> {
  readonly fails: (schedule: Schedule<Fault, Happening>) => Promise<boolean>
  /** So many runs at most. */
  readonly runCountMax: number
  /** Below this a cluster makes no sense. Default 1. */
  readonly nodeCountMin?: number
  /** Resolution of the length of a run. Default 0.1. */
  readonly minutesStep?: number
}

export interface Shrunk<Fault, Happening> {
  readonly schedule: Schedule<Fault, Happening>
  readonly runCount: number
  /** Nothing that was tried could be left out any more; false: the budget was spent before. */
  readonly isMinimal: boolean
}

/** `schedule` is taken to fail. What comes back fails too. */
export async function shrink<Fault, Happening>(
  schedule: Schedule<Fault, Happening>,
  options: ShrinkOptions<Fault, Happening>,
): Promise<Shrunk<Fault, Happening>> {
  const { runCountMax, nodeCountMin = 1, minutesStep = 0.1 } = options
  let runCount = 0
  let best = schedule
  /** Takes the smaller schedule if it fails. */
  const isTaken = async (smaller: Schedule<Fault, Happening>) => {
    if (runCount >= runCountMax) return false
    runCount += 1
    if (!(await options.fails(smaller))) return false
    best = smaller
    return true
  }
  let before: Schedule<Fault, Happening>
  do {
    before = best
    await withoutChunks(
      () => best.faults,
      (faults) => isTaken({ ...best, faults }),
    )
    await withoutChunks(
      () => best.events,
      (events) => isTaken({ ...best, events }),
    )
    await lowest({ from: Math.ceil(best.minutes / minutesStep) - 1, min: 1 }, (steps) =>
      isTaken({ ...best, minutes: Number((steps * minutesStep).toFixed(6)) }),
    )
    await lowest({ from: best.nodeCount - 1, min: nodeCountMin }, (nodeCount) => isTaken({ ...best, nodeCount }))
  } while (best !== before && runCount < runCountMax)
  return { schedule: best, runCount, isMinimal: runCount < runCountMax }
}

/** Leaves out chunks of a list: halves, quarters, … down to single ones; what is left has no single one that can go. */
async function withoutChunks<One>(
  current: () => readonly One[],
  isTaken: (rest: readonly One[]) => Promise<boolean>,
): Promise<void> {
  for (let size = current().length; size >= 1; size = Math.floor(size / 2)) {
    // From the end: what comes late depends on what came early rather than the other way round.
    for (let start = current().length - size; start > -size; start -= size) {
      const all = current()
      await isTaken([...all.slice(0, Math.max(0, start)), ...all.slice(Math.max(0, start + size))])
    }
  }
}

/** Goes down from `from` as far as `isTaken` says yes: by halves of what is left, then one by one. Failing need not be monotonic. */
async function lowest(
  { from, min }: { from: number; min: number },
  isTaken: (value: number) => Promise<boolean>,
): Promise<void> {
  let value = from
  let stride = Math.max(1, Math.floor((from - min) / 2))
  let lastTaken = from + 1
  while (value >= min) {
    if (await isTaken(value)) lastTaken = value
    else if (stride === 1) return
    else stride = Math.max(1, Math.floor(stride / 2))
    value = lastTaken - stride
    if (value < min && stride > 1) {
      stride = Math.max(1, Math.min(stride - 1, lastTaken - min))
      value = lastTaken - stride
    }
  }
}
