import { compareTokens, formatToken, type Token, zeroToken } from '../../machines/model/token.ts'
import type { HostedComponent } from './roleNode.ts'

/** What programs act on: each shows its token to it, and it remembers the highest of all. A lower one is a failure of the test. */
export class SeenTokens {
  readonly #log: readonly string[]
  readonly #highest = new Map<string, Token>()

  constructor(log: readonly string[]) {
    this.#log = log
  }

  show({ id, assignment }: HostedComponent, token: Token): void {
    const highest = this.#highest.get(assignment) ?? zeroToken
    if (compareTokens(token, highest) < 0)
      throw new Error(`${id} acts under ${formatToken(token)} after ${formatToken(highest)}\n${this.#log.join('\n')}`)
    this.#highest.set(assignment, token)
  }
}
