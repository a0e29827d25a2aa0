/** `bun examples/ledger/main.ts`, as the command of a component. */
import { runLedger } from './ledger.ts'

process.exit(await runLedger(process.env))
