/** First what it would do, then whether to do it. */
import { useState } from 'preact/hooks'
import type { PlanDocument } from '../../../../../machines/logic/placement/rehearse.ts'
import type { OperationResult } from '../../../../../machines/model/operation.ts'
import { notify } from '../../app.ts'
import { type ClientError, client } from '../../net/client.ts'
import { useAsk } from '../../parts/hooks.ts'
import type { Offer } from '../../state/operations.ts'
import { Command } from '../cluster/Problems.tsx'
import { PlanSight } from '../whatif/PlanSight.tsx'

export function Operate({ offer, onDone }: { offer: Offer; onDone: () => void }) {
  const [isForced, setForced] = useState(false)
  const dry = useAsk(`${offer.command} ${isForced}`, () => dryRun(offer, isForced))
  const [isBusy, setBusy] = useState(false)
  const perform = async () => {
    setBusy(true)
    const result = await operate({ ...offer.body, ...(isForced ? { isForced } : {}) })
    setBusy(false)
    notify(result.ok ? `${offer.name}: ${result.text}` : `Not done: ${result.text}`, result.ok ? 'good' : 'bad')
    if (result.ok) onDone()
  }
  const refusal = dry.answer && !dry.answer.ok ? dry.answer : null
  const mayForce = refusal?.code === 'needs-force'
  return (
    <section class="operate">
      <h3>{offer.name}</h3>
      <Command text={`${offer.command}${isForced ? ' --force' : ''}`} />
      {dry.phase === 'waiting' && !dry.answer && <p class="nothing">Asking what it would do…</p>}
      {refusal && (
        <p class="refusal" role="alert">
          {refusal.text}
        </p>
      )}
      {(mayForce || isForced) && (
        <label class="force">
          <input
            type="checkbox"
            checked={isForced}
            onChange={({ currentTarget }) => setForced(currentTarget.checked)}
          />
          Do it though it takes service or redundancy away
        </label>
      )}
      {dry.answer?.ok && (
        <>
          <p class="dim">{dry.answer.text}</p>
          {dry.answer.plan ? <PlanSight plan={dry.answer.plan as PlanDocument} /> : null}
        </>
      )}
      <footer>
        <button type="button" onClick={onDone}>
          Cancel
        </button>
        <button
          type="button"
          class={offer.isGrave ? 'primary is-grave' : 'primary'}
          disabled={isBusy || dry.answer?.ok !== true}
          onClick={perform}
        >
          {isBusy ? 'Doing it…' : offer.name}
        </button>
      </footer>
    </section>
  )
}

const dryRun = (offer: Offer, isForced: boolean) =>
  operate({ ...offer.body, isDryRun: true, ...(isForced ? { isForced } : {}) })

/** A refusal is an answer. */
async function operate(body: object): Promise<OperationResult> {
  try {
    return await client.operate(body)
  } catch (error) {
    const { code, message } = error as ClientError
    return { ok: false, code: code as 'refused', text: message }
  }
}
