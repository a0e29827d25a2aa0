/** A guard in a process of its own, as `rolecall node` runs it, with the stand-in for its node process. */
import { join } from 'node:path'
import { configureSync, getTextFormatter } from '@logtape/logtape'
import { runGuard } from '../../src/guard/guard.ts'

const [configurationFile, name, leaveTimeoutMs] = process.argv.slice(2) as [string, string, string | undefined]
const format = getTextFormatter()
configureSync({
  sinks: { stderr: (record) => process.stderr.write(format(record)) },
  loggers: [
    { category: ['logtape', 'meta'], lowestLevel: 'error', sinks: ['stderr'] },
    { category: 'rolecall', lowestLevel: 'info', sinks: ['stderr'] },
  ],
})
// Not `process.exit`: nothing may be left that keeps the process.
process.exitCode = await runGuard({
  configurationFile,
  name,
  configuration: await Bun.file(configurationFile).json(),
  nodeProcessCommand: [process.execPath, join(import.meta.dir, 'standIn.ts')],
  isFoundingForced: process.env.STAND_IN_FORMS !== undefined,
  ...(leaveTimeoutMs ? { leaveTimeoutMs: Number(leaveTimeoutMs) } : {}),
})
