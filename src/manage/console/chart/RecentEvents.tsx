/** What happened to the machine, latest first: the event, the guard that held, where it led, and what came of it. */
import { firedBy } from '../../../charts/fired.ts'
import { type Chart, eventTextOf } from '../../../charts/model.ts'
import type { RecordView } from '../../http/contract.ts'

const countMax = 40

export interface RecentEventsProps {
  readonly chart: Chart
  readonly records: readonly RecordView[]
  readonly onRecord?: ((record: RecordView) => void) | undefined
}

export function RecentEvents({ chart, records, onRecord }: RecentEventsProps) {
  if (records.length === 0) return <p class="sc-nothing">Nothing has happened to it that is kept.</p>
  return (
    <ol class="sc-events">
      {records
        .slice(-countMax)
        .reverse()
        .map((record) => (
          <li key={record.id}>
            <EventLine chart={chart} record={record} onRecord={onRecord} />
          </li>
        ))}
    </ol>
  )
}

function EventLine({
  chart,
  record,
  onRecord,
}: {
  chart: Chart
  record: RecordView
  onRecord?: RecentEventsProps['onRecord']
}) {
  const { event, fromState, state, effects } = record
  const fired = firedBy(chart, { eventType: event.type, fromState, state })
  const isMoved = fromState !== state
  const content = (
    <>
      <time class="sc-time">{timeText(record.timeUs)}</time>
      <span class="sc-what">
        <span class={fired ? 'sc-event' : 'sc-event sc-dim'}>{fired ? eventTextOf(fired.transition) : event.type}</span>
        {fired?.transition.guard && (
          <span class="sc-guard" title={fired.isCertain ? undefined : 'the first that could have held'}>
            {' '}
            [{fired.transition.guard}]{fired.isCertain ? '' : '?'}
          </span>
        )}
        {isMoved && <span class="sc-target"> → {state}</span>}
        {effects.length > 0 && <span class="sc-does">{effectsText(effects)}</span>}
      </span>
    </>
  )
  const className = `sc-line${isMoved ? ' is-moved' : ''}`
  if (!onRecord) return <div class={className}>{content}</div>
  return (
    <button type="button" class={className} onClick={() => onRecord(record)}>
      {content}
    </button>
  )
}

/** `survey.request ×3` */
function effectsText(effects: RecordView['effects']): string {
  const counts = Map.groupBy(effects, ({ type }) => type)
  return [...counts].map(([type, all]) => (all.length > 1 ? `${type} ×${all.length}` : type)).join(', ')
}

function timeText(timeUs: number): string {
  const at = new Date(timeUs / 1000)
  const two = (count: number) => String(count).padStart(2, '0')
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${String(at.getMilliseconds()).padStart(3, '0')}`
}
