/** What came of the faults: measured by the client, and read from the black boxes. */
import type { Timeline } from '../recorder/index.ts'
import { decisionOf, detectionOf } from './findings.ts'
import type { Fault } from './stage.ts'
import type { Writer } from './writer.ts'

/** Times are milliseconds since the fault; null: it was not seen. */
export interface FaultResult {
  readonly name: string
  readonly subject: string
  readonly detectedBy: string | null
  readonly detectedHow: string | null
  readonly detectedMs: number | null
  readonly decidedMs: number | null
  /** A write was acknowledged again, after the decision. */
  readonly restoredMs: number | null
  /** The longest the client waited for an acknowledgement around the fault. */
  readonly unservedMs: number
  /** The assignment had its secondary again. */
  readonly redundantMs: number
}

/** What the client waits for may come a little after the roles are complete. */
const aftermathUs = 500_000

export function resultOf(fault: Fault, of: { timeline: Timeline; writer: Writer }): FaultResult {
  const { kind, name, subject, atUs, redundantUs } = fault
  const detection = detectionOf(of.timeline, { kind, subject, fromUs: atUs })
  const decision = detection && decisionOf(of.timeline, { kind, fromUs: detection.entry.time.us })
  const restored = decision && of.writer.firstSince(Math.max(decision.time.us, atUs))
  const sinceMs = (us: number | undefined) => (us === undefined ? null : rounded(Math.max(0, us - atUs) / 1000))
  return {
    name,
    subject,
    detectedBy: detection?.by ?? null,
    detectedHow: detection?.how ?? null,
    detectedMs: sinceMs(detection?.entry.time.us),
    decidedMs: sinceMs(decision?.time.us),
    restoredMs: sinceMs(restored?.atUs),
    unservedMs: rounded(of.writer.longestGapMs({ fromUs: atUs, toUs: redundantUs + aftermathUs })),
    redundantMs: rounded((redundantUs - atUs) / 1000),
  }
}

function rounded(ms: number): number {
  return Math.round(ms * 10) / 10
}
