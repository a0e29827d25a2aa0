#!/usr/bin/env bun
/** argv to command. */
import { endOnCrash } from './cli/crash.ts'
import { runCommandLine } from './cli/run.ts'

// With these in the environment the binary, and whatever it starts from itself, would be the Bun CLI instead.
delete process.env.BUN_BE_BUN
delete process.env.BUN_OPTIONS

const words = process.argv.slice(2)
const isLogged = ['node', 'node-process', 'arbiter'].includes(words[0] ?? '')

endOnCrash({ isServing: isLogged || words[0] === 'console', isLogged })

// Whoever reads stdout may stop at any time: `rolecall status | head -1`. What writes a log does not write to people.
if (!isLogged) {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    process.exit(0)
  })
}

const exitCode = await runCommandLine(words, process)
await Promise.all([process.stdout, process.stderr].map(flushed))
process.exit(exitCode)

/**
 * What was written has left when this resolves. How much waits cannot be asked: a pipe that is full keeps its part beside the stream's
 * own count, and a reader that is slow would get 64 KiB.
 */
function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => stream.end(() => resolve()))
}
