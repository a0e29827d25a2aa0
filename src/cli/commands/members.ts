import type { CliContext } from '../context.ts'
import { exitCodes } from '../exitCodes.ts'
import type { ViewFlags } from '../flags.ts'
import { renderNodes } from '../render/members.ts'
import { show } from '../watch.ts'

export default function members(this: CliContext, flags: ViewFlags): Promise<void> {
  return show(this, flags, { lines: renderNodes, json: ({ nodes }) => nodes, exitCode: () => exitCodes.ok })
}
