/** Shows a cluster's view once, or each time it changes. */

import type { ClusterView } from '../../machines/model/view.ts'
import { type ControlClient, ControlError } from '../manage/controlClient.ts'
import { connect, withHint } from './connect.ts'
import type { CliContext, CliStream } from './context.ts'
import type { ViewFlags } from './flags.ts'
import { createStyle, hasColour, type Style } from './render/style.ts'

export interface Presentation {
  readonly lines: (view: ClusterView, style: Style) => string[]
  readonly json: (view: ClusterView) => unknown
  readonly exitCode: (view: ClusterView) => number
}

const timeoutDefaultMs = 5000
const reconnectIntervalMs = 250

/** Exits as the view deserves; with --watch, ends only when nothing answers for as long as the time limit. */
export async function show(context: CliContext, flags: ViewFlags, presentation: Presentation): Promise<void> {
  const timeoutMs = flags.timeout ?? timeoutDefaultMs
  const find = () => connect(flags, { environment: context.process.env, timeoutMs })
  const print = printer(context, flags, presentation)
  if (flags.watch) return watch(context, { find, print, timeoutMs })
  try {
    const view = await (await find()).view()
    print(view)
    context.process.exitCode = presentation.exitCode(view)
  } catch (error) {
    throw withHint(error)
  }
}

interface WatchOptions {
  readonly find: () => Promise<ControlClient>
  readonly print: (view: ClusterView) => void
  readonly timeoutMs: number
}

/** A node that is started again, or another that takes its place in the file, is found again. */
async function watch(context: CliContext, { find, print, timeoutMs }: WatchOptions): Promise<never> {
  let seenMs = performance.now()
  let isLost = false
  for (;;) {
    try {
      const client = await find()
      for await (const view of client.watch()) {
        isLost = false
        print(view)
        seenMs = performance.now()
      }
      seenMs = performance.now()
    } catch (error) {
      if (error instanceof ControlError && error.answer) throw error
      if (performance.now() - seenMs > timeoutMs) throw withHint(error)
    }
    if (!isLost) context.process.stderr.write('rolecall: the node has gone; looking for it\n')
    isLost = true
    await Bun.sleep(reconnectIntervalMs)
  }
}

function printer(context: CliContext, flags: ViewFlags, presentation: Presentation): (view: ClusterView) => void {
  const { stdout, env } = context.process
  const style = createStyle(hasColour(stdout, env))
  const isRedrawn = flags.watch && !flags.json && stdout.isTTY === true && env.TERM !== 'dumb'
  let last = ''
  return (view) => {
    const text = flags.json
      ? JSON.stringify(presentation.json(view), null, flags.watch ? 0 : 2)
      : presentation.lines(view, style).join('\n')
    if (flags.watch && text === last) return
    const isFirst = last === ''
    last = text
    if (isRedrawn) redraw(stdout, text.split('\n'), isFirst)
    else stdout.write(`${isFirst || flags.json ? '' : '\n'}${text}\n`)
  }
}

/** Over the old lines, so that nothing flickers; without wrapping, and never more lines than there are. */
function redraw(stdout: CliStream, lines: readonly string[], isFirst: boolean): void {
  const room = Math.max(2, stdout.rows ?? 24) - 1
  const shown = lines.length > room ? [...lines.slice(0, room - 1), `… ${lines.length - room + 1} more lines`] : lines
  const [home, clear, clearLine, clearBelow, noWrap, wrap] = [
    '\x1b[H',
    '\x1b[2J',
    '\x1b[K',
    '\x1b[J',
    '\x1b[?7l',
    '\x1b[?7h',
  ]
  stdout.write(
    `${isFirst ? clear : ''}${home}${noWrap}${shown.join(`${clearLine}\n`)}${clearLine}\n${clearBelow}${wrap}`,
  )
}
