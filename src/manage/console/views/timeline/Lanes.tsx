/** From near: the role of each component over time, one lane each, those that changed first. */
import { useSelect } from '../../parts/hooks.ts'
import { lanesOf, laneUsMax, type StateLane } from '../../state/lanes.ts'
import type { Span } from '../../state/model.ts'
import { spanText } from '../../state/time.ts'
import type { Scale } from './scale.ts'

export const laneHeight = 15
const laneCountMax = 6
const none: readonly StateLane[] = []

export function useLanes(window: Span): readonly StateLane[] {
  const history = useSelect((state) => state.history)
  const records = useSelect((state) => state.records)
  const isShort = useSelect(() => innerHeight < 640)
  if (isShort || window.toUs - window.fromUs > laneUsMax) return none
  const isCovered = history?.covers(window.fromUs) && history.covers(window.toUs - 1)
  if (history && (isCovered || (records[0]?.timeUs ?? window.toUs) > window.fromUs)) {
    return lanesOf(history.records, within(window, history), laneCountMax)
  }
  return lanesOf(records, window, laneCountMax)
}

/** Of what is not known nothing is drawn. */
function within(window: Span, known: Span): Span {
  return { fromUs: Math.max(window.fromUs, known.fromUs), toUs: Math.min(window.toUs, known.toUs) }
}

export function Lanes({ lanes, scale, top }: { lanes: readonly StateLane[]; scale: Scale; top: number }) {
  return (
    <g transform={`translate(0 ${top})`}>
      {lanes.map(({ name, parts }, index) => (
        <g key={name} transform={`translate(0 ${index * laneHeight})`}>
          {parts.map(({ fromUs, toUs, root, state }) => {
            const x = Math.max(0, scale.x(fromUs))
            const width = Math.max(1, Math.min(scale.width, scale.x(toUs)) - x)
            return (
              <rect key={fromUs} class={`lane is-${root}`} x={x} width={width} height={laneHeight - 4} rx={1.5}>
                <title>{`${name}: ${state}, ${spanText((toUs - fromUs) / 1000)}`}</title>
              </rect>
            )
          })}
          <rect class="lane-plate" width={name.length * 6.5 + 8} height={laneHeight - 4} rx={1.5} />
          <text class="lane-name" x={4} y={laneHeight - 6.5}>
            {name}
          </text>
        </g>
      ))}
    </g>
  )
}
