import type { OperationCode } from '../../machines/model/operation.ts'
import type { ControlErrorCode } from '../manage/controlClient.ts'

/** What rolecall's commands exit with. After sysexits(3) and Pacemaker's crm_error(8); `docs/operations.md` has the list. */
export const exitCodes = {
  ok: 0,
  /** It failed, or, of `problems`, there are some. */
  failed: 1,
  /** The command line is wrong. */
  usage: 64,
  /** What was given to be written is not what it should be: no YAML, too large, no key. */
  data: 65,
  /** No node answers, or what was asked for is not served at the moment. */
  unavailable: 69,
  /** An error in rolecall itself. */
  crashed: 70,
  /** The configuration is wrong. */
  configuration: 78,
  /** A key is not as the condition says: somebody else changed it. */
  conflict: 103,
  /** No such node, assignment, component or key. */
  noSuch: 105,
  /** The node that answers is not in touch with a majority. */
  noQuorum: 106,
  /** Refused because it does harm, and would be done with --force. */
  needsForce: 107,
  /** The changes after that revision are no longer remembered. */
  expired: 110,
  /** The connection broke after the operation was sent: it may have been carried out, or not. */
  indeterminate: 112,
  /** Of `plan`: something that is required would not be served. */
  unsatisfied: 113,
  /** No answer, or not done, in time. */
  timedOut: 124,
} as const

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

export const exitCodeOfOperation: Readonly<Record<OperationCode, ExitCode>> = {
  'no-such': exitCodes.noSuch,
  'no-quorum': exitCodes.noQuorum,
  'needs-force': exitCodes.needsForce,
  unavailable: exitCodes.unavailable,
  'timed-out': exitCodes.timedOut,
  refused: exitCodes.failed,
}

export const exitCodeOfControl: Readonly<Record<ControlErrorCode, ExitCode>> = {
  unreachable: exitCodes.unavailable,
  'timed-out': exitCodes.timedOut,
  indeterminate: exitCodes.indeterminate,
  refused: exitCodes.failed,
}

/**
 * stricli's own codes are negative; what the shell would make of them means nothing to anybody. The real `process` of Bun has
 * them as a byte already. None of ours is that high.
 */
export function exitCodeOfStricli(code: number): number {
  const unknownCommand = -5
  const invalidArgument = -4
  const signed = code >= 256 + unknownCommand ? code - 256 : code
  if (signed >= 0) return signed
  return signed === unknownCommand || signed === invalidArgument ? exitCodes.usage : exitCodes.failed
}
