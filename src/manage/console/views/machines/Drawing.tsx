/** A statechart from its layout: the state it is in lit, the last transitions drawn along. Its colours are those of the style sheet. */
import type { DrawnMachine, PlacedBox, PlacedEdge, PlacedStart } from '../../../../charts/layout.ts'
import { type ChartState, litStates } from '../../../../charts/model.ts'
import {
  classesOf,
  headOf,
  labelLinesAt,
  nameTextOf,
  type PlacedText,
  pathOf,
  rootRowsOrigin,
  rowsAt,
  rowsOriginOf,
} from '../../../../charts/shapes.ts'
import { memo } from '../../parts/memo.ts'

export interface Fired {
  /** Another for each time: what is drawn anew is seen to happen. */
  readonly key: string
  readonly edge: PlacedEdge
  /** After the first of those that came together. */
  readonly delayMs: number
}

interface Props {
  readonly machine: DrawnMachine
  readonly state: string
  readonly fired: readonly Fired[]
}

export const Drawing = memo(function Drawing({ machine: { chart, layout }, state, fired }: Props) {
  const lit = litStates(state)
  const states = new Map(chart.states.map((one) => [one.path, one]))
  const last = fired.at(-1)?.edge.id
  return (
    <g class="chart">
      <Rows rows={rowsAt(layout.rootRows, rootRowsOrigin)} />
      {layout.boxes.map((box) => (
        <Box key={box.path} box={box} state={states.get(box.path)!} isLit={lit.has(box.path)} />
      ))}
      {layout.starts.map((start) => (
        <Start key={start.parent} start={start} />
      ))}
      {layout.anywhere && (
        <g class="anywhere">
          <rect {...layout.anywhere} rx={layout.anywhere.height / 2} />
          <text
            x={layout.anywhere.x + layout.anywhere.width / 2}
            y={layout.anywhere.y + layout.anywhere.height / 2 + 4}
            text-anchor="middle"
          >
            any state
          </text>
        </g>
      )}
      {layout.edges.map((edge) => (
        <g key={edge.id} class={`edge ${edge.id === last ? 'is-last' : ''}`}>
          <path d={pathOf(edge.points)} />
          <path class="head" d={headOf(edge.points)} />
        </g>
      ))}
      {fired.map(({ key, edge, delayMs }) => (
        <path
          key={key}
          class="fired"
          pathLength={1}
          d={pathOf(edge.points)}
          style={{ animationDelay: `${delayMs}ms` }}
        />
      ))}
      {layout.edges.map((edge) => (
        <Label key={edge.id} edge={edge} isLast={edge.id === last} />
      ))}
    </g>
  )
})

const Box = memo(function Box({ box, state, isLit }: { box: PlacedBox; state: ChartState; isLit: boolean }) {
  const classes = classesOf(state)
  return (
    <g class={`${classes.join(' ')} ${isLit ? 'lit' : ''}`} data-state={box.path}>
      {state.description !== null && <title>{state.description}</title>}
      <rect
        class="box"
        x={box.x}
        y={box.y}
        width={box.width}
        height={box.height}
        rx={classes.includes('compound') ? 10 : 7}
      />
      <Text class="name" of={nameTextOf(box, state.name)} />
      <Rows rows={rowsAt(box.rows, rowsOriginOf(box))} />
    </g>
  )
})

function Rows({ rows }: { rows: ReturnType<typeof rowsAt> }) {
  return (
    <>
      {rows.flatMap(({ keyword, lines }) => [
        <Text key={`k${keyword.y}`} class="keyword" of={keyword} />,
        ...lines.map((line) => <Text key={`l${line.y}`} class="row" of={line} />),
      ])}
    </>
  )
}

/** As wide as the layout takes it to be, whatever the font. */
function Text({ class: name, of }: { class: string; of: PlacedText }) {
  return (
    <text class={name} x={of.x} y={of.y} textLength={of.widthPx} lengthAdjust="spacingAndGlyphs">
      {of.text}
    </text>
  )
}

function Start({ start: { points } }: { start: PlacedStart }) {
  return (
    <g class="startEdge">
      <circle class="start" cx={points[0]!.x} cy={points[0]!.y} r={4} />
      <path d={pathOf(points)} />
      <path class="head" d={headOf(points)} />
    </g>
  )
}

const Label = memo(function Label({ edge, isLast }: { edge: PlacedEdge; isLast: boolean }) {
  if (!edge.labelArea) return null
  const { x, y, width, height } = edge.labelArea
  return (
    <g class={isLast ? 'is-last' : ''}>
      <rect class="plate" x={x} y={y} width={width} height={height} rx={3} />
      {labelLinesAt(edge.label, edge.labelArea).map(({ event, guard, widthPx, ...at }) => (
        <text key={at.y} class="label" x={at.x} y={at.y} textLength={widthPx} lengthAdjust="spacingAndGlyphs">
          {event}
          {guard !== '' && <tspan class="guard">{event === '' ? guard : ` ${guard}`}</tspan>}
        </text>
      ))}
    </g>
  )
})
