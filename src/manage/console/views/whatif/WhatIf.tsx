/** What would happen, if: nothing is done. The question is in the address, so that a plan can be sent to somebody. */
import { client } from '../../net/client.ts'
import { useAsk, useSelect } from '../../parts/hooks.ts'
import { bodyOf } from '../../state/whatif.ts'
import { PlanSight } from './PlanSight.tsx'
import { Question } from './Question.tsx'

export function WhatIf() {
  const events = useSelect((state) => state.route.events)
  const isRecording = useSelect((state) => state.session?.mode === 'recording')
  const key = events.length === 0 ? null : events.join('\n')
  const { phase, answer, ...rest } = useAsk(key, () => client.plan(bodyOf(events)))
  if (isRecording) return <p class="nothing">A recording has no cluster to plan for.</p>
  return (
    <div class="whatif">
      <header class="whatif-head">
        <h1>What if…</h1>
        <Question events={events} />
      </header>
      {key === null && (
        <p class="nothing">
          Say what happens, and see who takes over, in which steps, and what is left without a place.
        </p>
      )}
      {key !== null && phase === 'failed' && (
        <p class="refusal" role="alert">
          {(rest as { error: Error }).error.message}
        </p>
      )}
      {key !== null && phase === 'waiting' && !answer && (
        <p class="nothing" role="status">
          Planning…
        </p>
      )}
      {key !== null && answer && <PlanSight plan={answer.plan} isWaiting={phase === 'waiting'} />}
    </div>
  )
}
