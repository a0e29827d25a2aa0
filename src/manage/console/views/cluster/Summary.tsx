/** The one line that answers "is all well?", and the few figures beside it. */
import type { ComponentChildren } from 'preact'
import { useSelect } from '../../parts/hooks.ts'
import { shown } from '../../state/select.ts'
import type { Shown } from '../../state/shown.ts'

export function Summary() {
  const now = useSelect(shown)
  const { tone, text } = verdict(now)
  const up = now.nodes.filter(({ availability }) => availability === 'alive').length
  const vice = now.nodes.find(({ mastership }) => mastership === 'vice')?.name
  return (
    <section class="summary" aria-label="Summary">
      <h1 class={`verdict is-${tone}`} aria-live="polite">
        <i aria-hidden="true" />
        {text}
      </h1>
      <dl>
        <Figure name="Master">{now.master ?? <span class="bad">none</span>}</Figure>
        {vice && <Figure name="Vice">{vice}</Figure>}
        {now.quorum && (
          <Figure name="Quorum">
            <span class={now.quorum.isQuorate ? '' : 'bad'}>
              {now.quorum.isQuorate ? 'yes' : 'lost'}
              <small>
                {now.quorum.alive} of {now.quorum.voters}, {now.quorum.needed} needed
              </small>
            </span>
          </Figure>
        )}
        <Figure name="Nodes">
          {up}
          <small>of {now.nodes.length} alive</small>
        </Figure>
        <Figure name="Served">
          {now.assignments.filter(({ health }) => health === 'served' || health === 'degraded').length}
          <small>of {now.assignments.length}</small>
        </Figure>
      </dl>
    </section>
  )
}

function Figure({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}

function verdict({ assignments, quorum, problems }: Shown): { tone: 'good' | 'warn' | 'bad'; text: string } {
  const count = (health: string) => assignments.filter((assignment) => assignment.health === health).length
  const unserved = count('unserved')
  const degraded = count('degraded')
  if (quorum && !quorum.isQuorate) return { tone: 'bad', text: 'No quorum: nothing is decided here' }
  if (unserved > 0) return { tone: 'bad', text: `${number(unserved)} not served` }
  if (degraded > 0) return { tone: 'warn', text: `${number(degraded)} without redundancy` }
  if (problems && problems.length > 0) {
    return { tone: 'warn', text: `All served, ${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}` }
  }
  return { tone: 'good', text: 'All served' }
}

const number = (count: number) => (count === 1 ? '1 assignment' : `${count} assignments`)
