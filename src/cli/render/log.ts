/** A record of the cluster log in one line, as `rolecall replay` prints its timeline. */
import type { PlainRecord } from '../../clusterLog/record.ts'
import { formatEntry } from '../../recorder/text.ts'
import type { TimelineEntry } from '../../recorder/timeline.ts'
import { paintOf } from './replay.ts'
import type { Style } from './style.ts'

export function renderRecord(record: PlainRecord, style: Style): string {
  const [incarnation = 0, sequence = 0] = record.id.split(':').slice(-2).map(Number)
  const { timeUs: us, timeCount: count, kind, ...rest } = record
  const entry = { ...rest, kind, incarnation, sequence, time: { us, count }, timers: [] } as TimelineEntry
  return formatEntry(entry, paintOf(style))
}
