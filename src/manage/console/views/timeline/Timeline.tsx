/**
 * The time of the whole cluster, below every view: how much happened, the incidents, and, from near, which role each component had.
 * Dragging it moves everything on the page to that moment.
 */
import { useState } from 'preact/hooks'
import { app, go, moveTo, step, toPresent } from '../../app.ts'
import { useSelect, useSize } from '../../parts/hooks.ts'
import { Icon } from '../../parts/Icon.tsx'
import { play } from '../../parts/keys.ts'
import type { Span } from '../../state/model.ts'
import { cursorUs, windowOf } from '../../state/select.ts'
import { clockText, spanText } from '../../state/time.ts'
import { panned, zoomed } from '../../state/window.ts'
import { Activity } from './Activity.tsx'
import { Axis } from './Axis.tsx'
import { Bars } from './Bars.tsx'
import { Lanes, laneHeight, useLanes } from './Lanes.tsx'
import { scaleOf } from './scale.ts'

const plotTop = 22
const plotHeight = 34

export function Timeline() {
  const window = useSelect(windowOf)
  const extent = useSelect((state) => state.extent)
  return (
    <section class="timeline" aria-label="Timeline">
      <Controls window={window} />
      {window && extent && <Plot window={window} extent={extent} />}
    </section>
  )
}

const speeds = [0.1, 0.25, 1, 5, 20]

function Controls({ window }: { window: Span | null }) {
  const { isOn, speed } = useSelect((state) => state.play)
  const at = useSelect(cursorUs)
  const nextSpeed = speeds[(speeds.indexOf(speed) + 1) % speeds.length]!
  return (
    <div class="timeline-controls">
      <button
        type="button"
        class="quiet"
        aria-label="One record back"
        title="One record back ( , )"
        onClick={() => step(-1)}
      >
        <Icon name="back" />
      </button>
      <button type="button" class="quiet" aria-label={isOn ? 'Pause' : 'Play'} title="Play (Space)" onClick={play}>
        <Icon name={isOn ? 'pause' : 'play'} />
      </button>
      <button
        type="button"
        class="quiet"
        aria-label="One record on"
        title="One record on ( . )"
        onClick={() => step(1)}
      >
        <Icon name="forward" />
      </button>
      <button
        type="button"
        class="quiet speed number"
        title="Speed"
        onClick={() => app.store.dispatch({ type: 'play.changed', speed: nextSpeed })}
      >
        {speed}×
      </button>
      <time class="number timeline-now">{at === null ? '' : clockText(at)}</time>
      <span class="timeline-span number">{window && spanText((window.toUs - window.fromUs) / 1000)}</span>
      <button type="button" class="quiet" aria-label="Zoom in" title="Zoom in (+)" onClick={() => zoomBy(0.5)}>
        <Icon name="plus" />
      </button>
      <button type="button" class="quiet" aria-label="Zoom out" title="Zoom out (−)" onClick={() => zoomBy(2)}>
        <Icon name="minus" />
      </button>
      <button type="button" class="quiet" aria-label="All of it" title="All of it (0)" onClick={showAll}>
        <Icon name="whole" />
      </button>
    </div>
  )
}

const setWindow = (window: Span | null) => app.store.dispatch({ type: 'window.changed', window })
const showAll = () => setWindow(app.store.state().extent)

function zoomBy(factor: number, aroundUs?: number): void {
  const state = app.store.state()
  const window = windowOf(state)
  if (!window || !state.extent) return
  setWindow(
    zoomed(window, { factor, aroundUs: aroundUs ?? state.route.at?.timeUs ?? window.toUs, extent: state.extent }),
  )
}

function Plot({ window, extent }: { window: Span; extent: Span }) {
  const [box, { width }] = useSize<HTMLDivElement>()
  const [hover, setHover] = useState<number | null>(null)
  const at = useSelect(cursorUs)
  const isPast = useSelect((state) => state.route.at !== null)
  const lanes = useLanes(window)
  const scale = scaleOf(window, width)
  const height = plotTop + plotHeight + lanes.length * laneHeight + 18
  const usAt = (event: { clientX: number }) => scale.us(event.clientX - box.current!.getBoundingClientRect().left)
  const onWheel = (event: WheelEvent) => {
    event.preventDefault()
    const isPan = event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)
    const delta = event.shiftKey ? event.deltaY : event.deltaX
    if (isPan) setWindow(panned(window, { share: delta / Math.max(1, width), extent }))
    else zoomBy(Math.exp(event.deltaY / 400), usAt(event))
  }
  const onPointerDown = (event: PointerEvent) => {
    if (event.button !== 0) return
    event.preventDefault()
    const plot = event.currentTarget as HTMLElement
    plot.focus({ preventScroll: true })
    plot.setPointerCapture(event.pointerId)
    moveWithin(usAt(event), extent)
  }
  const onPointerMove = (event: PointerEvent) => {
    setHover(usAt(event))
    if ((event.currentTarget as HTMLElement).hasPointerCapture(event.pointerId)) moveWithin(usAt(event), extent)
  }
  return (
    <div
      class="timeline-plot"
      ref={box}
      role="slider"
      tabIndex={0}
      aria-label="Moment"
      aria-valuemin={extent.fromUs}
      aria-valuemax={extent.toUs}
      aria-valuenow={at ?? extent.toUs}
      aria-valuetext={at === null ? '' : clockText(at)}
      onKeyDown={onKeyDown}
      onWheel={onWheel}
      onPointerDown={onPointerDown}
      onPointerMove={onPointerMove}
      onPointerLeave={() => setHover(null)}
    >
      {width > 0 && (
        <svg width={width} height={height} aria-hidden="true">
          <Axis scale={scale} window={window} height={height} />
          <Bars scale={scale} top={3} onSelect={(id) => go({ view: 'incidents', subject: id })} />
          <Activity scale={scale} top={plotTop} height={plotHeight} />
          <Lanes lanes={lanes} scale={scale} top={plotTop + plotHeight + 4} />
          {hover !== null && <line class="hover" x1={scale.x(hover)} x2={scale.x(hover)} y1={0} y2={height - 16} />}
          {at !== null && <Cursor x={scale.x(at)} height={height} isPast={isPast} />}
        </svg>
      )}
      {hover !== null && width > 0 && (
        <span class="hover-time number" style={{ left: `${Math.min(width - 84, Math.max(0, scale.x(hover) - 42))}px` }}>
          {clockText(hover)}
        </span>
      )}
    </div>
  )
}

/** The end of all is the present: who drags beyond it is live again. */
function moveWithin(us: number, extent: Span): void {
  if (us >= extent.toUs) return toPresent()
  moveTo(Math.max(extent.fromUs, us))
}

function onKeyDown(event: KeyboardEvent): void {
  if (event.shiftKey || (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight')) return
  event.preventDefault()
  step(event.key === 'ArrowLeft' ? -1 : 1)
}

function Cursor({ x, height, isPast }: { x: number; height: number; isPast: boolean }) {
  return (
    <g class={`cursor ${isPast ? 'is-past' : ''}`} transform={`translate(${x} 0)`}>
      <line y1={0} y2={height - 16} />
      <path d="M-5 0H5V5L0 10L-5 5Z" />
    </g>
  )
}
