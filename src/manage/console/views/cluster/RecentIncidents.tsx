/** The last incidents; the rest has its own view. */
import { linkTo } from '../../app.ts'
import { useSelect } from '../../parts/hooks.ts'
import { IncidentRow } from '../incidents/IncidentRow.tsx'

const countMax = 8

export function RecentIncidents() {
  const incidents = useSelect((state) => state.incidents)
  const isKnown = useSelect((state) => state.areIncidentsKnown)
  return (
    <section class="recent" aria-label="Incidents">
      <h2>
        Incidents
        {incidents.length > countMax && (
          <a class="more" {...linkTo({ view: 'incidents', subject: null })}>
            all {incidents.length}
          </a>
        )}
      </h2>
      {incidents.length === 0 && <p class="nothing">{isKnown ? 'None recorded' : 'Looking for them…'}</p>}
      <ul>
        {incidents.slice(0, countMax).map((incident) => (
          <IncidentRow key={incident.id} incident={incident} isSelected={false} />
        ))}
      </ul>
    </section>
  )
}
