import type { Backend } from './backend.ts'
import type { HistoryRecord } from './history.ts'
import { recordViewOf } from './recordView.ts'

const textLengthMax = 32_768

/** A record as JSON. One that is larger than all others together goes without what its event and its effects say: ask for it by its id. */
export function recordText(entry: HistoryRecord, redact: Backend['redact']): string {
  const view = redact(recordViewOf(entry))
  const text = JSON.stringify(view)
  if (text.length <= textLengthMax) return text
  const bare = ({ type }: { type: string }) => ({ type, isTruncated: true })
  return JSON.stringify({ ...view, event: bare(view.event), effects: view.effects.slice(0, 100).map(bare) })
}
