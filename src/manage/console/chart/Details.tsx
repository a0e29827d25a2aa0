/** What there is to say of a state or an edge: events, guards, actions, and what the source says of them. */
import { isStay } from '../../../charts/drawing.ts'
import type { DrawnMachine } from '../../../charts/layout.ts'
import { type Chart, type ChartTransition, eventTextOf, stateOf } from '../../../charts/model.ts'
import type { Choice } from './ChartDrawing.tsx'

export function Details({ machine, of }: { machine: DrawnMachine; of: Choice }) {
  return of.kind === 'state' ? (
    <StateDetails chart={machine.chart} path={of.id} />
  ) : (
    <EdgeDetails machine={machine} id={of.id} />
  )
}

function StateDetails({ chart, path }: { chart: Chart; path: string }) {
  const state = stateOf(chart, path)
  if (!state) return null
  const own = chart.transitions.filter(({ source }) => source === path)
  const [leaving, staying] = [own.filter((each) => !isStay(each)), own.filter(isStay)]
  return (
    <section class="sc-details" aria-label={`State ${path}`}>
      <h3>{path}</h3>
      {state.description && <p>{state.description}</p>}
      <Actions title="on entry" chart={chart} actions={state.entry} />
      <Actions title="on exit" chart={chart} actions={state.exit} />
      <Transitions title="leaves it" chart={chart} transitions={leaving} />
      <Transitions title="stays in it" chart={chart} transitions={staying} />
    </section>
  )
}

function EdgeDetails({ machine: { chart, layout }, id }: { machine: DrawnMachine; id: string }) {
  const edge = layout.edges.find((each) => each.id === id)
  if (!edge) return null
  const transitions = chart.transitions.filter((each) => edge.transitions.includes(each.id))
  return (
    <section class="sc-details" aria-label={`From ${edge.source || 'any state'} to ${edge.target}`}>
      <h3>
        {edge.source || 'any state'} <span class="sc-dim">→</span> {edge.target}
      </h3>
      <Transitions title="" chart={chart} transitions={transitions} from={edge.source} />
    </section>
  )
}

function Actions({ title, chart, actions }: { title: string; chart: Chart; actions: readonly string[] }) {
  if (actions.length === 0) return null
  return (
    <p class="sc-actions">
      <span class="sc-dim">{title}</span>{' '}
      {actions.map((action, index) => (
        <span key={action}>
          {index > 0 && ', '}
          <Word chart={chart} text={action} />
        </span>
      ))}
    </p>
  )
}

function Transitions(of: { title: string; chart: Chart; transitions: readonly ChartTransition[]; from?: string }) {
  const { title, chart, transitions, from } = of
  if (transitions.length === 0) return null
  return (
    <>
      {title !== '' && <h4>{title}</h4>}
      <ul class="sc-transitions">
        {transitions.map((transition) => (
          <li key={transition.id}>
            <TransitionText
              chart={chart}
              transition={transition}
              isSourceShown={from !== undefined && from !== transition.source}
            />
          </li>
        ))}
      </ul>
    </>
  )
}

export function TransitionText(of: { chart: Chart; transition: ChartTransition; isSourceShown?: boolean }) {
  const { chart, transition, isSourceShown = false } = of
  const { source, target, guard, actions, isReentering } = transition
  return (
    <>
      {isSourceShown && <span class="sc-dim">in {source}: </span>}
      <Word chart={chart} text={eventTextOf(transition)} isEvent />
      {guard !== null && (
        <span class="sc-guard">
          {' ['}
          {guard.split(/(\w+(?:\([^)]*\))?)/).map((part, index) => (
            <Word key={index} chart={chart} text={part} />
          ))}
          ]
        </span>
      )}
      {target !== null && <span class="sc-target"> → {target === source && isReentering ? 'again' : target}</span>}
      {actions.length > 0 && <span class="sc-does">{actions.join(', ')}</span>}
    </>
  )
}

/** With what the source says of it, for who points at it. */
function Word({ chart, text, isEvent = false }: { chart: Chart; text: string; isEvent?: boolean }) {
  const meaning = chart.words[text.replace(/\(.*$/s, '')]
  const className = `${isEvent ? 'sc-event' : ''}${meaning ? ' sc-known' : ''}`.trim()
  return (
    <span class={className === '' ? undefined : className} title={meaning}>
      {text}
    </span>
  )
}
