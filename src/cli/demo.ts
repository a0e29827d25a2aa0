import { buildCommand } from '@stricli/core'
import type { CliContext } from './context.ts'

export interface DemoFlags {
  readonly json: boolean
  readonly keep: boolean
}

export const demoCommand = buildCommand<DemoFlags, [], CliContext>({
  loader: () => import('./commands/demo.ts'),
  parameters: {
    flags: {
      json: { kind: 'boolean', brief: 'Print the result as JSON, on stdout, alone', default: false },
      keep: { kind: 'boolean', brief: 'Leave the cluster up, and say how to talk to it', default: false },
    },
  },
  docs: { brief: 'Start three nodes, break things, and show that nothing is lost' },
})
