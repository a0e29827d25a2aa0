/** The incidents, as long as they took; one that is over in a moment is still wide enough to be hit. */
import type { IncidentView } from '../../../http/contract.ts'
import { useSelect } from '../../parts/hooks.ts'
import type { Scale } from './scale.ts'

const widthMin = 6
const laneCount = 2
const laneHeight = 8
/** More than these are not told apart anyway. */
const barCountMax = 400

export function Bars({ scale, top, onSelect }: { scale: Scale; top: number; onSelect: (id: string) => void }) {
  const incidents = useSelect((state) => state.incidents)
  const chosen = useSelect((state) => (state.route.view === 'incidents' ? state.route.subject : null))
  return (
    <g transform={`translate(0 ${top})`}>
      {placed(incidents, scale).map(({ incident, x, width, lane }) => (
        // biome-ignore lint/a11y/noStaticElementInteractions: the list of incidents is the way for the keyboard.
        <rect
          key={incident.id}
          class={`bar is-${incident.severity} ${incident.id === chosen ? 'is-chosen' : ''}`}
          x={x}
          y={lane * laneHeight}
          width={width}
          height={6}
          rx={3}
          onPointerDown={(event) => event.stopPropagation()}
          onClick={() => onSelect(incident.id)}
        >
          <title>{incident.title}</title>
        </rect>
      ))}
    </g>
  )
}

/** In the first lane that is free there, else over another in the last. */
function placed(incidents: readonly IncidentView[], scale: Scale) {
  const ends = new Array<number>(laneCount).fill(Number.NEGATIVE_INFINITY)
  const seen = incidents
    .filter(({ startUs, endUs }) => scale.x(startUs) < scale.width && (endUs === null || scale.x(endUs) > -widthMin))
    .slice(0, barCountMax)
  return [...seen].reverse().map((incident) => {
    const x = scale.x(incident.startUs)
    const end = incident.endUs === null ? scale.width : scale.x(incident.endUs)
    const width = Math.max(widthMin, end - x)
    const free = ends.findIndex((endX) => endX < x)
    const lane = free < 0 ? laneCount - 1 : free
    ends[lane] = x + width + 1
    return { incident, x, width, lane }
  })
}
