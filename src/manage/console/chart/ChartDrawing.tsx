/** The drawing itself: boxes, edges and labels as the documents have them, and what is lit, chosen, or has just fired. */
import type { DrawnMachine, PlacedBox, PlacedEdge } from '../../../charts/layout.ts'
import { type ChartState, isWithin } from '../../../charts/model.ts'
import {
  classesOf,
  headOf,
  isInner,
  labelLinesAt,
  nameTextOf,
  type PlacedText,
  pathOf,
  rootRowsOrigin,
  rowsAt,
  rowsOriginOf,
} from '../../../charts/shapes.ts'
import type { Pulse } from './pulses.ts'

/** A state by its path, an edge by its id. */
export type Choice = { readonly kind: 'state' | 'edge'; readonly id: string }

export interface DrawingProps {
  readonly machine: DrawnMachine
  readonly lit: ReadonlySet<string>
  readonly pulses: readonly Pulse[]
  readonly choice: Choice | null
  readonly hover: Choice | null
  readonly onChoose: (choice: Choice) => void
  readonly onHover: (choice: Choice | null) => void
}

export function ChartDrawing(props: DrawingProps) {
  const { machine, pulses } = props
  const { chart, layout } = machine
  const states = new Map(chart.states.map((state) => [state.path, state]))
  const shown = props.hover ?? props.choice
  return (
    <>
      <Rows rows={rowsAt(layout.rootRows, rootRowsOrigin)} />
      {layout.boxes.map((box) => (
        <Box key={box.path} box={box} state={states.get(box.path)!} {...props} />
      ))}
      {layout.starts.map(({ parent, points }) => (
        <g key={parent} class="c-start-edge">
          <circle class="c-start" cx={points[0]!.x} cy={points[0]!.y} r={4} />
          <path d={pathOf(points)} />
          <path class="c-head" d={headOf(points)} />
        </g>
      ))}
      <Anywhere layout={layout} />
      {layout.edges.map((edge) => (
        <Edge
          key={edge.id}
          edge={edge}
          isShown={isShown(edge, shown)}
          isFaint={shown !== null && !isShown(edge, shown)}
          {...props}
        />
      ))}
      {pulses.map((pulse) => (
        <PulseOnEdge key={pulse.key} pulse={pulse} edges={layout.edges} />
      ))}
      {layout.edges.map((edge) => (
        <Label
          key={edge.id}
          edge={edge}
          isShown={isShown(edge, shown)}
          isFaint={shown !== null && !isShown(edge, shown)}
        />
      ))}
    </>
  )
}

/** The edge itself, or one that leaves or enters the state, or what is within it. */
function isShown({ id, source, target }: PlacedEdge, shown: Choice | null): boolean {
  if (!shown) return false
  if (shown.kind === 'edge') return shown.id === id
  const isOf = (path: string) => path !== '' && isWithin(path, shown.id)
  return isOf(source) || isOf(target)
}

function Box({
  box,
  state,
  lit,
  pulses,
  choice,
  onChoose,
  onHover,
}: DrawingProps & { box: PlacedBox; state: ChartState }) {
  const isLit = lit.has(box.path)
  const isChosen = choice?.kind === 'state' && choice.id === box.path
  const touch = pulses.findLast(({ edge, state: at }) => edge === null && at === box.path)
  const own = { kind: 'state', id: box.path } as const
  const classes = [...classesOf(state), isLit ? 'c-lit' : '', isChosen ? 'is-chosen' : ''].filter(Boolean).join(' ')
  const radius = state.type === 'atomic' ? 7 : 10
  return (
    <g
      class={classes}
      data-state={box.path}
      role="button"
      tabIndex={0}
      aria-pressed={isChosen}
      aria-label={`${box.path}${isLit ? ', current' : ''}${state.description ? `: ${state.description}` : ''}`}
      onClick={() => onChoose(own)}
      onKeyDown={(event) => {
        if (event.key !== 'Enter' && event.key !== ' ') return
        event.preventDefault()
        onChoose(own)
      }}
      onPointerEnter={(event) => event.pointerType === 'mouse' && onHover(own)}
      onPointerLeave={() => onHover(null)}
    >
      <rect class="c-box" x={box.x} y={box.y} width={box.width} height={box.height} rx={radius} />
      {touch && (
        <rect
          key={touch.key}
          class="c-touch"
          style={{ animationDelay: `${touch.delayMs}ms` }}
          x={box.x - 3}
          y={box.y - 3}
          width={box.width + 6}
          height={box.height + 6}
          rx={radius + 3}
        />
      )}
      <Words of="c-name" at={nameTextOf(box, state.name)} />
      <Rows rows={rowsAt(box.rows, rowsOriginOf(box))} />
    </g>
  )
}

