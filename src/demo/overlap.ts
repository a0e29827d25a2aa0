/** From the traces of the programs themselves: for how long two of them were active at once. */

export interface Span {
  readonly who: string
  readonly fromNs: number
  readonly toNs: number
}

interface TraceLine {
  readonly event: 'active' | 'inactive' | 'acknowledged'
  readonly monotonicNs: string
  readonly component: string
}

/** Lives that were killed while active said nothing of their end: it is when they were killed. */
export function activeSpans(
  lines: readonly TraceLine[],
  killed: readonly { component: string; atNs: number }[],
  endNs: number,
): Span[] {
  const spans: Span[] = []
  const since = new Map<string, number>()
  const close = (component: string, toNs: number) => {
    const fromNs = since.get(component)
    if (fromNs !== undefined) spans.push({ who: component, fromNs, toNs })
    since.delete(component)
  }
  const happenings = [
    ...lines.map((line) => ({ component: line.component, atNs: Number(line.monotonicNs), what: line.event as string })),
    ...killed.map(({ component, atNs }) => ({ component, atNs, what: 'inactive' })),
  ].sort((a, b) => a.atNs - b.atNs)
  for (const { component, atNs, what } of happenings) {
    if (what === 'active' && !since.has(component)) since.set(component, atNs)
    if (what === 'inactive') close(component, atNs)
  }
  for (const component of [...since.keys()]) close(component, endNs)
  return spans.sort((a, b) => a.fromNs - b.fromNs)
}

/** Total time, in milliseconds, in which more than one was active. */
export function overlapMs(spans: readonly Span[]): number {
  const edges = spans.flatMap(({ fromNs, toNs }) => [
    { atNs: fromNs, change: 1 },
    { atNs: toNs, change: -1 },
  ])
  edges.sort((a, b) => a.atNs - b.atNs || a.change - b.change)
  let activeCount = 0
  let overlapNs = 0
  edges.forEach(({ atNs, change }, index) => {
    if (activeCount > 1) overlapNs += atNs - edges[index - 1]!.atNs
    activeCount += change
  })
  return overlapNs / 1e6
}
