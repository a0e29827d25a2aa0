import { heldMaxMs, Ordering } from '../../clusterLog/ordering.ts'
import type { PlainRecord } from '../../clusterLog/record.ts'
import { ControlError } from '../../manage/controlClient.ts'
import { type LogClient, type LogSelection, logOf } from '../../manage/logClient.ts'
import type { LogState } from '../../manage/logProtocol.ts'
import { connect, withHint } from '../connect.ts'
import type { CliContext } from '../context.ts'
import { exitCodes } from '../exitCodes.ts'
import { CliFailure } from '../failure.ts'
import type { LogFlags } from '../log.ts'
import { renderRecord } from '../render/log.ts'
import { createStyle, hasColour, plain } from '../render/style.ts'

const timeoutDefaultMs = 5000
const reconnectIntervalMs = 250
const followedCount = 20

export default async function log(this: CliContext, flags: LogFlags): Promise<void> {
  const timeoutMs = flags.timeout ?? timeoutDefaultMs
  const find = async () => {
    const { path } = await connect(flags, { environment: this.process.env, timeoutMs })
    return logOf({ path, timeoutMs })
  }
  const print = printer(this, flags)
  try {
    const { records, isTruncated, position, state } = await (await find()).page(selectionOf(flags))
    print(records)
    if (isTruncated && !flags.follow)
      this.process.stderr.write('rolecall: there are earlier records: --limit shows more\n')
    explain(this, flags, state)
    if (flags.follow) await follow(this, { flags, find, print, timeoutMs, after: position })
  } catch (error) {
    throw withHint(error)
  }
}

function selectionOf({ node, component, actor, since, until, limit, follow }: LogFlags): LogSelection {
  const usual = since === undefined ? undefined : 5000
  return {
    node,
    component,
    actor,
    fromUs: since === undefined ? undefined : Math.max(0, Math.round(since * 1000)),
    toUs: until === undefined ? undefined : Math.max(0, Math.round(until * 1000)),
    limit: limit ?? usual ?? (follow ? followedCount : undefined),
  }
}

type Print = (records: readonly PlainRecord[]) => void

function printer({ process }: CliContext, { json }: LogFlags): Print {
  const style = createStyle(hasColour(process.stdout, process.env))
  return (records) => {
    const lines = records.map((record) => (json ? JSON.stringify(record) : renderRecord(record, style)))
    if (lines.length > 0) process.stdout.write(lines.map((line) => `${line}\n`).join(''))
  }
}

/** What the node that was asked has not got, and why. */
function explain({ process }: CliContext, { node }: LogFlags, state: LogState): void {
  for (const problem of state.problems)
    process.stderr.write(`rolecall: ${problem.code}: ${problem.node}: ${plain(problem.detail)}\n`)
  if (state.isKeeper || node === state.node) return
  const others = state.keepers.filter((keeper) => keeper !== state.node)
  const where = others.length === 0 ? 'no node keeps the whole log yet' : `the whole log is on ${others.join(', ')}`
  process.stderr.write(`rolecall: ${state.node} has what it recorded itself; ${where}\n`)
}

interface Following {
  readonly flags: LogFlags
  readonly find: () => Promise<LogClient>
  readonly print: Print
  readonly timeoutMs: number
  readonly after: string
}

/** Over the end of the node that tells it: goes on where it was, once the node is back. Ends when nothing answers in time. */
async function follow(context: CliContext, { flags, find, print, timeoutMs, after }: Following): Promise<never> {
  const ordering = new Ordering<PlainRecord>()
  const { limit: _, fromUs: __, ...selection } = selectionOf(flags)
  let position = after
  let completeUs: number | null = null
  let heardMs = performance.now()
  let isLost = false
  const ticking = setInterval(() => print(ordering.release(completeUs, performance.now())), heldMaxMs / 6)
  try {
    for (;;) {
      try {
        for await (const line of (await find()).follow({ selection, after: position })) {
          heardMs = performance.now()
          isLost = false
          if (line.isReset)
            context.process.stderr.write('rolecall: the node does not know any more what came before this\n')
          position = line.position
          completeUs = line.completeUs
          ordering.add(line.records, heardMs)
          print(ordering.release(completeUs, heardMs))
        }
      } catch (error) {
        if (!isNobodyThere(error) || performance.now() - heardMs > timeoutMs) throw error
      }
      if (!isLost) context.process.stderr.write('rolecall: the node has gone; looking for it\n')
      isLost = true
      await Bun.sleep(reconnectIntervalMs)
    }
  } finally {
    clearInterval(ticking)
  }
}

function isNobodyThere(error: unknown): boolean {
  if (error instanceof ControlError) return error.answer === null
  return error instanceof CliFailure && error.exitCode === exitCodes.unavailable
}
