/** Where one is, where one can go, and whether what is seen is fresh. */
import { app, linkTo, notify } from '../app.ts'
import { client } from '../net/client.ts'
import { useSelect } from '../parts/hooks.ts'
import { Icon } from '../parts/Icon.tsx'
import { toggleTheme } from '../parts/theme.ts'
import type { ViewName } from '../state/route.ts'
import { isRecording, shown } from '../state/select.ts'

const names: readonly (readonly [ViewName, string])[] = [
  ['cluster', 'Cluster'],
  ['machines', 'Machines'],
  ['incidents', 'Incidents'],
  ['records', 'Records'],
  ['whatif', 'What-if'],
]

export function Topbar() {
  const view = useSelect((state) => state.route.view)
  const isPlanPossible = !useSelect(isRecording)
  return (
    <header class="topbar">
      <a class="brand" {...linkTo({ view: 'cluster', subject: null })}>
        <Mark />
        <span>rolecall</span>
      </a>
      <Where />
      <nav aria-label="Views">
        {names.map(([name, text]) =>
          name === 'whatif' && !isPlanPossible ? null : (
            <a key={name} {...linkTo({ view: name, subject: null })} aria-current={view === name ? 'page' : undefined}>
              {text}
              {name === 'incidents' && <OpenCount />}
            </a>
          ),
        )}
      </nav>
      <div class="topbar-end">
        <Freshness />
        <Session />
        <button type="button" class="quiet" title="Light or dark (t)" aria-label="Light or dark" onClick={toggleTheme}>
          <Icon name="theme" />
        </button>
        <button type="button" class="quiet keys-button" title="Keys (?)" aria-label="Keys" onClick={showKeys}>
          ?
        </button>
      </div>
    </header>
  )
}

const showKeys = () => app.store.dispatch({ type: 'dialog.changed', dialog: 'keys' })

/** Three places, one of them held. */
function Mark() {
  return (
    <svg viewBox="0 0 18 18" width="18" height="18" aria-hidden="true">
      <circle cx="9" cy="4.5" r="3.2" fill="var(--accent)" />
      <circle cx="4.2" cy="13" r="2.5" fill="none" stroke="var(--ink)" stroke-width="1.4" />
      <circle cx="13.8" cy="13" r="2.5" fill="none" stroke="var(--ink)" stroke-width="1.4" />
    </svg>
  )
}

function Where() {
  const session = useSelect((state) => state.session)
  if (!session) return <span class="where" />
  return (
    <span class="where" title={`rolecall ${session.version}`}>
      <b>{session.cluster}</b>
      <span class="dim">{session.node === null ? 'recording' : `seen by ${session.node}`}</span>
    </span>
  )
}

function OpenCount() {
  const count = useSelect((state) => state.incidents.filter(({ endUs }) => endUs === null).length)
  return count === 0 ? null : <span class="count">{count}</span>
}

function Freshness() {
  const phase = useSelect((state) => state.link.phase)
  const isPast = useSelect((state) => state.route.at !== null)
  const problemCount = useSelect((state) => shown(state).problems?.length ?? 0)
  if (phase === 'none') return null
  const text = { connecting: 'connecting', live: isPast ? 'live behind' : 'live', lost: 'not connected', none: '' }[
    phase
  ]
  return (
    <span class={`freshness is-${phase}`} role="status" aria-label={`${text}, ${problemCount} problems`}>
      <i />
      {text}
    </span>
  )
}

function Session() {
  const session = useSelect((state) => state.session)
  if (!session || session.mode === 'recording') return null
  if (session.isSignedIn) {
    return (
      <button type="button" class="plain" onClick={signOut}>
        Sign out
      </button>
    )
  }
  return (
    <button
      type="button"
      class="plain"
      onClick={() => app.store.dispatch({ type: 'dialog.changed', dialog: 'signin' })}
    >
      Sign in
    </button>
  )
}

function signOut(): void {
  client
    .signOut()
    .then(() => notify('Signed out'))
    .catch((error: Error) => notify(`Not signed out: ${error.message}`, 'bad'))
    .finally(() => void app.controller.session())
}
