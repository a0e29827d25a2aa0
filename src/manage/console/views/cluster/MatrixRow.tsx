/** One assignment: how it is served, and its place on each node that is seen. Drawn again only when it has changed. */
import { go, linkTo } from '../../app.ts'
import { memo } from '../../parts/memo.ts'
import { RoleMark, roleLetters, roleText } from '../../parts/RoleMark.tsx'
import type { AssignmentShown, NodeShown, PlaceShown } from '../../state/shown.ts'

export interface Columns {
  readonly nodes: readonly NodeShown[]
  readonly from: number
  readonly to: number
  readonly columnWidth: number
  readonly labelWidth: number
}

interface Props {
  readonly assignment: AssignmentShown
  readonly columns: Columns
  readonly top: number
  readonly index: number
}

export const MatrixRow = memo(function MatrixRow({ assignment, columns, top, index }: Props) {
  const { nodes, from, to, columnWidth, labelWidth } = columns
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      class={`grid-row is-${assignment.health}`}
      style={{ transform: `translateY(${top}px)` }}
    >
      <a
        class="grid-label"
        style={{ width: `${labelWidth}px` }}
        title={assignment.reason ?? assignment.name}
        {...linkTo({ of: `assignment:${assignment.name}` })}
      >
        <i class="health" aria-hidden="true" />
        <span class="grid-name">{assignment.name}</span>
        <HealthNote of={assignment} />
      </a>
      {nodes.slice(from, to).map((node, place) => {
        const places = assignment.places.get(node.name)
        const left = labelWidth + columnWidth * (from + place)
        return places && <Cell key={node.name} places={places} left={left} width={columnWidth} />
      })}
    </div>
  )
})

function HealthNote({ of }: { of: AssignmentShown }) {
  if (of.health === 'served') return <small class="grid-note">{of.redundancy}</small>
  const text = { unserved: 'not served', degraded: 'no redundancy', locked: 'locked', maintenance: 'maintenance' }[
    of.health
  ]
  return <small class="grid-note">{text}</small>
}

const Cell = memo(function Cell(of: { places: readonly PlaceShown[]; left: number; width: number }) {
  return (
    <span role="gridcell" class="grid-cell" style={{ left: `${of.left}px`, width: `${of.width}px` }}>
      {of.places.map((place) => (
        <PlaceMark key={place.component} place={place} isWide={of.width >= 100} />
      ))}
    </span>
  )
})

function PlaceMark({ place, isWide }: { place: PlaceShown; isWide: boolean }) {
  const { component, role, phase, mark, intended, note } = place
  const text = `${component}: ${roleText({ role, phase, mark })}${intended ? `, to be ${intended}` : ''}${note ? ` (${note})` : ''}`
  return (
    <button type="button" class="place" title={text} aria-label={text} onClick={() => go({ of: component })}>
      <RoleMark role={role} phase={phase} mark={mark} />
      {intended && <span class="intended">→{roleLetters[intended] ?? '?'}</span>}
      {isWide && <small>{mark ?? (phase === 'ready' || phase === 'stopped' ? '' : phase)}</small>}
    </button>
  )
}
