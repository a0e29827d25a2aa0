/** A plan: its verdict, who has which role before and after, the steps in their order, and what stays without. Of dry runs, too. */
import type { PlanDocument } from '../../../../../machines/logic/placement/rehearse.ts'
import { spanText } from '../../state/time.ts'
import { PlanMatrix } from './PlanMatrix.tsx'
import { PlanSteps } from './PlanSteps.tsx'

const verdicts = {
  whole: 'As configured',
  degraded: 'Served, with less redundancy',
  lost: 'Something is not served',
} as const
const tones = { whole: 'good', degraded: 'warn', lost: 'bad' } as const

export function PlanSight({ plan, isWaiting = false }: { plan: PlanDocument; isWaiting?: boolean }) {
  return (
    <div class={`plan ${isWaiting ? 'is-waiting' : ''}`}>
      <div class="plan-verdict">
        <strong class={`verdict is-${tones[plan.verdict]}`}>
          <i aria-hidden="true" />
          {verdicts[plan.verdict]}
        </strong>
        <span>
          {plan.moveCount} {plan.moveCount === 1 ? 'move' : 'moves'}
        </span>
        <span>{plan.limitMs > 0 ? `at most ${spanText(plan.limitMs)}` : 'at once'}</span>
        {!plan.quorum.isQuorate && <b class="bad">no quorum</b>}
        {plan.quorum.note && <span class="dim">{plan.quorum.note}</span>}
      </div>
      <PlanMatrix plan={plan} />
      <PlanSteps plan={plan} />
      <Shortages plan={plan} />
      <Reasons plan={plan} />
    </div>
  )
}

function Shortages({ plan: { shortages, interruptions } }: { plan: PlanDocument }) {
  if (shortages.length === 0 && interruptions.length === 0) return null
  return (
    <section>
      <h2>What is missing</h2>
      <ul class="shortages">
        {interruptions.map(({ assignment, limitMs }) => (
          <li key={`i ${assignment}`} class="is-warning">
            <b>{assignment}</b> is not served meanwhile, for at most {spanText(limitMs)}
          </li>
        ))}
        {shortages.map(({ assignment, primaries, secondaries, reason }) => (
          <li key={`s ${assignment}`} class={primaries > 0 ? 'is-critical' : 'is-warning'}>
            <b>{assignment}</b>{' '}
            {primaries > 0
              ? 'has no place for its primary'
              : secondaries > 0
                ? 'has no standby'
                : 'has fewer than preferred'}
            {reason && <span class="dim">: {reason}</span>}
          </li>
        ))}
      </ul>
    </section>
  )
}

const explainedCountMax = 200

function Reasons({ plan: { explanations } }: { plan: PlanDocument }) {
  if (explanations.length === 0) return null
  return (
    <details class="reasons">
      <summary>Why here, and why not there</summary>
      <dl>
        {explanations.slice(0, explainedCountMax).map(({ place, assignment, role, text }) => (
          <div key={`${assignment} ${place}`}>
            <dt>
              {place} <span class="dim">{role}</span>
            </dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
    </details>
  )
}
