/** `--export`: the timeline for other programs. */
import { writeFileSync } from 'node:fs'
import { otlpOf } from '../../../export/otlp.ts'
import { CollectorError, postTraces } from '../../../export/post.ts'
import { traceOf } from '../../../export/traceEvents.ts'
import { incidentsOf } from '../../../recorder/incidents.ts'
import type { Timeline } from '../../../recorder/timeline.ts'
import { exitCodes } from '../../exitCodes.ts'
import { CliFailure } from '../../failure.ts'
import type { ReplayFlags } from '../../replay.ts'
import { version } from '../../version.ts'
import { readAll, type Work } from './work.ts'

export async function exportTo(work: Work): Promise<void> {
  const { process, flags } = work
  const { output } = flags
  if (output !== undefined && isAddress(output)) return await send(work, output)
  const timeline = await readAll(work)
  const text = textOf(timeline, flags.export!)
  if (output === undefined || output === '-') {
    process.stdout.write(text)
    return
  }
  try {
    writeFileSync(output, text)
  } catch (error) {
    throw new CliFailure(exitCodes.failed, `cannot write '${output}': ${(error as Error).message}`)
  }
  process.stderr.write(`wrote ${output}: ${timeline.entries.length} steps, ${incidentsOf(timeline).length} incidents\n`)
}

function textOf(timeline: Timeline, format: NonNullable<ReplayFlags['export']>): string {
  switch (format) {
    case 'perfetto':
    case 'chrome':
      return `${JSON.stringify(traceOf(timeline, incidentsOf(timeline)))}\n`
    case 'otlp':
      return `${JSON.stringify(otlpOf(timeline, { version }))}\n`
    case 'jsonl':
      return timeline.entries.map((entry) => `${JSON.stringify(entry)}\n`).join('')
  }
}

function isAddress(output: string): boolean {
  return /^https?:\/\//.test(output)
}

async function send(work: Work, url: string): Promise<void> {
  if (work.flags.export !== 'otlp') throw new CliFailure(exitCodes.usage, 'only --export otlp goes to an address')
  const traces = otlpOf(await readAll(work), { version })
  try {
    const count = await postTraces(url, traces)
    work.process.stderr.write(`sent ${count} spans to ${url}\n`)
  } catch (error) {
    if (error instanceof CollectorError) throw new CliFailure(exitCodes.unavailable, error.message)
    throw error
  }
}
