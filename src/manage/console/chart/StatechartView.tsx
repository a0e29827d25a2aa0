/**
 * The live statechart of one machine: where it is, what has just brought it there, and what could happen next. Draws what it is
 * given and asks nobody: of a live cluster the records grow at their end, and what is new at the end is animated; any other list
 * (another moment, another machine) is simply shown.
 */
import '../../../charts/chart.css'
import './statechart.css'
import { useMemo, useRef, useState } from 'preact/hooks'
import { drawnMachine } from '../../../charts/index.ts'
import type { DrawnMachine } from '../../../charts/layout.ts'
import { litStates, regionsOf } from '../../../charts/model.ts'
import type { RecordView } from '../../http/contract.ts'
import { ChartDrawing, type Choice } from './ChartDrawing.tsx'
import { Details } from './Details.tsx'
import { usePulses } from './pulses.ts'
import { RecentEvents } from './RecentEvents.tsx'
import { useViewport, type ViewportControl } from './useViewport.ts'
import { transformOf } from './viewport.ts'

export interface StatechartProps {
  /** Of the catalogue. */
  readonly machine: string
  /** As the HTTP interface has it: `primary.ready`. */
  readonly state: string
  /** Of this machine, oldest first. The same list while nothing has come. */
  readonly records: readonly RecordView[]
  readonly onRecord?: (record: RecordView) => void
  /** False: the page lists the records itself. */
  readonly hasEvents?: boolean
}

export function StatechartView(props: StatechartProps) {
  const drawn = drawnMachine(props.machine)
  if (!drawn) return <p class="sc-nothing">No statechart of “{props.machine}” is in this version of the console.</p>
  return <Statechart key={props.machine} {...props} drawn={drawn} />
}

/** Below this the small print is left out, and the names are larger. */
const farScale = 0.5

function Statechart({ drawn, state, records, onRecord, hasEvents = true }: StatechartProps & { drawn: DrawnMachine }) {
  const { chart, layout } = drawn
  const frame = useRef<HTMLDivElement>(null)
  const [choice, setChoice] = useState<Choice | null>(null)
  const [hover, setHover] = useState<Choice | null>(null)
  const lit = useMemo(() => litStates(state), [state])
  const pulses = usePulses(drawn, records)
  const current = layout.boxes.find(({ path }) => path === regionsOf(state)[0]) ?? null
  const control = useViewport(frame, layout, current)
  const { viewport, view } = control
  const shown = hover ?? choice ?? { kind: 'state', id: regionsOf(state)[0]! }
  const drawing = useMemo(
    () => (
      <ChartDrawing
        machine={drawn}
        lit={lit}
        pulses={pulses}
        choice={choice}
        hover={hover}
        onChoose={(chosen) => setChoice((before) => (before?.id === chosen.id ? null : chosen))}
        onHover={setHover}
      />
    ),
    [drawn, lit, pulses, choice, hover],
  )
  return (
    <div class="sc">
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the frame takes the keys of what is in it */}
      <div
        class="sc-frame"
        ref={frame}
        onKeyDown={(event) => {
          if (event.key === 'Escape') setChoice(null)
          control.onKeyDown(event)
        }}
      >
        <svg
          class={`chart sc-svg${viewport.scale < farScale ? ' is-far' : ''}`}
          width={view.width}
          height={view.height}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: keys zoom and pan it
          tabIndex={0}
          role="application"
          aria-roledescription="statechart"
          aria-label={`Statechart of ${chart.name}, in ${state}. Plus and minus zoom, arrows pan, 0 fits.`}
        >
          <g transform={transformOf(viewport, view)}>{drawing}</g>
        </svg>
        <p class="sc-hidden" aria-live="polite">
          {chart.name} is in {state}
        </p>
        <Controls {...control} />
      </div>
      <aside class="sc-side">
        <Details machine={drawn} of={shown} />
        {hasEvents && (
          <section class="sc-recent" aria-label="Recent events">
            <h4>Recent events</h4>
            <RecentEvents chart={chart} records={records} onRecord={onRecord} />
          </section>
        )}
      </aside>
    </div>
  )
}

function Controls({ zoom, fit, follow, isFollowing }: ViewportControl) {
  return (
    <div class="sc-controls">
      <button type="button" title="Zoom in (+)" aria-label="Zoom in" onClick={() => zoom(1.4)}>
        +
      </button>
      <button type="button" title="Zoom out (-)" aria-label="Zoom out" onClick={() => zoom(1 / 1.4)}>
        −
      </button>
      <button type="button" title="Show all of it (0)" onClick={fit}>
        Fit
      </button>
      <button type="button" title="Keep the current state in view" aria-pressed={isFollowing} onClick={follow}>
        Follow
      </button>
    </div>
  )
}
