import type { CliContext } from '../context.ts'
import { exitCodes } from '../exitCodes.ts'
import type { ViewFlags } from '../flags.ts'
import { renderProblems } from '../render/problems.ts'
import { show } from '../watch.ts'

export default function problems(this: CliContext, flags: ViewFlags): Promise<void> {
  return show(this, flags, {
    lines: renderProblems,
    json: (view) => view.problems,
    exitCode: (view) => (view.problems.length === 0 ? exitCodes.ok : exitCodes.failed),
  })
}
