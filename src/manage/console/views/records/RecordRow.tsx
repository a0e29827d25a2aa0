/** One record in a line; opened, all of it. */
import { useState } from 'preact/hooks'
import type { RecordView } from '../../../http/contract.ts'
import { linkTo, moveTo } from '../../app.ts'
import { Json } from '../../parts/Json.tsx'
import { memo } from '../../parts/memo.ts'
import { rootOf } from '../../state/actors.ts'
import { clockText } from '../../state/time.ts'

export const RecordRow = memo(function RecordRow({ record }: { record: RecordView }) {
  const [isOpen, setOpen] = useState(false)
  const isChange = record.fromState !== null && record.fromState !== record.state
  return (
    <li class={`record ${isOpen ? 'is-open' : ''}`}>
      <button type="button" class="record-line" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        <time class="number">{clockText(record.timeUs)}</time>
        <span class="record-event">{record.event.type}</span>
        {isChange && (
          <span class="record-change">
            <span class={`state is-${rootOf(record.fromState!)}`}>{record.fromState}</span>
            <span class="dim">→</span>
            <span class={`state is-${rootOf(record.state)}`}>{record.state}</span>
          </span>
        )}
        {!isChange && record.effects.length > 0 && (
          <span class="record-effects dim">{record.effects.map(({ type }) => type).join(', ')}</span>
        )}
      </button>
      {isOpen && <RecordDetail record={record} />}
    </li>
  )
})

export function RecordDetail({ record }: { record: RecordView }) {
  const { type: _, ...event } = record.event
  return (
    <div class="record-detail">
      <p class="record-links">
        <code>{record.id}</code>
        <button
          type="button"
          class="plain"
          onClick={() => moveTo({ timeUs: record.timeUs, timeCount: record.timeCount })}
        >
          Go to this moment
        </button>
        <a {...linkTo({ view: 'incidents', subject: record.id })}>Explain</a>
        {record.cause && (
          <span class="dim">
            caused by <a {...linkTo({ view: 'incidents', subject: record.cause })}>{record.cause}</a>
          </span>
        )}
      </p>
      <Json value={event} />
      {record.effects.map((effect, index) => (
        <details key={index} class="effect">
          <summary>{effect.type}</summary>
          <Json value={effect} depth={1} />
        </details>
      ))}
    </div>
  )
}
