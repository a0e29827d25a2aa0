import type { IncidentView } from '../../../http/contract.ts'
import { linkTo } from '../../app.ts'
import { useSelect } from '../../parts/hooks.ts'
import { memo } from '../../parts/memo.ts'
import { clockText, spanText } from '../../state/time.ts'

interface Props {
  readonly incident: IncidentView
  readonly isSelected: boolean
}

/** When, what, and how long nobody served. */
export const IncidentRow = memo(function IncidentRow({ incident, isSelected }: Props) {
  const isLater = useSelect(({ route }) => route.at !== null && incident.startUs > route.at.timeUs)
  return (
    <li>
      <a
        class={`incident is-${incident.severity} ${isLater ? 'is-later' : ''}`}
        aria-current={isSelected ? 'true' : undefined}
        {...linkTo({ view: 'incidents', subject: incident.id })}
      >
        <i class="severity" role="img" aria-label={incident.severity} />
        <span class="incident-title">{incident.title}</span>
        <span class="incident-facts">
          <time class="number">{clockText(incident.startUs)}</time>
          <span>{incident.endUs === null ? 'not over' : spanText((incident.endUs - incident.startUs) / 1000)}</span>
          {incident.outageMs !== null && <span class="outage">not served for {spanText(incident.outageMs)}</span>}
        </span>
      </a>
    </li>
  )
})
