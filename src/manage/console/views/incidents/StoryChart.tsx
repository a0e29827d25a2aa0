/**
 * Lanes and lines at the left, the telling at the right, a row for each step. A pause is seen as a pause: a row after a long wait
 * stands farther down.
 */
import { useSize } from '../../parts/hooks.ts'
import type { StoryLane, StoryPicture, StoryRow } from '../../state/story.ts'
import { spanText } from '../../state/time.ts'

const laneWidth = 26
/** Where the telling has little room, it stands below its time. */
const narrowPx = 560
const rowHeights = { wide: 30, narrow: 56 } as const
const gapMsMin = 100
const gapHeight = 18

interface Props {
  readonly picture: StoryPicture
  /** The row the cursor stands at; -1: none. */
  readonly current: number
  readonly onChoose: (row: StoryRow) => void
}

export function StoryChart({ picture: { lanes, rows }, current, onChoose }: Props) {
  const [box, size] = useSize<HTMLDivElement>()
  const isNarrow = size.width > 0 && size.width < narrowPx
  const rowHeight = rowHeights[isNarrow ? 'narrow' : 'wide']
  const tops = topsOf(rows, rowHeight)
  const height = (tops.at(-1) ?? 0) + rowHeight
  const width = lanes.length * laneWidth
  return (
    <div class={`story-chart ${isNarrow ? 'is-narrow' : ''}`} ref={box}>
      <LaneHeads lanes={lanes} />
      <div class="story-body" style={{ height: `${height}px` }}>
        <svg class="story-lanes" width={width} height={height} aria-hidden="true">
          {lanes.map(({ node, actor }, index) => (
            <line key={`${node} ${actor}`} class="story-lane" x1={xOf(index)} x2={xOf(index)} y1={0} y2={height} />
          ))}
          {rows.map((row, index) => (
            <Cause key={row.recordId} rows={rows} middles={tops.map((top) => top + rowHeight / 2)} index={index} />
          ))}
          {rows.map((row, index) => (
            <circle
              key={row.recordId}
              class={`story-dot is-${row.phase} ${index === current ? 'is-current' : ''} ${row.isAsked ? 'is-asked' : ''}`}
              cx={xOf(row.lane)}
              cy={tops[index]! + rowHeight / 2}
              r={row.isAsked ? 6 : 4.5}
            />
          ))}
        </svg>
        <ol class="story-rows" style={{ left: `${width}px` }}>
          {rows.map((row, index) => (
            <li key={row.recordId} style={{ top: `${tops[index]}px`, height: `${rowHeight}px` }}>
              {row.gapMs >= gapMsMin && <span class="story-gap dim">{spanText(row.gapMs)} later</span>}
              <button
                type="button"
                class={`story-row ${index === current ? 'is-current' : ''}`}
                aria-current={index === current ? 'step' : undefined}
                onClick={() => onChoose(row)}
              >
                <span class="number story-offset">+{spanText(row.offsetMs)}</span>
                <span class={`phase is-${row.phase}`}>{row.phase === 'other' ? '' : row.phase}</span>
                <span class="story-text" title={row.text}>
                  {row.text}
                </span>
              </button>
            </li>
          ))}
        </ol>
      </div>
    </div>
  )
}

const xOf = (lane: number) => lane * laneWidth + laneWidth / 2

function topsOf(rows: readonly StoryRow[], rowHeight: number): number[] {
  let top = 0
  return rows.map(({ gapMs }, index) => {
    if (index > 0) top += rowHeight + (gapMs >= gapMsMin ? gapHeight : 0)
    else if (gapMs >= gapMsMin) top += gapHeight
    return top
  })
}

function LaneHeads({ lanes }: { lanes: readonly StoryLane[] }) {
  return (
    <div class="story-heads" style={{ height: `${headHeight(lanes)}px` }}>
      {lanes.map(({ node, actor, label }, index) => (
        <span
          key={`${node} ${actor}`}
          class={`story-head-name ${index > 0 && lanes[index - 1]!.node !== node ? 'is-first' : ''}`}
          style={{ left: `${index * laneWidth}px` }}
          title={`${actor} on ${node}`}
        >
          <b>{node}</b> {label}
        </span>
      ))}
    </div>
  )
}

/** As high as the longest name needs, written upwards. */
function headHeight(lanes: readonly StoryLane[]): number {
  const longest = Math.max(0, ...lanes.map(({ node, label }) => node.length + label.length + 1))
  return Math.min(140, 18 + longest * 6.4)
}

/** Within a lane straight down; to another lane a curve with an arrow. */
function Cause({ rows, middles, index }: { rows: readonly StoryRow[]; middles: readonly number[]; index: number }) {
  const row = rows[index]!
  if (row.causeRow === null) return null
  const [fromX, toX] = [xOf(rows[row.causeRow]!.lane), xOf(row.lane)]
  const [fromY, toY] = [middles[row.causeRow]!, middles[index]!]
  if (fromX === toX) return <line class="story-cause" x1={fromX} x2={toX} y1={fromY} y2={toY} />
  const side = toX > fromX ? -1 : 1
  const endX = toX + side * 6
  return (
    <g class={`story-cause is-across is-${row.phase}`}>
      <path d={`M${fromX} ${fromY}C${fromX} ${toY} ${fromX} ${toY} ${endX} ${toY}`} />
      <path class="arrow" d={`M${endX} ${toY}l${side * 5} -3.5v7z`} />
    </g>
  )
}
