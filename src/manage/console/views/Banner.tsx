/** Says when what is seen is not the present: a moment of the past that was chosen, or a node that is not heard any more. */
import { app, toPresent } from '../app.ts'
import { useNow, useSelect } from '../parts/hooks.ts'
import { isRecording } from '../state/select.ts'
import { agoText, clockText, dayText, spanText } from '../state/time.ts'

export function Banner() {
  const link = useSelect((state) => state.link)
  const at = useSelect((state) => state.route.at)
  const upload = useSelect((state) => state.upload)
  if (upload) return <Uploading {...upload} />
  if (link.phase === 'lost') return <Lost />
  return at ? <Past timeUs={at.timeUs} /> : null
}

function Uploading({ name, share }: { name: string; share: number }) {
  return (
    <div class="banner" role="status">
      <span>
        Reading <b>{name}</b>
      </span>
      <progress value={share} max={1} />
    </div>
  )
}

function Lost() {
  const { heardAtMs, retryAtMs, reason } = useSelect((state) => state.link)
  const node = useSelect((state) => state.session?.node)
  const nowMs = useNow(500)
  const heard =
    heardAtMs === null
      ? `${node ?? 'The node'} does not answer`
      : `Not heard from ${node} for ${spanText(nowMs - heardAtMs)}`
  const retry =
    retryAtMs === null ? 'trying again' : `trying again in ${Math.max(0, Math.ceil((retryAtMs - nowMs) / 1000))} s`
  return (
    <div class="banner is-bad" role="alert">
      <b>{heard}</b>
      <span>
        What you see is old{reason ? `: ${reason}` : ''}; {retry}
      </span>
      <button type="button" onClick={() => app.controller.retry()}>
        Try now
      </button>
    </div>
  )
}

function Past({ timeUs }: { timeUs: number }) {
  const recorded = useSelect(isRecording)
  const skewMs = useSelect((state) => state.skewMs)
  const endUs = useSelect((state) => state.extent?.toUs ?? timeUs)
  const nowMs = useNow(1000)
  const behindMs = recorded ? (endUs - timeUs) / 1000 : nowMs + skewMs - timeUs / 1000
  return (
    <div class="banner is-past" role="status">
      <span>
        {recorded ? 'The recording at' : 'You are looking at'} <b class="number">{clockText(timeUs)}</b>
      </span>
      <span class="dim">
        {dayText(timeUs)}, {recorded ? `${spanText(Math.max(0, behindMs))} before its end` : agoText(behindMs)}
      </span>
      <button type="button" onClick={toPresent}>
        {recorded ? 'To its end' : 'Back to live'}
      </button>
    </div>
  )
}
