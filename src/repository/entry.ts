import type { LogCommand, LogEntry } from '../../machines/logic/replicatedLog.ts'
import { decodeBody, encodeBody } from '../wire/codec.ts'

/** An entry with its command as it is kept and measured. */
export interface KeptEntry extends LogEntry {
  readonly bytes: Uint8Array
}

/** A longer command is refused: an entry must fit into one datagram with room to spare. */
export const commandBytesMax = 32 * 1024

export function kept(entry: LogEntry | KeptEntry): KeptEntry {
  return 'bytes' in entry ? entry : { ...entry, bytes: encodeBody(entry.command).slice() }
}

/** The command as it will be read back, by whomever: what msgpack cannot carry is gone already. */
export function canonical(command: LogCommand): { readonly command: LogCommand; readonly bytes: Uint8Array } {
  const bytes = encodeBody(command).slice()
  return { command: decodeBody(bytes) as LogCommand, bytes }
}
