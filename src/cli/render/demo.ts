import type { DemoResult } from '../../demo/demo.ts'
import { formatNarrative } from '../../recorder/index.ts'
import { paintOf } from './replay.ts'
import type { Style } from './style.ts'
import { table } from './table.ts'

export function renderDemo(result: DemoResult, style: Style): string[] {
  const { faults, acknowledgedCount, lostCount, overlapMs, replay, narrative } = result
  const ms = (value: number | null) => (value === null ? '-' : value.toFixed(1))
  const rows = faults.map((fault) => [
    fault.name,
    fault.subject,
    fault.detectedBy ?? '-',
    fault.detectedHow ?? 'not seen',
    ms(fault.detectedMs),
    ms(fault.decidedMs),
    ms(fault.restoredMs),
    ms(fault.unservedMs),
    ms(fault.redundantMs),
  ])
  const [header, ...lines] = table({
    header: ['FAULT', 'OF', 'SEEN BY', 'HOW', 'DETECTED', 'DECIDED', 'RESTORED', 'UNSERVED', 'REDUNDANT'],
    rows,
  })
  const good = (isGood: boolean, text: string) => (isGood ? style.good(text) : style.bad(text))
  return [
    style.bold(header!),
    ...lines,
    style.dim('milliseconds after the fault; unserved: the longest that the client waited for an acknowledgement'),
    '',
    `entries acknowledged  ${acknowledgedCount}`,
    `entries lost          ${good(lostCount === 0, String(lostCount))}`,
    `overlap of primaries  ${good(overlapMs === 0, `${overlapMs} ms`)}`,
    `replay                ${good(replay.isExact, replay.isExact ? 'exact' : 'NOT exact')}: ${replay.eventCount} events of all nodes, ${replay.mismatchCount} mismatches`,
    '',
    style.bold(`The black box on the first fault, ${faults[0]?.name ?? ''}:`),
    formatNarrative(narrative, paintOf(style)),
  ]
}
