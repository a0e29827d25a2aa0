/** What `rolecall replay --verify` found, worst first. */
import { printable } from '../../recorder/describe.ts'
import type { Gap, Mismatch, ReplayResult } from '../../recorder/replay.ts'
import type { Damage } from '../../recorder/segmentReader.ts'
import type { Paint } from '../../recorder/text.ts'
import type { Style } from './style.ts'

/** Of each kind so many are printed; `--json` has all that were kept. */
const lineCountMax = 20

export function renderReplay(result: ReplayResult, style: Style): string[] {
  const verdict = result.isExact ? style.good('exact') : style.bad('not exact')
  const { eventCount, nodeCount, segmentCount, verifiedCount, unverifiedCount, mismatchCount } = result
  return [
    `${verdict}: ${eventCount} events of ${nodeCount} nodes in ${segmentCount} segments`,
    `${verifiedCount} came out as recorded, ${mismatchCount} mismatches, ${unverifiedCount} could not be verified`,
    ...besides(result),
    ...bounded(result.mismatches, mismatchCount, (mismatch) => renderMismatch(mismatch, style)),
    ...renderDamages(result.damages, style),
    ...bounded(result.gaps, result.gaps.length, (gap) => [style.warning(renderGap(gap))]),
    ...result.unverifiable.map(({ node, machine, version, catalogueVersion, stepCount }) => {
      const known = catalogueVersion === null ? 'has no such machine' : `has version ${catalogueVersion}`
      const what = printable(`${stepCount} steps of '${machine}' version ${version} on ${node}`)
      return style.warning(`not verified: ${what}; this program ${known}`)
    }),
  ]
}

/** What there is nothing to verify of. */
function besides({ noteCount, leftOutCount }: ReplayResult): string[] {
  const parts = [
    ...(noteCount > 0 ? [`${noteCount} notes`] : []),
    ...(leftOutCount > 0 ? [`${leftOutCount} steps that came to nothing, only counted`] : []),
  ]
  return parts.length > 0 ? [`besides: ${parts.join(', ')}`] : []
}

export function renderDamages(damages: readonly Damage[], style: Style): string[] {
  return bounded(damages, damages.length, ({ kind, file, offset, lostByteCount, detail, isTornTail }) => {
    const what = isTornTail ? style.dim('torn tail') : style.bad(`damaged ${kind}`)
    const lost = lostByteCount === 0 ? 'nothing lost' : `${lostByteCount} bytes lost`
    return [`${what}: ${file} at byte ${offset}: ${detail}, ${lost}`]
  })
}

function renderMismatch({ id, actor, machine, event, file, offset, differences }: Mismatch, style: Style): string[] {
  return [
    `${style.bad('mismatch')}: ${printable(`${id}  ${actor} (${machine})  ${event}`)}  ${file} at byte ${offset}`,
    ...differences.flatMap(({ what, recorded, replayed }) => [
      `  ${what} recorded: ${printable(recorded)}`,
      `  ${what} replayed: ${printable(replayed)}`,
    ]),
  ]
}

function renderGap({ node, incarnation, fromSequence, toSequence, reason, actors }: Gap): string {
  const steps = fromSequence === toSequence ? `step ${fromSequence}` : `steps ${fromSequence} to ${toSequence}`
  const why = reason === 'omitted' ? 'too large to be kept' : 'missing'
  const affected = actors.length === 0 ? 'nobody known to be affected' : `affects ${actors.join(', ')}`
  return printable(`gap: ${steps} of ${node} (life ${incarnation}) ${why}; ${affected}`)
}

function bounded<T>(items: readonly T[], count: number, render: (item: T) => string[]): string[] {
  const shown = items.slice(0, lineCountMax)
  const lines = shown.flatMap(render)
  return count > shown.length ? [...lines, `… and ${count - shown.length} more`] : lines
}

export function paintOf(style: Style): Paint {
  return { dim: style.dim, strong: style.bold, change: style.good }
}
