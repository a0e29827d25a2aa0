/**
 * Fencing token: every command to a component carries one, and whoever keeps state for the component refuses a lower one
 * (DESIGN §3). `epoch` is the mastership it was given under, `index` the log entry that decided it.
 */
export interface Token {
  readonly epoch: number
  readonly index: number
}

export const zeroToken: Token = { epoch: 0, index: 0 }

/** Negative when `a` is older than `b`, zero when equal, positive when newer. */
export function compareTokens(a: Token, b: Token): number {
  return a.epoch - b.epoch || a.index - b.index
}

/** As programs see it in `ROLECALL_TOKEN`: `epoch.index`. */
export function formatToken(token: Token): string {
  return `${token.epoch}.${token.index}`
}
