/** What happened to one machine, latest first: of the present from the stream, of the past from the history, else asked for. */
import type { RecordView } from '../../../http/contract.ts'
import { client } from '../../net/client.ts'
import { useAsk, useSelect } from '../../parts/hooks.ts'
import type { ActorState } from '../../state/actors.ts'
import { mergedRecords } from '../../state/history.ts'
import { recordsShown } from '../../state/select.ts'
import { RecordRow } from '../records/RecordRow.tsx'

const countMax = 60

/** Latest first, at most `countMax`. */
export function useActorRecords(actor: ActorState): readonly RecordView[] {
  const records = useSelect(recordsShown)
  const atUs = useSelect((state) => state.route.at?.timeUs ?? null)
  const { answer } = useAsk(`${actor.node} ${actor.actor} ${Math.round((atUs ?? 0) / 30e6)}`, () =>
    client.records({
      fromUs: 0,
      toUs: atUs ?? Number.MAX_SAFE_INTEGER - 1,
      node: actor.node,
      actor: actor.actor,
      limit: countMax,
    }),
  )
  const isOf = (of: { node: string; actor: string; timeUs: number }) =>
    of.node === actor.node && of.actor === actor.actor && (atUs === null || of.timeUs <= atUs)
  const own = mergedRecords(answer?.records.filter(isOf) ?? [], records.filter(isOf))
  return own.slice(-countMax).reverse()
}

export function ActorRecords({ records }: { records: readonly RecordView[] }) {
  if (records.length === 0) return <p class="nothing">No records of it are kept.</p>
  return (
    <ol class="records">
      {records.map((record) => (
        <RecordRow key={record.id} record={record} />
      ))}
    </ol>
  )
}
