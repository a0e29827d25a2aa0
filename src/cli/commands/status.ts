import type { CliContext } from '../context.ts'
import { exitCodes } from '../exitCodes.ts'
import type { ViewFlags } from '../flags.ts'
import { renderStatus } from '../render/status.ts'
import { show } from '../watch.ts'

export default function status(this: CliContext, flags: ViewFlags): Promise<void> {
  return show(this, flags, {
    lines: renderStatus,
    json: (view) => view,
    exitCode: ({ quorum }) => (quorum.isQuorate ? exitCodes.ok : exitCodes.noQuorum),
  })
}
