/** What went wrong or was changed, latest first; and of each, how one thing led to the other. */
import { go } from '../../app.ts'
import { Filter } from '../../parts/Filter.tsx'
import { useSelect } from '../../parts/hooks.ts'
import { neighbourIndex, useListMoves } from '../../parts/list.ts'
import { filterTexts } from '../../state/filter.ts'
import { IncidentRow } from './IncidentRow.tsx'
import { Story } from './Story.tsx'

export function Incidents() {
  const all = useSelect((state) => state.incidents)
  const filter = useSelect((state) => state.route.filter)
  const subject = useSelect((state) => state.route.subject)
  const incidents = filterTexts(all, filter, ({ title, code, subject: of }) => `${title} ${code} ${of}`)
  const isKnown = useSelect((state) => state.areIncidentsKnown)
  const index = incidents.findIndex(({ id }) => id === subject)
  const list = useListMoves((direction) => {
    const next = incidents[neighbourIndex(index, direction, incidents.length)]
    if (next) go({ subject: next.id }, { replace: true })
  })
  return (
    <div class={`split incidents ${subject === null ? '' : 'has-subject'}`}>
      <div class="split-list" ref={list} data-list>
        <header class="section-head">
          <h2>Incidents</h2>
          <Filter label="Filter incidents" />
          <span class="dim number">{incidents.length}</span>
        </header>
        <ul class="list incident-list">
          {incidents.map((incident) => (
            <IncidentRow key={incident.id} incident={incident} isSelected={incident.id === subject} />
          ))}
          {incidents.length === 0 && <li class="nothing">{isKnown ? 'None' : 'Looking for them…'}</li>}
        </ul>
      </div>
      <div class="split-detail">
        {subject === null ? <p class="nothing">Choose an incident.</p> : <Story key={subject} id={subject} />}
      </div>
    </div>
  )
}
