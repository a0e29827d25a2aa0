/** From the traces of the programs themselves: for how long two of them were active at once. */

export interface Span {
  readonly who: string
  readonly fromUs: number
  readonly toUs: number
}

interface TraceLine {
  readonly event: 'active' | 'inactive' | 'acknowledged'
  /** Wall time, microseconds. */
  readonly atUs: number
  readonly component: string
}

/** Lives that were killed while active said nothing of their end: it is when they were killed. */
export function activeSpans(
  lines: readonly TraceLine[],
  killed: readonly { component: string; atUs: number }[],
  endUs: number,
): Span[] {
  const spans: Span[] = []
  const since = new Map<string, number>()
  const close = (component: string, toUs: number) => {
    const fromUs = since.get(component)
    if (fromUs !== undefined) spans.push({ who: component, fromUs, toUs })
    since.delete(component)
  }
  const happenings = [
    ...lines.map((line) => ({ component: line.component, atUs: line.atUs, what: line.event as string })),
    ...killed.map(({ component, atUs }) => ({ component, atUs, what: 'inactive' })),
  ].sort((a, b) => a.atUs - b.atUs)
  for (const { component, atUs, what } of happenings) {
    if (what === 'active' && !since.has(component)) since.set(component, atUs)
    if (what === 'inactive') close(component, atUs)
  }
  for (const component of [...since.keys()]) close(component, endUs)
  return spans.sort((a, b) => a.fromUs - b.fromUs)
}

/** Total time, in milliseconds, in which more than one was active. */
export function overlapMs(spans: readonly Span[]): number {
  const edges = spans.flatMap(({ fromUs, toUs }) => [
    { atUs: fromUs, change: 1 },
    { atUs: toUs, change: -1 },
  ])
  edges.sort((a, b) => a.atUs - b.atUs || a.change - b.change)
  let activeCount = 0
  let overlapUs = 0
  edges.forEach(({ atUs, change }, index) => {
    if (activeCount > 1) overlapUs += atUs - edges[index - 1]!.atUs
    activeCount += change
  })
  return overlapUs / 1000
}