function Rows({ rows }: { rows: ReturnType<typeof rowsAt> }) {
  return (
    <>
      {rows.flatMap(({ keyword, lines }) => [
        <Words key={`${keyword.text} ${keyword.y}`} of="c-keyword" at={keyword} />,
        ...lines.map((line) => <Words key={`${line.text} ${line.y}`} of="c-row" at={line} />),
      ])}
    </>
  )
}

/** As wide as the layout takes it to be, whatever the font. */
function Words({ of, at: { text, x, y, widthPx } }: { of: string; at: PlacedText }) {
  return (
    <text class={of} x={x} y={y} textLength={widthPx} lengthAdjust="spacingAndGlyphs">
      {text}
    </text>
  )
}

function Anywhere({ layout: { anywhere } }: { layout: DrawnMachine['layout'] }) {
  if (!anywhere) return null
  const { x, y, width, height } = anywhere
  return (
    <g class="c-anywhere">
      <rect x={x} y={y} width={width} height={height} rx={height / 2} />
      <text x={x + width / 2} y={y + height / 2 + 4} text-anchor="middle">
        any state
      </text>
    </g>
  )
}

interface EdgeProps {
  readonly edge: PlacedEdge
  readonly isShown: boolean
  readonly isFaint: boolean
}

const shownClasses = ({ isShown, isFaint }: EdgeProps) => `${isShown ? ' is-shown' : ''}${isFaint ? ' is-faint' : ''}`

function Edge(props: DrawingProps & EdgeProps) {
  const { edge, pulses, onChoose, onHover } = props
  const own = { kind: 'edge', id: edge.id } as const
  const path = pathOf(edge.points)
  const isFired = pulses.some((pulse) => pulse.edge === edge.id)
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: what it shows is to be had from its states by keyboard, too
    <g
      class={`c-edge${shownClasses(props)}${isFired ? ' is-fired' : ''}`}
      data-edge={edge.id}
      onClick={() => onChoose(own)}
      onPointerEnter={(event) => event.pointerType === 'mouse' && onHover(own)}
      onPointerLeave={() => onHover(null)}
    >
      <path class="c-hit" d={path} />
      <path d={path} />
      <path class="c-head" d={headOf(edge.points)} />
    </g>
  )
}

/** A spark that runs along the edge. */
function PulseOnEdge({ pulse, edges }: { pulse: Pulse; edges: readonly PlacedEdge[] }) {
  const edge = edges.find(({ id }) => id === pulse.edge)
  if (!edge) return null
  return (
    <path class="c-pulse" pathLength={1} d={pathOf(edge.points)} style={{ animationDelay: `${pulse.delayMs}ms` }} />
  )
}

function Label(props: EdgeProps) {
  const { edge } = props
  const { label, labelArea } = edge
  if (!labelArea) return null
  const { x, y, width, height } = labelArea
  return (
    <g class={`c-lettering${shownClasses(props)}`}>
      <rect class={isInner(edge) ? 'c-plate c-inner' : 'c-plate'} x={x} y={y} width={width} height={height} rx={3} />
      {labelLinesAt(label, labelArea).map(({ event, guard, ...at }) => (
        <text key={at.y} class="c-label" x={at.x} y={at.y} textLength={at.widthPx} lengthAdjust="spacingAndGlyphs">
          {event}
          {guard !== '' && (
            <tspan class="c-guard">
              {event === '' ? '' : ' '}
              {guard}
            </tspan>
          )}
        </text>
      ))}
    </g>
  )
}
