/** What is asked: a line of what happens, to be added to and taken from. */
import { useState } from 'preact/hooks'
import { go } from '../../app.ts'
import { useSelect } from '../../parts/hooks.ts'
import { Icon } from '../../parts/Icon.tsx'
import { shown } from '../../state/select.ts'
import { eventText, kindOf, targetsOf, whatIfKinds } from '../../state/whatif.ts'

/** Of names offered while typing: more would only slow the browser. */
const offeredCountMax = 400

export function Question({ events }: { events: readonly string[] }) {
  const nodes = useSelect((state) => shown(state).nodes)
  const assignments = useSelect((state) => shown(state).assignments)
  const [target, setTarget] = useState('')
  const kind = kindOf(target)
  const offered = whatIfKinds.filter(({ of }) => kind === null || of.includes(kind))
  const [what, setWhat] = useState('fail')
  const chosen = offered.some((one) => one.what === what) ? what : (offered[0]?.what ?? 'fail')
  const submit = (event: SubmitEvent) => {
    event.preventDefault()
    if (kind === null) return
    go({ events: [...new Set([...events, `${chosen}:${target}`])] })
    setTarget('')
  }
  return (
    <div class="question">
      {events.map((event) => (
        <span key={event} class="chip">
          {eventText(event)}
          <button
            type="button"
            class="quiet"
            aria-label={`Without: ${eventText(event)}`}
            onClick={() => go({ events: events.filter((other) => other !== event) })}
          >
            <Icon name="close" />
          </button>
        </span>
      ))}
      <form onSubmit={submit}>
        <input
          name="target"
          list="targets"
          value={target}
          placeholder="node:n1, n1/ledger, assignment:ledger"
          aria-label="What it happens to"
          autocomplete="off"
          spellcheck={false}
          onInput={({ currentTarget }) => setTarget(currentTarget.value.trim())}
        />
        <datalist id="targets">
          {targetsOf(nodes, assignments)
            .filter((name) => name.includes(target))
            .slice(0, offeredCountMax)
            .map((name) => (
              <option key={name} value={name} />
            ))}
        </datalist>
        <select
          name="what"
          value={chosen}
          aria-label="What happens"
          onChange={({ currentTarget }) => setWhat(currentTarget.value)}
        >
          {offered.map((one) => (
            <option key={one.what} value={one.what}>
              {one.text}
            </option>
          ))}
        </select>
        <button type="submit" class="primary" disabled={kind === null}>
          {events.length === 0 ? 'Show the plan' : 'Add'}
        </button>
      </form>
    </div>
  )
}
