import { writeFileSync } from 'node:fs'
import { stringify } from 'yaml'
import type { PlanInput } from '../../../machines/logic/placement/index.ts'
import { forecast } from '../../../machines/logic/placement/rehearse.ts'
import { jsonSchemaOf } from '../../plan/documents.ts'
import { dotOf } from '../../plan/dot.ts'
import { observedOf } from '../../plan/observed.ts'
import { isSingleLossHarmful, type Survey, survey, surveyCases } from '../../plan/survey.ts'
import { applyAll, describe, type WhatIf, WhatIfError } from '../../plan/whatIf.ts'
import type { CliContext } from '../context.ts'
import { exitCodes } from '../exitCodes.ts'
import { CliFailure } from '../failure.ts'
import { eventFlags, type PlanFlags } from '../plan.ts'
import { planSource } from '../planSource.ts'
import { renderPlan } from '../render/plan.ts'
import { createStyle, hasColour } from '../render/style.ts'
import { renderSurvey } from '../render/survey.ts'

/** Exits with 0 when everything that is required is served in the end, else with 113. */
export default async function plan(this: CliContext, flags: PlanFlags): Promise<void> {
  refuseContradictions(flags)
  if (flags.schema !== undefined) {
    this.process.stdout.write(`${JSON.stringify(jsonSchemaOf(flags.schema), null, 2)}\n`)
    return
  }
  const events = eventsOf(flags)
  const isCalm = events.length === 0 && !flags.survey && flags.add === undefined
  const { before, input } = await planSource(this, flags, { isCalm })
  if (flags.saveObserved !== undefined) save(flags.saveObserved, before)
  const after = happened(input, events)
  if (flags.survey) return surveyed(this, flags, after)
  const added = (flags.add ?? []).map((each) => `the configuration gets ${each}`)
  const document = forecast({ before, after, events: [...added, ...events.map(describe)] })
  const { stdout, env } = this.process
  if (flags.json) stdout.write(`${JSON.stringify(document, null, 2)}\n`)
  else if (flags.dot) stdout.write(dotOf(document))
  else
    stdout.write(
      `${renderPlan(document, createStyle(hasColour(stdout, env)), { isExplained: flags.why }).join('\n')}\n`,
    )
  if (document.verdict === 'lost') this.process.exitCode = exitCodes.unsatisfied
}

function refuseContradictions({ survey, dot, json }: PlanFlags): void {
  const given = [survey && '--survey', dot && '--dot'].filter(Boolean)
  if (given.length > 1 || (dot && json))
    throw new CliFailure(
      exitCodes.usage,
      `${[...given, json && '--json'].filter(Boolean).join(' and ')} do not go together`,
    )
}

function eventsOf(flags: PlanFlags): WhatIf[] {
  const events = eventFlags.flatMap((what) => (flags[what] ?? []).map((target): WhatIf => ({ what, target })))
  return [...events, ...(flags.switchover ?? [])]
}

function happened(input: PlanInput, events: readonly WhatIf[]): PlanInput {
  try {
    return applyAll(input, events)
  } catch (error) {
    if (!(error instanceof WhatIfError)) throw error
    const exitCode = error.code === 'no-such' ? exitCodes.noSuch : exitCodes.failed
    throw new CliFailure(exitCode, error.message, error.suggestion)
  }
}

function save(file: string, input: PlanInput): void {
  try {
    writeFileSync(file, stringify(observedOf(input)))
  } catch (error) {
    throw new CliFailure(exitCodes.failed, `cannot write ${file}: ${(error as Error).message}`)
  }
}

/** How often the terminal is told how far it is. */
const progressInterval = 16

async function surveyed({ process }: CliContext, flags: PlanFlags, settled: PlanInput): Promise<void> {
  const { stdout, stderr, env } = process
  const count = surveyCases(settled).length
  const say = (text: string): void => void (stderr.isTTY && stderr.write(`\r\x1b[K${text}`))
  const run = survey(settled)
  let result: Survey | null = null
  for (let done = 0; result === null; done++) {
    const next = run.next()
    if (next.done) result = next.value
    else if (done % progressInterval === 0) {
      say(`${done} of ${count} cases`)
      // Lets signals and the terminal in.
      await Bun.sleep(0)
    }
  }
  say('')
  if (flags.json) stdout.write(`${JSON.stringify(result, null, 2)}\n`)
  else stdout.write(`${renderSurvey(result, createStyle(hasColour(stdout, env))).join('\n')}\n`)
  if (isSingleLossHarmful(result)) process.exitCode = exitCodes.unsatisfied
}
