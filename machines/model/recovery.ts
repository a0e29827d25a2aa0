/** What holds for recovery beyond one component where the configuration says nothing (SPEC R7). */
import type { NodeRecoveryPolicy } from './configuration.ts'

export const defaultNodeRecovery: NodeRecoveryPolicy = {
  failureLimit: 5,
  failureWindowMs: 600_000,
  concurrentMax: 32,
  flapLimit: 5,
  flapWindowMs: 600_000,
  holdDownMs: 300_000,
}
