import { runLedger } from '../../../examples/ledger/ledger.ts'
import type { CliContext } from '../context.ts'

/** Runs the ledger, the service that `rolecall demo` keeps alive. Inside the binary, so that the demo needs nothing beside it. */
export default async function ledger(this: CliContext): Promise<void> {
  this.process.exitCode = await runLedger(process.env)
}
