/** How much happened: steps as a quiet hill, changes of state in ink before it, failures in their own colour. */
import type { ActivityView } from '../../../http/contract.ts'
import { useSelect } from '../../parts/hooks.ts'
import type { Scale } from './scale.ts'

type Count = keyof ActivityView['buckets'][number]

export function Activity({ scale, top, height }: { scale: Scale; top: number; height: number }) {
  const activity = useSelect((state) => state.activity)
  if (!activity || activity.buckets.length === 0) return null
  const most = Math.max(1, ...activity.buckets.map(({ stepCount }) => stepCount))
  const bars = (count: Count) => barsOf(activity, { count, most, scale, height })
  return (
    <g class="activity" transform={`translate(0 ${top})`}>
      <path class="steps" d={bars('stepCount')} />
      <path class="changes" d={bars('changeCount')} />
      <path class="failures" d={bars('failureCount')} />
    </g>
  )
}

/** Square roots: a few steps are seen beside thousands. */
function barsOf(
  { fromUs, toUs, buckets }: ActivityView,
  of: { count: Count; most: number; scale: Scale; height: number },
): string {
  const lengthUs = (toUs - fromUs) / buckets.length
  const parts: string[] = []
  for (const [index, bucket] of buckets.entries()) {
    if (bucket[of.count] === 0) continue
    const left = of.scale.x(fromUs + index * lengthUs)
    const right = of.scale.x(fromUs + (index + 1) * lengthUs)
    if (right < 0 || left > of.scale.width) continue
    const tall = Math.max(2, Math.sqrt(bucket[of.count] / of.most) * of.height)
    const wide = Math.max(1, right - left - 1)
    parts.push(`M${left.toFixed(1)} ${of.height}v${-tall.toFixed(1)}h${wide.toFixed(1)}v${tall.toFixed(1)}z`)
  }
  return parts.join('')
}
