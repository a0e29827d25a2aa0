/** Reads the text format of Prometheus as strictly as its description has it: whatever does not fit is an error. */
export interface MetricFamily {
  readonly type: string
  readonly samples: { name: string; labels: Record<string, string>; value: number }[]
}

export function parseMetrics(text: string): Map<string, MetricFamily> {
  if (!text.endsWith('\n')) throw new Error('the last line has no end')
  const families = new Map<string, MetricFamily>()
  const helped = new Set<string>()
  let current: string | null = null
  for (const line of text.slice(0, -1).split('\n')) {
    const help = /^# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)$/.exec(line)
    const type = /^# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (gauge|counter|histogram)$/.exec(line)
    if (help) helped.add(help[1]!)
    else if (type) {
      current = type[1]!
      if (!helped.has(current)) throw new Error(`no help before ${line}`)
      if (families.has(current)) throw new Error(`${current} twice`)
      families.set(current, { type: type[2]!, samples: [] })
    } else if (current === null) throw new Error(`nothing before ${line}`)
    else families.get(current)!.samples.push(sampleOf(line, current))
  }
  return families
}

function sampleOf(line: string, family: string) {
  const match = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/.exec(line)
  if (!match) throw new Error(`no sample: ${line}`)
  const [, name, labels = '', value] = match
  if (name!.replace(/_(bucket|sum|count)$/, '') !== family && name !== family)
    throw new Error(`${name} is not of ${family}`)
  return { name: name!, labels: labelsOf(labels, line), value: numberOf(value!) }
}

function labelsOf(text: string, line: string): Record<string, string> {
  const labels: Record<string, string> = {}
  let rest = text
  while (rest !== '') {
    const match = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/.exec(rest)
    if (!match) throw new Error(`no label: ${rest} in ${line}`)
    if (match[1]! in labels) throw new Error(`${match[1]} twice in ${line}`)
    labels[match[1]!] = match[2]!.replace(/\\(.)/g, (_, escaped) => (escaped === 'n' ? '\n' : escaped))
    rest = rest.slice(match[0].length)
  }
  return labels
}

function numberOf(text: string): number {
  if (text === '+Inf') return Number.POSITIVE_INFINITY
  const value = Number(text)
  if (Number.isNaN(value)) throw new Error(`no number: ${text}`)
  return value
}
