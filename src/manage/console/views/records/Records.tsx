/** All that was recorded around the cursor, of all nodes, in order. Going through it moves the cursor. */
import type { RecordView } from '../../../http/contract.ts'
import { linkTo, moveTo } from '../../app.ts'
import { Filter } from '../../parts/Filter.tsx'
import { useSelect } from '../../parts/hooks.ts'
import { neighbourIndex, useListMoves } from '../../parts/list.ts'
import { memo } from '../../parts/memo.ts'
import { VirtualList } from '../../parts/virtual.tsx'
import { rootOf } from '../../state/actors.ts'
import { filterTexts } from '../../state/filter.ts'
import type { ConsoleState } from '../../state/model.ts'
import { clockText, compareMoments, type Moment } from '../../state/time.ts'
import { RecordDetail } from './RecordRow.tsx'

const rowHeight = 26

const textOf = ({ node, actor, event, state, id }: RecordView) => `${node} ${actor} ${event.type} ${state} ${id}`

export function Records() {
  const at = useSelect((state) => state.route.at)
  const filter = useSelect((state) => state.route.filter)
  const all = useSelect(recordsAround)
  const records = filterTexts(all, filter, textOf)
  const index = at ? lastUntil(records, at) : -1
  const chosen = records[index] ?? null
  const list = useListMoves((direction) => {
    const next = records[at ? neighbourIndex(index, direction, records.length) : records.length - 1]
    if (next) moveTo({ timeUs: next.timeUs, timeCount: next.timeCount })
  })
  return (
    <div class={`split records-view ${chosen ? 'has-subject' : ''}`}>
      <div class="split-list is-wide" ref={list} data-list>
        <header class="section-head">
          <h2>Records</h2>
          <Filter label="Filter records" />
          <span class="dim number">{records.length}</span>
        </header>
        <VirtualList
          count={records.length}
          rowHeight={rowHeight}
          label="Records"
          selected={index}
          sticksToEnd={at === null}
          row={(place) => <Line key={records[place]!.id} record={records[place]!} isSelected={place === index} />}
        />
      </div>
      <div class="split-detail">
        {chosen ? <Chosen record={chosen} /> : <p class="nothing">j and k, or a click, go through the records.</p>}
      </div>
    </div>
  )
}

const none: readonly RecordView[] = []

/** Until that part of the past has come, none: not those of another time. */
function recordsAround({ route, history, records }: ConsoleState): readonly RecordView[] {
  if (route.at === null) return records
  return history?.covers(route.at.timeUs) ? history.records : none
}

function lastUntil(records: readonly RecordView[], at: Moment): number {
  return records.findLastIndex((record) => compareMoments(record, at) <= 0)
}

function Chosen({ record }: { record: RecordView }) {
  return (
    <article class="machine">
      <header class="machine-head">
        <h1>{record.event.type}</h1>
        <a class="actor-name" {...linkTo({ view: 'machines', subject: `${record.node}/${record.actor}` })}>
          {record.node} {record.actor}
        </a>
      </header>
      <RecordDetail record={record} />
    </article>
  )
}

const Line = memo(function Line({ record, isSelected }: { record: RecordView; isSelected: boolean }) {
  const isChange = record.fromState !== record.state
  return (
    <button
      type="button"
      role="option"
      aria-selected={isSelected}
      class={`row record-row ${isSelected ? 'is-selected' : ''}`}
      onClick={() => moveTo({ timeUs: record.timeUs, timeCount: record.timeCount })}
    >
      <time class="number">{clockText(record.timeUs)}</time>
      <span class="tag is-node">{record.node}</span>
      <span class="actor-name">{record.actor}</span>
      <span class="record-event">{record.event.type}</span>
      {isChange && <span class={`state is-${rootOf(record.state)}`}>{record.state}</span>}
    </button>
  )
})
