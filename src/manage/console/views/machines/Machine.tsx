/** One machine: its chart with the state it is in, what happened to it, and what it has in mind. */
import { useState } from 'preact/hooks'
import type { DrawnMachine } from '../../../../charts/layout.ts'
import type { RecordView } from '../../../http/contract.ts'
import { linkTo } from '../../app.ts'
import { client } from '../../net/client.ts'
import { useAsk, useSelect } from '../../parts/hooks.ts'
import { Json } from '../../parts/Json.tsx'
import { type ActorState, rootOf } from '../../state/actors.ts'
import { edgeOf, firedOf } from '../../state/fired.ts'
import { clockText } from '../../state/time.ts'
import { ActorRecords, useActorRecords } from './ActorRecords.tsx'
import type { Fired } from './Drawing.tsx'
import { MachineChart } from './MachineChart.tsx'
import { Transitions } from './Transitions.tsx'

export function Machine({ actor }: { actor: ActorState }) {
  const [tab, setTab] = useState<'events' | 'next' | 'context'>('events')
  const records = useActorRecords(actor)
  return (
    <article class="machine" aria-label={`${actor.actor} on ${actor.node}`}>
      <header class="machine-head">
        <a class="machine-back" {...linkTo({ subject: null })}>
          Machines
        </a>
        <h1>{actor.actor}</h1>
        <span class="dim">on</span>
        <a class="tag is-node" {...linkTo({ of: `node:${actor.node}` })}>
          {actor.node}
        </a>
        <span class={`state is-large is-${rootOf(actor.state)}`} aria-live="polite">
          {actor.state}
        </span>
        <span class="dim number">since {clockText(actor.sinceUs)}</span>
      </header>
      <MachineChart actor={actor} fired={(machine) => firedAmong(machine, records)} />
      <div class="tabs" role="tablist">
        <Tab name="Events" isOn={tab === 'events'} onChoose={() => setTab('events')} />
        <Tab name="What may come" isOn={tab === 'next'} onChoose={() => setTab('next')} />
        <Tab name="Context" isOn={tab === 'context'} onChoose={() => setTab('context')} />
      </div>
      <div class="machine-below">
        {tab === 'events' && <ActorRecords records={records} />}
        {tab === 'next' && <Transitions actor={actor} />}
        {tab === 'context' && <Context actor={actor} />}
      </div>
    </article>
  )
}

/** Of steps that come together, so many are seen one after the other. */
const firedCountMax = 3
const togetherUs = 1_000_000
const eachMs = 250

/** The last transitions, latest last. Steps that changed nothing are not seen in a chart. */
function firedAmong({ chart, layout }: DrawnMachine, records: readonly RecordView[]): Fired[] {
  const changes = records.filter(({ fromState, state }) => fromState !== null && fromState !== state)
  const last = changes[0]
  if (!last) return []
  const together = changes.filter(({ timeUs }) => last.timeUs - timeUs < togetherUs).slice(0, firedCountMax)
  return together.reverse().flatMap((record, index) => {
    const transition = firedOf(chart, record)
    const edge = transition && edgeOf(layout.edges, transition)
    return edge ? [{ key: record.id, edge, delayMs: index * eachMs }] : []
  })
}

function Tab({ name, isOn, onChoose }: { name: string; isOn: boolean; onChoose: () => void }) {
  return (
    <button type="button" role="tab" aria-selected={isOn} onClick={onChoose}>
      {name}
    </button>
  )
}

/** Run again from the black box up to the last record that is shown. */
function Context({ actor }: { actor: ActorState }) {
  const recordId = useSelect((state) => state.route.at && actor.recordId) ?? actor.recordId
  const { phase, answer, ...rest } = useAsk(recordId, () => client.snapshot(recordId))
  if (phase === 'failed') return <p class="nothing">{(rest as { error: Error }).error.message}</p>
  if (!answer) return <p class="nothing">Running it again from the black box…</p>
  return (
    <div class={`context ${phase === 'waiting' ? 'is-waiting' : ''}`}>
      <p class="dim">
        After <code>{answer.id}</code>
        {answer.isVerified ? ', run again and as recorded' : ': not verified, another version of the machine made it'}
      </p>
      <Json value={answer.context} />
    </div>
  )
}
