/** Server-sent events out of a stream of text, wherever its pieces were cut. */
export interface ServerEvent {
  readonly id: string | null
  readonly event: string
  readonly data: string
}

/** More than this without an end of an event is no event stream. */
const pendingLengthMax = 64 * 1024 * 1024

export function eventReader(onEvent: (event: ServerEvent) => void): (text: string) => void {
  let pending = ''
  return (text) => {
    pending += text
    if (pending.length > pendingLengthMax) throw new Error('an event without an end')
    for (let end = endOf(pending); end; end = endOf(pending)) {
      const event = parseEvent(pending.slice(0, end.at))
      pending = pending.slice(end.at + end.length)
      if (event) onEvent(event)
    }
  }
}

function endOf(text: string): { at: number; length: number } | null {
  const found = /\r?\n\r?\n/.exec(text)
  return found ? { at: found.index, length: found[0].length } : null
}

/** null: a comment, or without data. */
export function parseEvent(block: string): ServerEvent | null {
  let id: string | null = null
  let event = 'message'
  const data: string[] = []
  for (const line of block.split(/\r?\n/)) {
    const colon = line.indexOf(':')
    if (colon === 0) continue
    const field = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '')
    if (field === 'id') id = value
    if (field === 'event') event = value
    if (field === 'data') data.push(value)
  }
  return data.length === 0 ? null : { id, event, data: data.join('\n') }
}
