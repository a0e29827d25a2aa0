/** What can be asked for; without being signed in, how to become so. */
import { app } from '../../app.ts'
import { useSelect } from '../../parts/hooks.ts'
import { type Offer, offersOf } from '../../state/operations.ts'
import { isLive, isRecording, shown } from '../../state/select.ts'

export function Offers({ of, onChoose }: { of: string; onChoose: (offer: Offer) => void }) {
  const session = useSelect((state) => state.session)
  const live = useSelect(isLive)
  const recorded = useSelect(isRecording)
  const now = useSelect(shown)
  if (!session || recorded) return null
  if (session.readOnlyReason !== null)
    return <p class="nothing">Nothing can be changed here: {session.readOnlyReason}.</p>
  if (!session.isSignedIn) {
    return (
      <p class="nothing">
        <button
          type="button"
          class="plain"
          onClick={() => app.store.dispatch({ type: 'dialog.changed', dialog: 'signin' })}
        >
          Sign in
        </button>{' '}
        to change things.
      </p>
    )
  }
  if (!live) return <p class="nothing">This is the past: go back to live to change things.</p>
  const offers = offersOf(of, aboutOf(of, now))
  return (
    <section class="offers" aria-label="Operations">
      <h3>Operations</h3>
      {offers.map((offer) => (
        <button key={offer.name} type="button" class={offer.isGrave ? 'is-grave' : ''} onClick={() => onChoose(offer)}>
          {offer.name}
        </button>
      ))}
    </section>
  )
}

function aboutOf(of: string, now: ReturnType<typeof shown>) {
  const node = now.nodes.find(({ name }) => `node:${name}` === of)
  const assignment = now.assignments.find(({ name }) => `assignment:${name}` === of)
  const places = now.assignments.flatMap(({ places: byNode }) => [...byNode.values()].flat())
  const marks = places.filter(({ component }) => component === of).map(({ mark }) => mark)
  const others = [...(assignment?.places.values() ?? [])].flat().filter(({ role }) => role !== 'primary')
  return {
    isLocked:
      node?.setting === 'standby' ||
      assignment?.health === 'locked' ||
      marks.includes('locked') ||
      marks.includes('barred'),
    isMaintained:
      node?.setting === 'maintenance' || assignment?.health === 'maintenance' || marks.includes('maintenance'),
    others: [...new Set(others.map((place) => place.node))].slice(0, 12),
  }
}
