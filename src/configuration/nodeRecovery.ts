/** Recovery beyond one component in the file (SPEC R7): when a node has had enough, and how much recovers at once. */
import type { z } from 'zod'
import { defaultNodeRecovery as defaults } from '../../machines/model/recovery.ts'
import { count, duration, mapping } from './values.ts'

const window = { minMs: 1, maxMs: 30 * 86_400_000 }

export const nodeRecoverySchema = mapping({
  failures: count({ min: 0, max: 1000 }).default(defaults.failureLimit).meta({
    description:
      'So many components barred or failed over on one node within the window; one more, and everything is switched over to other nodes.',
    type: 'whole number',
  }),
  failureWindow: duration(window)
    .default(defaults.failureWindowMs)
    .meta({ description: 'The window in which they are counted.', type: 'duration' }),
  concurrent: count({ min: 1, max: 1000 }).default(defaults.concurrentMax).meta({
    description: 'So many components recover at once in the whole cluster; others wait, the more important first.',
    type: 'whole number',
  }),
  flaps: count({ min: 1, max: 1000 }).default(defaults.flapLimit).meta({
    description: 'A node that came back so often within the window is held down.',
    type: 'whole number',
  }),
  flapWindow: duration(window)
    .default(defaults.flapWindowMs)
    .meta({ description: 'The window in which its returns are counted.', type: 'duration' }),
  holdDown: duration({ minMs: 0, maxMs: window.maxMs })
    .default(defaults.holdDownMs)
    .meta({ description: 'Nothing new is placed on a node that is held down, for this long.', type: 'duration' }),
})

export type NodeRecoveryFile = z.output<typeof nodeRecoverySchema>
