import type { Span } from '../../state/model.ts'
import { clockText } from '../../state/time.ts'
import { ticksOf } from '../../state/window.ts'
import type { Scale } from './scale.ts'

/** As much of the time as the step between the marks needs. */
function tickText(us: number, stepUs: number): string {
  const text = clockText(us)
  if (stepUs < 1_000_000) return text.slice(3)
  return stepUs < 60_000_000 ? text.slice(0, 8) : text.slice(0, 5)
}

export function Axis({ scale, window, height }: { scale: Scale; window: Span; height: number }) {
  const { stepUs, atUs } = ticksOf(window, Math.max(2, scale.width / 110))
  return (
    <g class="axis">
      {atUs.map((us) => (
        <g key={us} transform={`translate(${scale.x(us)} 0)`}>
          <line y1={0} y2={height - 16} />
          <text y={height - 4} x={4}>
            {tickText(us, stepUs)}
          </text>
        </g>
      ))}
    </g>
  )
}
