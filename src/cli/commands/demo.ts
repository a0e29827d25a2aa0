import { type DemoResult, runDemo } from '../../demo/demo.ts'
import type { LocalCluster } from '../../demo/localCluster.ts'
import type { CliContext } from '../context.ts'
import type { DemoFlags } from '../demo.ts'
import { exitCodes } from '../exitCodes.ts'
import { ownCommand } from '../ownCommand.ts'
import { renderDemo } from '../render/demo.ts'
import { createStyle, hasColour } from '../render/style.ts'

/** All of it takes about 20 s; a machine that needs more than this is too slow to show anything. */
const timeLimitMs = 75_000

export default async function demo(this: CliContext, flags: DemoFlags): Promise<void> {
  const { stdout, stderr, env } = this.process
  const tell = (line: string) => stderr.isTTY && stderr.write(`${line}\n`)
  let cluster: LocalCluster | null = null
  const end = (signal: string) => {
    cluster?.kill()
    cluster?.remove()
    stderr.write(`demo: ended by ${signal}; its nodes were ended with it\n`)
    process.exit(128 + (signal === 'SIGINT' ? 2 : 15))
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, end)
  let isOver = false
  try {
    const result = await Promise.race([
      runDemo({
        command: ownCommand(),
        isKept: flags.keep,
        tell,
        onCluster: (made) => {
          cluster = made
        },
      }),
      timeOut(),
    ])
    isOver = true
    stdout.write(
      flags.json
        ? `${JSON.stringify(published(result))}\n`
        : renderDemo(result, createStyle(hasColour(stdout, env))).join('\n'),
    )
    if (!result.isGood) this.process.exitCode = exitCodes.failed
    if (flags.keep) stderr.write(keptText(result))
    else if (result.isGood) cluster!.remove()
    else stderr.write(`demo: what it left behind is in ${result.directory}\n`)
  } catch (error) {
    stderr.write(`demo: ${error instanceof Error ? error.message : String(error)}\n`)
    this.process.exitCode = exitCodes.failed
  } finally {
    if (!flags.keep || !isOver) (cluster as LocalCluster | null)?.kill()
  }
}

async function timeOut(): Promise<never> {
  await Bun.sleep(timeLimitMs)
  throw new Error(`not done after ${timeLimitMs / 1000} s`)
}

function published({ directory: _, isGood: __, narrative, ...rest }: DemoResult) {
  return { ...rest, narrative: narrative.lines }
}

function keptText({ directory }: DemoResult): string {
  const rolecall = ownCommand().join(' ')
  const config = `--config ${directory}/rolecall.yaml`
  return [
    '',
    'The cluster is still up. Talk to it:',
    `  ${rolecall} status ${config}`,
    `  ${rolecall} where ledger ${config}`,
    `  ${rolecall} switchover ledger ${config}`,
    `  ${rolecall} console ${config}`,
    `  ${rolecall} replay ${directory}/state --incidents`,
    `  ${rolecall} replay ${directory}/state --explain ledger`,
    `End it:  pkill -TERM -f ${directory}/rolecall.yaml`,
    '',
  ].join('\n')
}
