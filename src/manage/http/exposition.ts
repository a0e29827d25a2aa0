/**
 * Metrics in the text format of Prometheus, version 0.0.4: `HELP` and `TYPE` once a family, base units in the names, label values
 * escaped. Written by hand: that is all there is to it.
 */
export type Labels = Readonly<Record<string, string>>

export interface Sample {
  readonly labels?: Labels
  readonly value: number
}

export interface Family {
  readonly name: string
  readonly help: string
  readonly type: 'gauge' | 'counter'
  readonly samples: readonly Sample[]
}

export interface HistogramFamily {
  readonly name: string
  readonly help: string
  readonly type: 'histogram'
  readonly histogram: Histogram
}

/** Samples of one family at most: what is beyond is left out, and `rolecall_metrics_omitted_samples` says so. */
const sampleCountMax = 5000

export function exposition(families: readonly (Family | HistogramFamily)[]): string {
  let omittedCount = 0
  const blocks = families.map((family) => {
    if (family.type === 'histogram') return [...headOf(family), ...family.histogram.lines(family.name)]
    omittedCount += Math.max(0, family.samples.length - sampleCountMax)
    const lines = family.samples
      .slice(0, sampleCountMax)
      .map(({ labels = {}, value }) => `${family.name}${labelText(labels)} ${numberText(value)}`)
    return [...headOf(family), ...lines]
  })
  const omitted = {
    name: 'rolecall_metrics_omitted_samples',
    help: 'Samples left out because there would have been too many.',
    type: 'gauge',
  } as const
  return `${[...blocks.flat(), ...headOf(omitted), `${omitted.name} ${omittedCount}`].join('\n')}\n`
}

function headOf({ name, help, type }: Pick<Family, 'name' | 'help'> & { type: string }): string[] {
  return [`# HELP ${name} ${help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}`, `# TYPE ${name} ${type}`]
}

export function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`)
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}

function numberText(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf'
  return value === Number.NEGATIVE_INFINITY ? '-Inf' : String(value)
}

interface Counted {
  readonly labels: Labels
  readonly counts: number[]
  sum: number
  count: number
}

/** Cumulative, as Prometheus has them. At most `seriesCountMax` sets of labels: further ones are counted as `other`. */
export class Histogram {
  readonly #bounds: readonly number[]
  readonly #seriesCountMax: number
  readonly #series = new Map<string, Counted>()

  /** `bounds`: upper ones, rising, in the unit of the family. */
  constructor(bounds: readonly number[], { seriesCountMax = 1000 }: { readonly seriesCountMax?: number } = {}) {
    this.#bounds = bounds
    this.#seriesCountMax = seriesCountMax
  }

  observe(value: number, labels: Labels = {}): void {
    const counted = this.#seriesOf(labels)
    const place = this.#bounds.findIndex((bound) => value <= bound)
    if (place >= 0) counted.counts[place]! += 1
    counted.sum += value
    counted.count += 1
  }

  #seriesOf(labels: Labels): Counted {
    const key = labelText(labels)
    const known = this.#series.get(key)
    if (known) return known
    const isOver = this.#series.size >= this.#seriesCountMax
    const kept = isOver ? Object.fromEntries(Object.keys(labels).map((name) => [name, 'other'])) : labels
    const keptKey = labelText(kept)
    const made = this.#series.get(keptKey) ?? { labels: kept, counts: this.#bounds.map(() => 0), sum: 0, count: 0 }
    this.#series.set(keptKey, made)
    return made
  }

  lines(name: string): string[] {
    return [...this.#series.values()].flatMap(({ labels, counts, sum, count }) => {
      let below = 0
      const buckets = this.#bounds.map((bound, place) => {
        below += counts[place]!
        return `${name}_bucket${labelText({ ...labels, le: String(bound) })} ${below}`
      })
      return [
        ...buckets,
        `${name}_bucket${labelText({ ...labels, le: '+Inf' })} ${count}`,
        `${name}_sum${labelText(labels)} ${sum}`,
        `${name}_count${labelText(labels)} ${count}`,
      ]
    })
  }
}
