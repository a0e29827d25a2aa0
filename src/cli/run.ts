import { run, type StricliDynamicCommandContext } from '@stricli/core'
import { application } from './application.ts'
import type { CliContext } from './context.ts'
import { exitCodeOfStricli } from './exitCodes.ts'

/** Runs one command line. Returns the exit code, one of `exitCodes` or what the node or the command of a helper gave. */
export async function runCommandLine(words: readonly string[], process: CliContext['process']): Promise<number> {
  await run(application, normalised(words), { process } as StricliDynamicCommandContext<CliContext>)
  return exitCodeOfStricli(Number(process.exitCode ?? 0))
}

/** Many look for the version there first. */
function normalised(words: readonly string[]): string[] {
  return words.length === 1 && (words[0] === '--version' || words[0] === '-v') ? ['version'] : [...words]
}
