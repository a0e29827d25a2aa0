/** Every machine of every node, and any of them from near. */
import { go } from '../../app.ts'
import { Filter } from '../../parts/Filter.tsx'
import { useSelect } from '../../parts/hooks.ts'
import { neighbourIndex, useListMoves } from '../../parts/list.ts'
import { memo } from '../../parts/memo.ts'
import { VirtualList } from '../../parts/virtual.tsx'
import { type ActorState, rootOf } from '../../state/actors.ts'
import { filterTexts } from '../../state/filter.ts'
import { actorsListed } from '../../state/select.ts'
import { Machine } from './Machine.tsx'

const rowHeight = 30

/** In an address: `n1/component/n1/ledger`. */
export const subjectOf = ({ node, actor }: { node: string; actor: string }) => `${node}/${actor}`

export function Machines() {
  const all = useSelect(actorsListed)
  const filter = useSelect((state) => state.route.filter)
  const subject = useSelect((state) => state.route.subject)
  const actors = filterTexts(all, filter, ({ node, actor, state }) => `${node} ${actor} ${state}`)
  const index = actors.findIndex((actor) => subjectOf(actor) === subject)
  const chosen = all.find((actor) => subjectOf(actor) === subject) ?? null
  const list = useListMoves((direction) => {
    const next = actors[neighbourIndex(index, direction, actors.length)]
    if (next) go({ subject: subjectOf(next) }, { replace: true })
  })
  return (
    <div class={`split machines ${subject === null ? '' : 'has-subject'}`}>
      <div class="split-list" ref={list} data-list>
        <header class="section-head">
          <h2>Machines</h2>
          <Filter label="Filter machines" />
          <span class="dim number">{actors.length}</span>
        </header>
        <VirtualList
          count={actors.length}
          rowHeight={rowHeight}
          label="Machines"
          selected={index}
          row={(place) => {
            const actor = actors[place]!
            return <ActorRow key={subjectOf(actor)} actor={actor} isSelected={place === index} />
          }}
        />
      </div>
      <div class="split-detail">
        {chosen ? (
          <Machine key={subject} actor={chosen} />
        ) : (
          <p class="nothing">{subject === null ? 'Choose a machine.' : `${subject} is not there at this moment.`}</p>
        )}
      </div>
    </div>
  )
}

const ActorRow = memo(function ActorRow({ actor, isSelected }: { actor: ActorState; isSelected: boolean }) {
  return (
    <button
      type="button"
      role="option"
      aria-selected={isSelected}
      class={`row actor-row ${isSelected ? 'is-selected' : ''}`}
      onClick={() => go({ subject: subjectOf(actor) })}
    >
      <span class="tag is-node">{actor.node}</span>
      <span class="actor-name">{actor.actor}</span>
      <span class={`state is-${rootOf(actor.state)}`}>{actor.state}</span>
    </button>
  )
})
