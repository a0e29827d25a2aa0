/** What may happen in the state it is in: events with their guards, where they lead, and what they do; the one that was taken last is marked. */
import { type ChartTransition, eventTextOf } from '../../../../charts/model.ts'
import { drawnMachine } from '../../net/charts.ts'
import { useAsk } from '../../parts/hooks.ts'
import { type ActorState, rootOf } from '../../state/actors.ts'
import { possibleFrom } from '../../state/fired.ts'

export function Transitions({ actor }: { actor: ActorState }) {
  const { answer } = useAsk(actor.machine, () => drawnMachine(actor.machine!))
  if (!answer) return <p class="nothing">There is no chart of it.</p>
  const { chart } = answer
  return (
    <table class="transitions">
      <thead>
        <tr>
          <th scope="col">In</th>
          <th scope="col">Event</th>
          <th scope="col">If</th>
          <th scope="col">To</th>
          <th scope="col">Does</th>
        </tr>
      </thead>
      <tbody>
        {possibleFrom(chart, actor.state).map((transition) => (
          <Row key={transition.id} transition={transition} words={chart.words} />
        ))}
      </tbody>
    </table>
  )
}

function Row({ transition, words }: { transition: ChartTransition; words: Readonly<Record<string, string>> }) {
  const { source, event, guard, target, actions } = transition
  return (
    <tr>
      <td class="dim">{source === '' ? 'any state' : source}</td>
      <td title={words[event]}>
        <code>{eventTextOf(transition)}</code>
      </td>
      <td title={guard === null ? undefined : words[guard.replace(/\(.*$/, '')]}>{guard}</td>
      <td>
        {target === null ? <span class="dim">stays</span> : <span class={`state is-${rootOf(target)}`}>{target}</span>}
      </td>
      <td class="dim">{actions.join(', ')}</td>
    </tr>
  )
}
