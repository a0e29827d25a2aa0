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
const limitMax = 5000

export default async function log(this: CliContext, flags: LogFlags): Promise<void> {
  const timeoutMs = flags.timeout ?? timeoutDefaultMs
  const find = async () => {
    const { path } = await connect(flags, { environment: this.process.env, timeoutMs })
    return { path, client: logOf({ path, timeoutMs }) }
  }
  const print = printer(this, flags)
  try {
    const found = await find()
    const { records, isTruncated, position, state } = await found.client.page(selectionOf(flags))
    print(records)
    if (isTruncated && !flags.follow)
      this.process.stderr.write('rolecall: there are earlier records: --limit shows more\n')
    explain(this, flags, state)
    if (flags.follow) await follow(this, { flags, find, print, timeoutMs, from: { ...found, position, records } })
  } catch (error) {
    throw withHint(error)
  }
}

function selectionOf({ node, component, actor, since, until, limit, follow }: LogFlags): LogSelection {
  const usual = since === undefined ? undefined : limitMax
  return {
    node,
    component,
    actor,
    fromUs: since === undefined ? undefined : Math.max(0, Math.round(since * 1000)),
    toUs: until === undefined ? undefined : Math.max(0, Math.round(until * 1000)),
    limit: limit ?? usual ?? (follow ? followedCount : undefined),
  }
}

interface Found {
  readonly path: string
  readonly client: LogClient
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
  readonly find: () => Promise<Found>
  readonly print: Print
  readonly timeoutMs: number
  readonly from: Found & { readonly position: string; readonly records: readonly PlainRecord[] }
}

/** So much of what another node has is looked at again: what the one before had told last may have come there later. */
const overlapUs = 10_000_000

/**
 * Over the end of the node that tells it: goes on where it was once the node is back, or on another, by the ids of what was told. Ends
 * when nothing answers in time.
 */
async function follow(context: CliContext, { flags, find, print, timeoutMs, from }: Following): Promise<never> {
  const { stderr } = context.process
  const { limit: _, fromUs: sinceUs = 0, ...selection } = selectionOf(flags)
  const told = new Told(from.records)
  let { path, position } = from
  let completeUs: number | null = null
  let heardMs = performance.now()
  let isLost = false
  const ordering = new Ordering<PlainRecord>()
  const add = (records: readonly PlainRecord[]) => ordering.add(told.fresh(records), heardMs)
  const release = () => print(ordering.release(completeUs, performance.now()))
  const ticking = setInterval(release, heldMaxMs / 6)
  try {
    for (;;) {
      try {
        const found = await find()
        if (found.path !== path) {
          const fromUs = Math.max(sinceUs, told.lastUs - overlapUs)
          const page = await found.client.page({ ...selection, fromUs, limit: limitMax })
          add(page.records)
          position = page.position
          path = found.path
        }
        for await (const line of found.client.follow({ selection, after: position })) {
          heardMs = performance.now()
          isLost = false
          if (line.isReset) {
            stderr.write('rolecall: the node does not know any more what came before this\n')
            path = ''
            break
          }
          position = line.position
          completeUs = line.completeUs
          add(line.records)
          release()
        }
        if (path === '') continue
      } catch (error) {
        if (!isNobodyThere(error) || performance.now() - heardMs > timeoutMs) throw error
      }
      if (!isLost) stderr.write('rolecall: the node has gone; looking for it\n')
      isLost = true
      await Bun.sleep(reconnectIntervalMs)
    }
  } finally {
    clearInterval(ticking)
  }
}

/** What was told lately, by id. */
class Told {
  lastUs = 0
  #ids = new Set<string>()
  #before = new Set<string>()

  constructor(records: readonly PlainRecord[]) {
    this.fresh(records)
  }

  /** Those that were not told yet; from now on they count as told. */
  fresh(records: readonly PlainRecord[]): PlainRecord[] {
    const fresh = records.filter(({ id }) => !this.#ids.has(id) && !this.#before.has(id))
    for (const { id, timeUs } of fresh) {
      this.lastUs = Math.max(this.lastUs, timeUs)
      this.#ids.add(id)
    }
    if (this.#ids.size > limitMax) {
      this.#before = this.#ids
      this.#ids = new Set()
    }
    return fresh
  }
}

function isNobodyThere(error: unknown): boolean {
  if (error instanceof ControlError) return error.answer === null
  return error instanceof CliFailure && error.exitCode === exitCodes.unavailable
}
