/** The whole chart in a corner: where in it one is. A click goes there. */
import type { DrawnMachine, Point } from '../../../../charts/layout.ts'
import { litStates } from '../../../../charts/model.ts'
import type { Size } from '../../parts/hooks.ts'
import type { Sight } from '../../state/sight.ts'

const heightMax = 120
const widthMax = 150

interface Props {
  readonly machine: DrawnMachine
  readonly state: string
  readonly sight: Sight
  readonly size: Size
  readonly onMove: (at: Point) => void
}

export function Overview({ machine: { layout }, state, sight, size, onMove }: Props) {
  const scale = Math.min(heightMax / layout.height, widthMax / layout.width)
  const isAllSeen = layout.width * sight.scale <= size.width && layout.height * sight.scale <= size.height
  if (isAllSeen || size.width < 420) return null
  const lit = litStates(state)
  const onPointerDown = (event: PointerEvent) => {
    event.stopPropagation()
    const { left, top } = (event.currentTarget as Element).getBoundingClientRect()
    onMove({ x: (event.clientX - left) / scale, y: (event.clientY - top) / scale })
  }
  return (
    <svg
      class="overview"
      width={layout.width * scale}
      height={layout.height * scale}
      viewBox={`0 0 ${layout.width} ${layout.height}`}
      aria-hidden="true"
      onPointerDown={onPointerDown}
    >
      {layout.boxes.map(({ path, x, y, width, height }) => (
        <rect key={path} class={lit.has(path) ? 'is-lit' : ''} x={x} y={y} width={width} height={height} rx={12} />
      ))}
      <rect
        class="overview-sight"
        x={-sight.x / sight.scale}
        y={-sight.y / sight.scale}
        width={size.width / sight.scale}
        height={size.height / sight.scale}
      />
    </svg>
  )
}
