/**
 * The ledger: an HA-aware service with a hot standby. Entries are numbered, and one that was acknowledged is on the secondary
 * too, unless rolecall has said that there is none: so a fail-over loses nothing that a client was told it had.
 *
 * Environment, beside what rolecall sets: LEDGER_PORT (0 chooses one), LEDGER_HOST (127.0.0.1), LEDGER_DIRECTORY for its
 * journal (without one a restart begins with nothing), LEDGER_FSYNC=1 to wait for the disk, LEDGER_TRACE for `trace.ts`.
 */
import { type ComponentId, connect, RegisterError, type Rolecall } from '../../src/sdk/index.ts'
import { Book } from './book.ts'
import { serveHttp } from './http.ts'
import { FileJournal, noJournal } from './journal.ts'
import { Service } from './service.ts'
import { openTrace } from './trace.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** Runs until it is asked to end (0), or its node is gone or will not have it (1). */
export async function runLedger(environment: Environment): Promise<number> {
  const { ROLECALL_SOCKET, ROLECALL_COMPONENT, ROLECALL_INCARNATION } = environment
  const { LEDGER_HOST = '127.0.0.1', LEDGER_PORT, LEDGER_DIRECTORY, LEDGER_FSYNC, LEDGER_TRACE } = environment
  if (!ROLECALL_SOCKET || !ROLECALL_COMPONENT || !ROLECALL_INCARNATION || !LEDGER_PORT) {
    process.stderr.write('ledger: rolecall starts it, with LEDGER_PORT in its environment\n')
    return 64
  }
  const component = ROLECALL_COMPONENT as ComponentId
  const { promise: ended, resolve: end } = Promise.withResolvers<number>()
  const journal = LEDGER_DIRECTORY ? new FileJournal(LEDGER_DIRECTORY, { isSynced: LEDGER_FSYNC === '1' }) : noJournal
  const book = new Book(journal)
  let rolecall: Rolecall | null = null
  const service = new Service({
    book,
    trace: openTrace(LEDGER_TRACE, component),
    send: (to, data) => rolecall!.checkpoint({ to, data }),
    record: (name, data) => void rolecall?.record({ name, data }),
    mayAct: () => rolecall?.mayAct ?? true,
    onDisconnected: () => end(1),
    onStop: () => end(0),
  })
  const http = serveHttp({ host: LEDGER_HOST, port: Number(LEDGER_PORT), component, service, book })
  const stop = () => service.onStop()
  process.once('SIGTERM', stop)
  try {
    const identity = { socket: ROLECALL_SOCKET, component, incarnation: Number(ROLECALL_INCARNATION) }
    rolecall = await connect({ ...identity, endpoint: http.url }, service)
    rolecall.record({ name: 'journal.loaded', data: { entries: book.length, cutByteCount: journal.cutByteCount } })
    return await ended
  } catch (error) {
    if (!(error instanceof RegisterError)) throw error
    process.stderr.write(`ledger: ${error.message}\n`)
    return 1
  } finally {
    process.off('SIGTERM', stop)
    rolecall?.close()
    http.stop()
  }
}
