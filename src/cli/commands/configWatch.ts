/** `rolecall config watch`: every change once, in order, also over the end of the node that tells it. */
import { ControlError } from '../../manage/controlClient.ts'
import type { Changes } from '../../manage/repositoryClient.ts'
import type { WatchFlags } from '../configFlags.ts'
import { withHint } from '../connect.ts'
import type { CliContext } from '../context.ts'
import { exitCodes } from '../exitCodes.ts'
import { CliFailure } from '../failure.ts'
import { connectRepository, failureOf, printJson, timeoutDefaultMs } from '../repository.ts'
import { inOneLine } from './configRead.ts'

const reconnectIntervalMs = 250

/** Revisions are the same on every node: it goes on at the next one, after what was shown last. Ends when none answers in time. */
export default async function watch(this: CliContext, flags: WatchFlags, prefix = ''): Promise<never> {
  const timeoutMs = flags.timeout ?? timeoutDefaultMs
  let after = flags.fromRevision ?? null
  let lostMs = 0
  let isLost = false
  for (;;) {
    let failure: unknown = null
    try {
      const repository = await connectRepository(this, flags)
      for await (const told of repository.watch({ prefix, after })) {
        if (!told.ok) throw failureOf(told)
        isLost = false
        show(this, flags, told)
        after = told.revision
      }
    } catch (error) {
      if (!isNobodyThere(error)) throw error
      failure = error
    }
    if (!isLost) {
      lostMs = performance.now()
      this.process.stderr.write('rolecall: no node tells the changes; looking for one\n')
    }
    isLost = true
    if (failure !== null && performance.now() - lostMs > timeoutMs) throw withHint(failure)
    await Bun.sleep(reconnectIntervalMs)
  }
}

function isNobodyThere(error: unknown): boolean {
  return error instanceof ControlError || (error instanceof CliFailure && error.exitCode === exitCodes.unavailable)
}

function show(context: CliContext, flags: WatchFlags, { revision, changes }: Changes): void {
  if (changes === null) return
  if (flags.json) {
    const plain = changes.map(({ key, plain }) => ({ key, value: plain }))
    return printJson(context, { revision, changes: plain })
  }
  for (const { key, value } of changes) context.process.stdout.write(`${revision}  ${key}  ${inOneLine(value)}\n`)
}
