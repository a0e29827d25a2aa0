/** Before → after, assignments × nodes; what does not change is folded away. */
import { useState } from 'preact/hooks'
import type { PlanDocument } from '../../../../../machines/logic/placement/rehearse.ts'
import { RoleMark } from '../../parts/RoleMark.tsx'
import { type PlanRow, planRows } from '../../state/whatif.ts'

const rowCountMax = 200

export function PlanMatrix({ plan }: { plan: PlanDocument }) {
  const [isWhole, setWhole] = useState(false)
  const rows = planRows(plan)
  const changed = rows.filter(({ isChanged }) => isChanged)
  const seen = (isWhole ? rows : changed).slice(0, rowCountMax)
  const used = new Set(seen.flatMap(({ cells }) => [...cells.keys()]))
  const nodes = plan.after.nodes.filter(({ name }) => used.has(name))
  const before = new Map(plan.before.nodes.map((node) => [node.name, node.state ?? node.availability]))
  return (
    <section>
      <h2>
        Before and after
        {rows.length > changed.length && (
          <button type="button" class="plain more" onClick={() => setWhole(!isWhole)}>
            {isWhole ? 'only what changes' : `and ${rows.length - changed.length} unchanged`}
          </button>
        )}
      </h2>
      {seen.length === 0 ? (
        <p class="nothing">Nothing moves.</p>
      ) : (
        <div class="plan-scroll">
          <table class="plan-matrix">
            <thead>
              <tr>
                <th scope="col">Assignment</th>
                {nodes.map(({ name, availability, state }) => {
                  const now = state ?? availability
                  return (
                    <th key={name} scope="col" class={now === before.get(name) ? '' : 'is-changed'}>
                      {name}
                      {now !== before.get(name) && <small>{now}</small>}
                    </th>
                  )
                })}
                <th scope="col">Health</th>
              </tr>
            </thead>
            <tbody>
              {seen.map((row) => (
                <Row key={row.name} row={row} nodes={nodes.map(({ name }) => name)} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {seen.length === rowCountMax && <p class="nothing">and more</p>}
    </section>
  )
}

function Row({ row, nodes }: { row: PlanRow; nodes: readonly string[] }) {
  return (
    <tr>
      <th scope="row">{row.name}</th>
      {nodes.map((node) => {
        const cell = row.cells.get(node)
        if (!cell) return <td key={node} />
        const isMoved = cell.before !== cell.after
        return (
          <td key={node} class={isMoved ? 'is-moved' : ''}>
            {isMoved && (
              <>
                <RoleMark role={cell.before ?? 'offline'} />
                <span class="arrow">→</span>
              </>
            )}
            <RoleMark role={cell.after ?? 'offline'} />
          </td>
        )
      })}
      <td class={`plan-health is-${row.after}`}>
        {row.before === row.after ? row.after : `${row.before} → ${row.after}`}
      </td>
    </tr>
  )
}
