/** One incident, or what led to one record and came of it: the chain across machines and nodes, told beside it. */
import { useEffect } from 'preact/hooks'
import type { ExplanationView, IncidentView } from '../../../http/contract.ts'
import { app, linkTo, moveTo } from '../../app.ts'
import { client } from '../../net/client.ts'
import { useAsk, useSelect } from '../../parts/hooks.ts'
import { incidentOf } from '../../state/select.ts'
import { pictureOf } from '../../state/story.ts'
import { clockText, dayText, spanText } from '../../state/time.ts'
import { around } from '../../state/window.ts'
import { StoryChart } from './StoryChart.tsx'

export function Story({ id }: { id: string }) {
  const endUs = useSelect((state) => incidentOf(state, id)?.endUs ?? null)
  const { phase, answer, ...rest } = useAsk(`${id} ${endUs}`, () => client.explain(id))
  if (phase === 'failed') return <p class="nothing">{(rest as { error: Error }).error.message}</p>
  if (!answer) return <p class="nothing">Looking for what led to it…</p>
  return <Told explanation={answer} />
}

function Told({ explanation }: { explanation: ExplanationView }) {
  const { incident, lines, records } = explanation
  const [first, last] = [lines[0], lines.at(-1)]
  const isKnown = useSelect(
    ({ extent }) => extent !== null && last !== undefined && extent.toUs >= last.timeUs && extent.fromUs <= last.timeUs,
  )
  useEffect(() => {
    const { extent } = app.store.state()
    if (!isKnown || !extent || !first || !last) return
    const window = around({ fromUs: first.timeUs, toUs: last.timeUs }, extent)
    app.store.dispatch({ type: 'window.changed', window })
  }, [explanation.id, isKnown])
  const at = useSelect((state) => state.route.at)
  const picture = pictureOf({ lines, records })
  const current = at ? picture.rows.findLastIndex(({ timeUs }) => timeUs <= at.timeUs) : -1
  return (
    <article class="story">
      <header class="story-head">
        <a class="machine-back" {...linkTo({ subject: null })}>
          Incidents
        </a>
        <h1>{incident?.title ?? titleOf(explanation)}</h1>
        {incident && <Facts incident={incident} />}
      </header>
      {lines.length === 0 ? (
        <p class="nothing">Nothing is told of it.</p>
      ) : (
        <StoryChart
          picture={picture}
          current={current}
          onChoose={({ timeUs, timeCount }) => moveTo({ timeUs, timeCount })}
        />
      )}
    </article>
  )
}

/** Of a record: what it was. */
function titleOf({ id, records }: ExplanationView): string {
  const record = records.find((one) => one.id === id)
  return record ? `${record.event.type}, ${record.actor} on ${record.node}` : id
}

function Facts({ incident }: { incident: IncidentView }) {
  const { startUs, endUs, outageMs, assignments } = incident
  return (
    <dl class="facts">
      <div>
        <dt>Began</dt>
        <dd class="number">
          {clockText(startUs)} <small>{dayText(startUs)}</small>
        </dd>
      </div>
      <div>
        <dt>Took</dt>
        <dd>{endUs === null ? <b class="bad">not over</b> : spanText((endUs - startUs) / 1000)}</dd>
      </div>
      <div>
        <dt>Not served</dt>
        <dd>{outageMs === null ? 'no' : <b class="bad">{spanText(outageMs)}</b>}</dd>
      </div>
      {assignments.length > 0 && (
        <div>
          <dt>Assignments</dt>
          <dd>
            {assignments.slice(0, 6).map((name) => (
              <a key={name} {...linkTo({ of: `assignment:${name}` })}>
                {name}
              </a>
            ))}
            {assignments.length > 6 && <small>and {assignments.length - 6} more</small>}
          </dd>
        </div>
      )}
    </dl>
  )
}
