/**
 * Who has which role where: assignments × nodes. Only the rows and columns that are seen are drawn; names of assignments and nodes
 * stay where they are while the rest scrolls.
 */
import { useState } from 'preact/hooks'
import { linkTo } from '../../app.ts'
import { Filter } from '../../parts/Filter.tsx'
import { useSelect, useSize } from '../../parts/hooks.ts'
import { RoleMark } from '../../parts/RoleMark.tsx'
import { rangeOf } from '../../parts/range.ts'
import { filterAssignments, filterNodes } from '../../state/filter.ts'
import { shown } from '../../state/select.ts'
import type { NodeShown } from '../../state/shown.ts'
import { type Columns, MatrixRow } from './MatrixRow.tsx'
import { toneOf } from './Nodes.tsx'

const rowHeight = 32
const headHeight = 30

export function Matrix() {
  const assignments = useSelect((state) => shown(state).assignments)
  const allNodes = useSelect((state) => shown(state).nodes)
  const filter = useSelect((state) => state.route.filter)
  const rows = filterAssignments(assignments, filter)
  const nodes = filterNodes(allNodes, filter)
  const [box, size] = useSize<HTMLDivElement>()
  const [scroll, setScroll] = useState({ left: 0, top: 0 })
  const labelWidth = size.width < 520 ? 132 : 224
  const columnWidth = Math.max(44, Math.min(148, (size.width - labelWidth - 1) / Math.max(1, nodes.length)))
  const seenRows = rangeOf({ offset: scroll.top, extent: size.height, size: rowHeight, count: rows.length })
  const seenColumns = rangeOf({
    offset: scroll.left,
    extent: size.width - labelWidth,
    size: columnWidth,
    count: nodes.length,
  })
  const columns = useColumns(nodes, { ...seenColumns, columnWidth, labelWidth })
  const width = labelWidth + columnWidth * nodes.length
  return (
    <section class="matrix" aria-label="Roles">
      <header class="section-head">
        <h2>Roles</h2>
        <Filter label="Filter assignments" />
        <span class="dim number">
          {rows.length === assignments.length ? rows.length : `${rows.length} of ${assignments.length}`}
        </span>
        <Legend />
      </header>
      <div
        class="grid"
        ref={box}
        role="grid"
        aria-label="Assignments by nodes"
        aria-rowcount={rows.length + 1}
        aria-colcount={nodes.length + 1}
        tabIndex={0}
        style={{ '--all': `${headHeight + rowHeight * rows.length + 2}px` }}
        onScroll={({ currentTarget: { scrollLeft: left, scrollTop: top } }) => setScroll({ left, top })}
      >
        <div class="grid-all" style={{ width: `${width}px`, height: `${headHeight + rowHeight * rows.length}px` }}>
          <Head columns={columns} />
          {rows.slice(seenRows.from, seenRows.to).map((assignment, place) => (
            <MatrixRow
              key={assignment.name}
              assignment={assignment}
              columns={columns}
              top={headHeight + rowHeight * (seenRows.from + place)}
              index={seenRows.from + place}
            />
          ))}
        </div>
      </div>
      {rows.length === 0 && <p class="nothing">No assignment is like that.</p>}
    </section>
  )
}

let lastColumns: Columns | null = null

/** The same object while the same columns are seen: rows go by it. */
function useColumns(nodes: readonly NodeShown[], of: Omit<Columns, 'nodes'>): Columns {
  const isSame =
    lastColumns !== null &&
    lastColumns.nodes === nodes &&
    lastColumns.from === of.from &&
    lastColumns.to === of.to &&
    lastColumns.columnWidth === of.columnWidth &&
    lastColumns.labelWidth === of.labelWidth
  if (!isSame) lastColumns = { nodes, ...of }
  return lastColumns!
}

function Head({ columns }: { columns: Columns }) {
  const { nodes, from, to, columnWidth, labelWidth } = columns
  return (
    <div class="grid-head" role="row" aria-rowindex={1}>
      <span class="grid-corner" style={{ width: `${labelWidth}px` }} />
      {nodes.slice(from, to).map((node, place) => (
        <a
          key={node.name}
          class={`grid-node is-${toneOf(node.availability)}`}
          style={{ left: `${labelWidth + columnWidth * (from + place)}px`, width: `${columnWidth}px` }}
          title={`${node.name}: ${node.availability}, ${node.mastership}`}
          {...linkTo({ of: `node:${node.name}` })}
        >
          <i class={`dot is-${toneOf(node.availability)}`} aria-hidden="true" />
          {node.name}
          {node.mastership === 'master' && <span class="star">★</span>}
        </a>
      ))}
    </div>
  )
}

function Legend() {
  return (
    <span class="legend" aria-hidden="true">
      {['primary', 'secondary', 'spare', 'quiescing'].map((role) => (
        <span key={role}>
          <RoleMark role={role} /> {role}
        </span>
      ))}
    </span>
  )
}
