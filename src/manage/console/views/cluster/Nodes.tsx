/** The nodes: a table while they are few, a field of small plates when they are many. */
import { linkTo } from '../../app.ts'
import { useSelect } from '../../parts/hooks.ts'
import { memo } from '../../parts/memo.ts'
import { shown } from '../../state/select.ts'
import type { NodeShown } from '../../state/shown.ts'

/** More than these become plates. */
const tableCountMax = 9

export function Nodes() {
  const nodes = useSelect((state) => shown(state).nodes)
  const isTable = nodes.length <= tableCountMax
  return (
    <section class="nodes" aria-label="Nodes">
      <h2>Nodes</h2>
      {isTable ? (
        <ul class="node-cards">
          {nodes.map((node) => (
            <NodeCard key={node.name} node={node} />
          ))}
        </ul>
      ) : (
        <ul class="node-plates">
          {nodes.map((node) => (
            <NodePlate key={node.name} node={node} />
          ))}
        </ul>
      )}
    </section>
  )
}

export function toneOf(availability: string): 'good' | 'warn' | 'bad' | 'dim' {
  if (availability === 'alive') return 'good'
  if (availability === 'unknown') return 'dim'
  return availability === 'suspect' || availability === 'leaving' ? 'warn' : 'bad'
}

const NodeCard = memo(function NodeCard({ node }: { node: NodeShown }) {
  const tone = toneOf(node.availability)
  return (
    <li>
      <a class={`node-card is-${tone}`} {...linkTo({ of: `node:${node.name}` })}>
        <span class="node-name">
          <i class={`dot is-${tone}`} aria-hidden="true" />
          <b>{node.name}</b>
          <Mastership of={node.mastership} />
        </span>
        <span class="node-state">
          {node.setting ?? node.availability}
          {node.vote === 'learner' || node.vote === 'none' ? <small>no vote</small> : null}
        </span>
        <Links node={node} />
      </a>
    </li>
  )
})

const NodePlate = memo(function NodePlate({ node }: { node: NodeShown }) {
  const text = `${node.name}: ${node.availability}${node.setting ? `, ${node.setting}` : ''}, ${node.mastership}`
  return (
    <li>
      <a
        class={`node-plate is-${toneOf(node.availability)} is-${node.mastership}`}
        title={text}
        {...linkTo({ of: `node:${node.name}` })}
      >
        {node.name}
      </a>
    </li>
  )
})

export function Mastership({ of }: { of: NodeShown['mastership'] }) {
  if (of === 'member') return null
  return <span class={`tag is-${of}`}>{of}</span>
}

function Links({ node }: { node: NodeShown }) {
  if (node.links.length === 0) return null
  const downCount = node.links.filter(({ isUp }) => !isUp).length
  const text = node.links.map(({ address, isUp }) => `${address} ${isUp ? 'up' : 'down'}`).join('\n')
  return (
    <span
      class="links"
      title={text}
      role="img"
      aria-label={`${node.links.length - downCount} of ${node.links.length} links up`}
    >
      {node.links.map(({ address, isUp }) => (
        <i key={address} class={isUp ? 'is-up' : 'is-down'} />
      ))}
    </span>
  )
}
