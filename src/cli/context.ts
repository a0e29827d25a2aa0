import type { CommandContext } from '@stricli/core'

/** Where a command writes. Data goes to stdout, everything said about it to stderr. */
export interface CliStream {
  write(text: string): unknown
  readonly isTTY?: boolean
  readonly rows?: number
  readonly writableLength?: number
}

/** The part of `process` that commands see, so that tests can give them another. */
export interface CliProcess {
  readonly stdout: CliStream
  readonly stderr: CliStream
  readonly stdin?: AsyncIterable<Uint8Array | string>
  readonly env: Readonly<Record<string, string | undefined>>
  /** Set by a command that has said everything there is to say and did not succeed. */
  exitCode?: number | string | null | undefined
}

export interface CliContext extends CommandContext {
  readonly process: CliProcess & CommandContext['process']
}
