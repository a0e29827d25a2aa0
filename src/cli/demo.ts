import { buildCommand } from '@stricli/core'
import type { CliContext } from './context.ts'
export const demoCommand = buildCommand<Record<never, never>, [], CliContext>({ func() {}, parameters: {}, docs: { brief: 'x' } })
